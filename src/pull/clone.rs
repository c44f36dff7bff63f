//! A clone: all that a server's replica consists of, taken over as it is, so that a pull then brings only
//! what is newer.
//!
//! ```text
//! $replica ─► packs ─► copy ─► checkpoints ─► one commit
//!     ▲          │
//!     └── gone ──┘   the server merges meanwhile: what came and is still named is kept
//! ```
//!
//! Where both are copies of one source, the feeds go on as they stand. Where this replica is a copy of the
//! server that hands out, it is so by one feed, the server's history: it is asked by the times at which
//! things came to that server.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::session::is_of_the_store;
use super::several::several;
use super::strategy::{Reason, Strategy};
use super::turn::Turn;
use super::{AT_ONCE, Cloning, Committed, Feed, Observer, cursor};
use crate::client::{Client, Credentials};
use crate::host::{Clock, Store, Transport};
use crate::replica::{Checkpoint, Copying, Pack, Published, Replica};
use crate::{Code, Error, Result};

/// How often a pack that comes broken is fetched.
const FETCHES: u32 = 3;
/// How often a clone begins anew because what it was told of is gone, or another writer was first.
const ROUNDS: u32 = 6;

/// Is given what changes of the state of a clone, and tells it.
type Tell<'a> = &'a dyn Fn(&dyn Fn(&mut Cloning));

/// Makes the replica a copy of the one that the client's server hands out; what that took, and the
/// generation that holds it. Something that is held already stays, unless it may be replaced.
///
/// # Errors
/// [`Code::Conflict`] where something is held that must not be replaced, [`Code::BadInput`] for a copy of
/// another server, [`Code::NotFhir`] where the server hands out something else, [`Code::Malformed`] when it
/// comes broken, [`Code::NewerFormat`], and those of the client and the store. The replica is then as it was;
/// what came is kept, and the next clone goes on from there.
pub async fn clone_from<S: Store, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    replace: bool,
    observer: &mut impl Observer,
) -> Result<(Cloning, u64)> {
    let began = clock.now();
    let cloning = RefCell::new(Cloning::default());
    let observer = RefCell::new(observer);
    let tell = |change: &dyn Fn(&mut Cloning)| {
        let mut cloning = cloning.borrow_mut();
        change(&mut cloning);
        cloning.milliseconds = clock.now() - began;
        observer.borrow_mut().cloning(&cloning);
    };
    let mut rounds = 0;
    loop {
        rounds += 1;
        let published = client.handed_out(&client.base().published()?).await?;
        tell(&|it| (it.requests, it.bytes) = (it.requests + 1, it.bytes + published.len() as u64));
        let published = Published::open(&published)?;
        let checkpoints = handed_over(&published, replica.server(), client.base().as_str())?;
        let copying = Copying::begin(replica.clone(), published, replace).await?;
        let copying = Turn::new(copying);
        let done = match fetch_packs(client, &copying, &tell).await {
            Ok(()) => copying.into_inner().finish(checkpoints).await,
            Err(error) => {
                if !is_of_the_store(&error) {
                    // The error that ended it is the one to tell of.
                    let _ = copying.into_inner().keep().await;
                }
                Err(error)
            }
        };
        match done {
            Ok((generation, types)) => {
                observer.borrow_mut().committed(&Committed {
                    generation,
                    types,
                    settled: true,
                });
                return Ok((cloning.into_inner(), generation));
            }
            Err(error) if rounds < ROUNDS && begins_anew(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Fetches what is not here yet, several packs at once, each taken when it comes.
async fn fetch_packs<S: Store, T: Transport, C: Clock, K: Credentials>(
    client: &Client<T, C, K>,
    copying: &Turn<Copying<S>>,
    tell: Tell<'_>,
) -> Result<()> {
    let (lineage, packs, lacking) = {
        let copying = copying.take().await;
        let packs = copying.of().packs.clone();
        let lacking = packs.iter().map(|pack| copying.lacks(pack)).collect();
        (copying.of().lineage(), packs, lacking)
    };
    let lacking: Vec<bool> = lacking;
    let size = |pack: &Pack| pack.bytes;
    let total = packs.iter().map(size).sum();
    let held = packs.iter().zip(&lacking).filter(|(_, lacks)| !**lacks);
    let held = held.map(|(pack, _)| size(pack)).sum();
    tell(&|it| (it.total_bytes, it.held_bytes) = (total, held));
    let stopped = Cell::new(false);
    let lacking = packs.iter().zip(lacking).filter(|(_, lacks)| *lacks);
    let works = lacking.map(|(pack, _)| async {
        if stopped.get() {
            return Ok(());
        }
        let taken = fetch_pack(client, copying, lineage, pack, tell).await;
        stopped.set(stopped.get() || taken.is_err());
        taken
    });
    several(works, AT_ONCE).await.into_iter().collect()
}

async fn fetch_pack<S: Store, T: Transport, C: Clock, K: Credentials>(
    client: &Client<T, C, K>,
    copying: &Turn<Copying<S>>,
    lineage: u64,
    pack: &Pack,
    tell: Tell<'_>,
) -> Result<()> {
    let link = client.base().pack(lineage, &pack.name())?;
    let mut fetches = 0;
    loop {
        fetches += 1;
        let came = client.handed_out(&link).await?;
        tell(&|it| (it.requests, it.bytes) = (it.requests + 1, it.bytes + came.len() as u64));
        let taken = copying.take().await.take(pack, &came).await;
        match taken {
            Err(error) if error.code() == Code::Malformed && fetches < FETCHES => {}
            Ok(()) => {
                tell(&|it| it.held_bytes += pack.bytes);
                return Ok(());
            }
            taken => return taken,
        }
    }
}

/// Whether what the server has said does not hold any more, or another writer was first.
fn begins_anew(error: &Error) -> bool {
    matches!(error.code(), Code::NotFound | Code::Gone) || error.is_conflict()
}

/// How far the feeds of the copy have been followed: the same, or all of them by the server's history.
fn handed_over(of: &Published, server: &str, from: &str) -> Result<Vec<Checkpoint>> {
    if of.server() == server {
        return Ok(of.checkpoints().to_vec());
    }
    if from != server {
        return Err(Error::new(
            Code::BadInput,
            "What is handed out there is a copy of another server: open the replica with that server, or with the \
             one that it is cloned from.",
        ));
    }
    Ok(vec![Checkpoint {
        feed: Feed::History("*".to_string()).name(),
        complete: true,
        types: of.types(),
        cursor: of.arrived().map(cursor::after),
        as_of: of.known_until(),
        strategy: Strategy::History as u8,
        reason: Reason::Said as u8,
        ..Checkpoint::default()
    }])
}
