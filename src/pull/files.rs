//! The files of a bulk export, taken line by line as they come. One that was cut, or whose link has
//! expired, is fetched again (B3, B4).

use super::context::Ports;
use super::follow::Follower;
use super::import::{STEP, entry_of};
use super::lines::Incoming;
use crate::client::Link;
use crate::fhir::export::ExportFile;
use crate::fhir::{ExportManifest, Page, outcome};
use crate::{Code, Error, Result};

/// How often a file is fetched at most.
const FETCHES: u32 = 3;

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
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

impl Came {
    /// How many failures it tells of, if all of it came: between two lines nothing but the manifest's
    /// count tells that it was cut.
    fn failures_of(self, file: &ExportFile) -> Result<u64> {
        match file.count {
            Some(count) if self.lines < count => {
                let lines = self.lines;
                let sentence = format!(
                    "A file of the export ended after {lines} of its {count} resources; they are stored. The next \
                     pull fetches it again."
                );
                Err(Error::new(Code::Malformed, sentence))
            }
            _ => Ok(self.failures),
        }
    }
}

impl<P: Ports> Follower<'_, '_, P> {
    /// Takes a file; how many failures it tells of. `which` finds it in a manifest that was asked
    /// for again, since links expire (B3).
    pub(super) async fn file(
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
            let taken = self
                .take_file(&link, manifest.requires_access_token, lines)
                .await;
            let error = match taken.and_then(|came| came.failures_of(&file)) {
                Ok(failures) => {
                    self.read_named().await?;
                    return Ok(failures);
                }
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

fn not_ndjson(number: u64) -> Error {
    let sentence = format!(
        "Line {number} of a file of the export is not what the server said it would be; the lines before it are \
         stored. Ask the server's operator."
    );
    Error::new(Code::Malformed, sentence)
}
