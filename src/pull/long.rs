//! A long page, taken while it is on its way: 200 MB of it never stand in memory.

use super::context::Ports;
use super::follow::Follower;
use super::import::STEP;
use super::notes::Notes;
use crate::Result;
use crate::client::{Link, Stream};
use crate::fhir::Parts;
use crate::replica::Chain;

/// How often a page is fetched that was cut short. What is known of it by then is recognised.
const FETCHES: u32 = 3;

impl<P: Ports> Follower<'_, '_, P> {
    /// Takes the entries of a page as they come; the page without them.
    pub(super) async fn long_page(
        &mut self,
        came: &mut Stream,
        link: &Link,
        chain: &mut Chain,
        notes: &mut Notes,
    ) -> Result<Vec<u8>> {
        let begun = chain.clone();
        let mut fetches = 1;
        loop {
            match self.in_parts(came, chain, notes).await {
                Ok(frame) => return Ok(frame),
                Err(error) if fetches == FETCHES || !error.is_retryable() => return Err(error),
                Err(_) => {}
            }
            fetches += 1;
            chain.clone_from(&begun);
            // What it has of the limit is needed to ask again.
            came.close();
            *came = self.page(link).await?;
            if came.is_whole() {
                return Ok(std::mem::take(&mut came.head.body));
            }
        }
    }

    async fn in_parts(
        &mut self,
        came: &mut Stream,
        chain: &mut Chain,
        notes: &mut Notes,
    ) -> Result<Vec<u8>> {
        let pull = self.pull;
        let mut parts = Parts::default();
        parts.add(&std::mem::take(&mut came.head.body));
        loop {
            let piece = pull.unless_stopped(came.next()).await?;
            if let Some(bytes) = &piece {
                self.progress.bytes += bytes.len() as u64;
                parts.add(bytes);
            }
            if piece.is_none() || parts.bytes() >= STEP {
                let page = parts.page()?;
                self.look_at(&page, &came.head, chain, notes);
                self.offer_page(&page).await?;
                pull.session.take().await.page_taken().await?;
                parts.forget();
            }
            if piece.is_none() {
                return Ok(parts.frame());
            }
        }
    }
}
