//! A bulk export: started, waited for, its files taken line by line (B1 to B5).
//!
//! ```text
//! kick-off ─► status, noted ─► manifest ─► deleted files ─► output files ─► cursor = transactionTime
//! ```
//!
//! A pull that was stopped goes on asking where the last one did. What is known of a file that is fetched
//! again (`files`) is recognised.

use super::Feed;
use super::compare::Names;
use super::context::Ports;
use super::files::Lines;
use super::follow::Follower;
use crate::client::Link;
use crate::fhir::{ExportManifest, Instant};
use crate::replica::Chain;
use crate::{Code, Error, Result};

/// How long an export is waited for. It can be asked again: the pull after that goes on waiting.
const PATIENCE_MS: u32 = 60 * 60 * 1000;

impl<P: Ports> Follower<'_, '_, P> {
    /// All that an export holds since the last one; of each type by itself where the server takes no
    /// more than one (B5).
    pub(super) async fn by_export(&mut self, each_type: bool) -> Result<bool> {
        let Feed::Export { of, types } = self.feed.clone() else {
            return Err(Error::new(Code::BadInput, "This feed is no export."));
        };
        let lots = match each_type {
            false => vec![types],
            true => types.into_iter().map(|kind| vec![kind]).collect(),
        };
        let left = each_type && self.checkpoint.chain.is_some();
        if left {
            // An earlier pull has started it. Of which type it is nobody has noted.
            self.one_export(&of, &lots[0]).await?;
        }
        // Without a time to begin at, an export lists no deletions: what an earlier pull brought and had to
        // leave may be gone by now.
        let kinds = self.exported_kinds(&of, &lots);
        let held_any = {
            let session = self.pull.session.take().await;
            left || kinds.iter().any(|kind| session.writer.held_any(kind))
        };
        self.names = (self.checkpoint.cursor.is_none() && held_any).then(Names::default);
        let (mut until, mut failures) = (None, 0);
        for types in &lots {
            let (of_these, failed) = self.one_export(&of, types).await?;
            until = until.map_or(of_these, |until: Instant| of_these.map(|it| it.min(until)));
            failures += failed;
        }
        if failures > 0 {
            let sentence = format!(
                "{} answered an export with {failures} errors: what it could not export is missing. What it could \
                 is stored; ask the server's operator, or pull by search.",
                self.pull.client.base()
            );
            return Err(Error::new(Code::Http, sentence));
        }
        if let Some(names) = self.names.take() {
            let searches: Vec<_> = kinds.into_iter().map(|kind| (kind.clone(), kind)).collect();
            self.read_unnamed(&searches, &names).await?;
        }
        self.checkpoint.cursor = self.checkpoint.cursor.max(until);
        self.whole_as_of(until);
        Ok(true)
    }

    /// The types that the export brings, as far as that is known.
    fn exported_kinds(&self, of: &str, lots: &[Vec<String>]) -> Vec<String> {
        let named = lots.concat();
        match (named.is_empty(), of) {
            (false, _) => named,
            (true, "*") => {
                let held = self.pull.replica.status().types.into_iter();
                held.map(|of_type| of_type.kind).collect()
            }
            (true, _) => self.checkpoint.types.clone(),
        }
    }

    /// All that one export holds; until when that is, and how many errors came with it.
    async fn one_export(&mut self, of: &str, types: &[String]) -> Result<(Option<Instant>, u64)> {
        let (status, manifest) = self.exported(of, types).await?;
        for (file, place) in manifest.deleted.iter().zip(0..) {
            let which = |manifest: &ExportManifest| manifest.deleted.get(place).cloned();
            self.file(&status, &manifest, file, Lines::Deletions, &which)
                .await?;
        }
        for (file, place) in manifest.output.iter().zip(0..) {
            let which = |manifest: &ExportManifest| manifest.output.get(place).cloned();
            self.file(&status, &manifest, file, Lines::Resources, &which)
                .await?;
        }
        self.read_doubtful().await?;
        let mut failures = 0;
        for (file, place) in manifest.error.iter().zip(0..) {
            let which = |manifest: &ExportManifest| manifest.error.get(place).cloned();
            failures += self
                .file(&status, &manifest, file, Lines::Errors, &which)
                .await?;
        }
        self.checkpoint.chain = None;
        // The server may free what it made; that it can't is its own affair.
        let _ = self
            .pull
            .unless_stopped(self.pull.client.cancel_export(&status))
            .await;
        Ok((manifest.transaction_time, failures))
    }

    /// The export that an earlier pull started, or a new one, once it is ready.
    async fn exported(&mut self, of: &str, types: &[String]) -> Result<(Link, ExportManifest)> {
        let base = self.pull.client.base();
        if let Some(left) = self.checkpoint.chain.take()
            && let Ok(status) = base.export_status(&left.next)
        {
            self.checkpoint.chain = Some(left);
            match self.ready(&status).await {
                Ok(manifest) => return Ok((status, manifest)),
                // It has expired, or failed.
                Err(error) if !error.is_retryable() && error.status().is_some() => {
                    self.checkpoint.chain = None;
                }
                Err(error) => return Err(error),
            }
        }
        let types: Vec<&str> = types.iter().map(String::as_str).collect();
        let of = if of == "*" { "" } else { of };
        let link = base.export(of, &types, self.checkpoint.cursor)?;
        let started = self.pull.client.start_export(&link);
        let status = self.pull.unless_stopped(started).await?;
        self.at_first = false;
        self.progress.requests += 1;
        self.checkpoint.chain = Some(Chain {
            next: status.as_str().to_string(),
            ..Chain::default()
        });
        // Before it is waited for: it may take longer than this page lives.
        let mut session = self.pull.session.take().await;
        session.writer.note(self.checkpoint.clone());
        session.commit().await?;
        drop(session);
        Ok((status.clone(), self.ready(&status).await?))
    }

    pub(super) async fn ready(&mut self, status: &Link) -> Result<ExportManifest> {
        let mut polls = 0;
        let mut polled = |_: &str| polls += 1;
        let asked = self
            .pull
            .client
            .export_manifest(status, PATIENCE_MS, &mut polled);
        let manifest = self.pull.unless_stopped(asked).await;
        self.progress.requests += 1 + polls;
        manifest
    }
}
