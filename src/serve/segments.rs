//! Hands out what the replica consists of, for others to clone: `$replica` tells it, `$replica/lineage/pack`
//! gives it.
//!
//! | | may be kept |
//! | --- | --- |
//! | `$replica` | with asking each time: the next commit changes it |
//! | a pack | for ever: its address never means other bytes, also after a wipe (`replica/packs.rs`) |
//!
//! It is all or nothing: who is narrowed to a compartment gets none of it. By whom a pack may be kept is a
//! setting, since whoever keeps it shows it without asking here who may see it.

use super::reads::names;
use super::refused::Refused;
use super::{Answered, Request, Settings, put_header};
use crate::host::{Response, Store};
use crate::replica::{Pack, Replica};

/// By whom a pack may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// By who asks for it, for the token that it was asked with.
    Private,
    /// By caches before this server too, which have to see to it by themselves who gets it.
    Shared,
}

/// What is asked for below `$replica`.
pub(super) enum Asked<'a> {
    Published,
    /// A lineage and the name of a pack.
    Pack(&'a str, &'a str),
    Nothing,
}

/// What a path asks for, if it leads here.
pub(super) fn asked(path: &str) -> Option<Asked<'_>> {
    let mut parts = path.trim_start_matches('/').split('/');
    let first = parts.next();
    // Some encode every dollar.
    if !matches!(first, Some("$replica" | "%24replica")) {
        return None;
    }
    Some(match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Asked::Published,
        (Some(lineage), Some(pack), None) => Asked::Pack(lineage, pack),
        _ => Asked::Nothing,
    })
}

pub(super) async fn answer<S: Store>(
    replica: &Replica<S>,
    settings: &Settings<'_>,
    request: &Request,
    asked: Asked<'_>,
    narrowed: bool,
) -> Answered {
    let Some(sharing) = settings.segments else {
        return Err(Refused::nowhere());
    };
    if narrowed {
        let sentence = "The replica is handed out as a whole, and only to who may see all of it.";
        return Err(Refused::new(403, "forbidden", sentence));
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        let sentence = "What a replica consists of is read, and not written.";
        return Err(Refused::new(405, "not-supported", sentence).with("allow", "GET, HEAD"));
    }
    match asked {
        Asked::Published => published(replica, request).await,
        Asked::Pack(lineage, name) => pack(replica, sharing, lineage, name).await,
        Asked::Nothing => Err(Refused::nowhere()),
    }
}

async fn published<S: Store>(replica: &Replica<S>, request: &Request) -> Answered {
    let published = replica.published().await?;
    let tag = format!("{:x}-{}", published.lineage(), published.generation);
    let held = request.header("if-none-match");
    let mut response = match held.is_some_and(|held| names(held, &tag)) {
        true => bytes(304, Vec::new()),
        false => bytes(200, published.encode()),
    };
    put_header(&mut response, "etag", format!("W/\"{tag}\""));
    put_header(&mut response, "vary", "authorization");
    Ok(response)
}

async fn pack<S: Store>(
    replica: &Replica<S>,
    sharing: Sharing,
    lineage: &str,
    name: &str,
) -> Answered {
    let lineage = u64::from_str_radix(lineage, 16).ok();
    let asked = lineage.zip(Pack::of_name(name));
    let found = match asked {
        Some((lineage, pack)) => replica.pack(lineage, &pack).await?,
        None => return Err(Refused::nowhere()),
    };
    let Some(found) = found else {
        let sentence = "The replica does not have that any more; $replica tells what it has now.";
        return Err(Refused::new(404, "not-found", sentence));
    };
    let mut response = bytes(200, found);
    let (whose, vary) = match sharing {
        Sharing::Private => ("private", "authorization"),
        Sharing::Shared => ("public", "accept-encoding"),
    };
    let control = format!("{whose}, max-age=31536000, immutable");
    put_header(&mut response, "cache-control", control);
    put_header(&mut response, "vary", vary);
    Ok(response)
}

fn bytes(status: u16, body: Vec<u8>) -> Response {
    let mut response = Response {
        status,
        headers: Vec::new(),
        body,
    };
    put_header(&mut response, "content-type", "application/octet-stream");
    response
}
