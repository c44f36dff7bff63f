//! A bulk export: started, waited for, its files taken line by line (B1 to B5).
//!
//! ```text
//! kick-off ─► status, noted ─► manifest ─► deleted files ─► output files ─► cursor = transactionTime
//! ```
//!
//! A pull that was stopped goes on asking where the last one did. Lines are committed as they come; a
//! file that was cut is fetched again, and what is known of it by then is recognised.

use super::Feed;
use super::compare::Names;
use super::context::Ports;
use super::follow::Follower;
use super::import::{STEP, entry_of};
use super::lines::Incoming;
use crate::client::Link;
use crate::fhir::export::ExportFile;
use crate::fhir::{ExportManifest, Instant, Page, outcome};
use crate::replica::Chain;
use crate::{Code, Error, Result};

/// How long an export is waited for. It can be asked again: the pull after that goes on waiting.
const PATIENCE_MS: u32 = 60 * 60 * 1000;
/// How often a file is fetched that was cut short, or whose link has expired.
const FETCHES: u32 = 3;

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    Resources,
    /// Bundles of deletions.
    Deletions,
    /// OperationOutcomes.
    Errors,
}

/// What came of a file.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    lines: u64,
    /// Of them: how many tell of something that went wrong.
    failures: u64,
}

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

    async fn ready(&mut self, status: &Link) -> Result<ExportManifest> {
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

    /// Takes a file; how many failures it tells of. `which` finds it in a manifest that was asked
    /// for again, since links expire (B3).
    async fn file(
        &mut self,
        status: &Link,
        manifest: &ExportManifest,
        file: &ExportFile,
        lines: Lines,
        which: &dyn Fn(&ExportManifest) -> Option<ExportFile>,
    ) -> Result<u64> {
        let mut file = file.clone();
        let mut fetches = 1;
        loop {
            let link = self.pull.client.base().export_file(status, &file.url)?;
            let error = match self
                .take_file(&link, manifest.requires_access_token, lines)
                .await
            {
                Ok(came) if file.count.is_none_or(|count| came.lines >= count) => {
                    self.read_named().await?;
                    return Ok(came.failures);
                }
                // Between two lines nothing else tells that it was cut.
                Ok(came) if fetches == FETCHES => return Err(cut(came.lines, &file)),
                Ok(came) => cut(came.lines, &file),
                Err(error) if fetches == FETCHES => return Err(error),
                Err(error) => error,
            };
            fetches += 1;
            match error.code() {
                Code::NotFound | Code::Gone | Code::Denied => {
                    let again = self.ready(status).await?;
                    file = which(&again).ok_or(error)?;
                }
                _ if error.is_retryable() => {}
                _ => return Err(error),
            }
        }
    }

    async fn take_file(&mut self, link: &Link, with_token: bool, lines: Lines) -> Result<Came> {
        let pull = self.pull;
        let mut stream = pull
            .unless_stopped(pull.client.stream(link, with_token))
            .await?;
        self.progress.requests += 1;
        self.progress.pages += 1;
        let mut incoming = Incoming::default();
        let mut came = Came::default();
        loop {
            let piece = pull.unless_stopped(stream.next()).await;
            if let Ok(Some(bytes)) = &piece {
                self.progress.bytes += bytes.len() as u64;
                incoming.add(bytes);
            }
            let ended = matches!(piece, Ok(None));
            if ended {
                incoming.end();
            }
            // What came in whole lines is not lost with what was cut.
            let enough = if matches!(piece, Ok(Some(_))) {
                STEP
            } else {
                0
            };
            while incoming.has(enough.max(1)) {
                if !self.take_lines(&mut incoming, lines, &mut came).await? {
                    break;
                }
            }
            if piece?.is_none() {
                return Ok(came);
            }
        }
    }

    /// Takes the next whole lines; whether there were any.
    async fn take_lines(
        &mut self,
        incoming: &mut Incoming,
        kind: Lines,
        came: &mut Came,
    ) -> Result<bool> {
        let (lines, taken) = incoming.lines(STEP);
        let mut page = Page::default();
        let mut broken = None;
        came.lines += lines.len() as u64;
        for (number, line) in lines {
            let read = match kind {
                Lines::Errors => {
                    came.failures += u64::from(is_failure(line));
                    Some(())
                }
                Lines::Resources => entry_of(line).map(|entry| page.entries.push(entry)),
                Lines::Deletions => {
                    let bundle = Page::read(line).ok();
                    bundle.map(|bundle| page.entries.extend(bundle.entries))
                }
            };
            if read.is_none() {
                // What stands before it is taken.
                broken = Some(not_ndjson(number));
                break;
            }
        }
        if let Some(names) = &mut self.names {
            names.add(&page);
        }
        self.offer_page(&page).await?;
        let mut session = self.pull.session.take().await;
        session.writer.note(self.checkpoint.clone());
        session.page_taken().await?;
        drop(session);
        match broken {
            Some(error) => Err(error),
            None => Ok(incoming.forget(taken)),
        }
    }
}

/// Whether an OperationOutcome tells of something that went wrong; a line that is none does too.
fn is_failure(line: &[u8]) -> bool {
    let severity = outcome::Outcome::read(line).map(|outcome| outcome.severity.map(str::to_string));
    !matches!(severity, Some(Some(word)) if word == "information" || word == "warning" || word == "success")
}

fn cut(lines: u64, file: &ExportFile) -> Error {
    let sentence = format!(
        "A file of the export ended after {lines} of its {} resources; they are stored. The next pull fetches it \
         again.",
        file.count.unwrap_or_default()
    );
    Error::new(Code::Malformed, sentence)
}

fn not_ndjson(number: u64) -> Error {
    let sentence = format!(
        "Line {number} of a file of the export is not what the server said it would be; the lines before it are \
         stored. Ask the server's operator."
    );
    Error::new(Code::Malformed, sentence)
}
