//! Reads resources by name: in batches where the server takes them, else several at once; each only if
//! it is not the version that is held (R1).

use std::collections::HashMap;

use super::AT_ONCE;
use super::apply::Outcome;
use super::context::{Ports, Pull};
use super::follow::Follower;
use super::several::several;
use super::strategy::{Reason, Strategy};
use crate::client::batch::{BatchAnswer, Wanted};
use crate::client::{Answer, Held};
use crate::fhir::Identity;
use crate::{Code, Error, Result};

/// So many are asked for before what came is taken.
const SOME: usize = 50;

/// What the server says of one resource.
enum Word {
    Resource(Vec<u8>),
    /// What is held is its current version.
    Same,
    Gone,
    /// Nothing for certain: it is unknown, or the user may not see it (R2).
    Unknown,
}

impl<P: Ports> Follower<'_, '_, P> {
    /// Reads what the server has said to be deleted without saying when (H5), once all else that it says is
    /// taken: 404 is then an answer too.
    pub(super) async fn read_doubtful(&mut self) -> Result<()> {
        let doubtful = std::mem::take(&mut self.doubtful);
        if doubtful.is_empty() {
            return Ok(());
        }
        self.commit_all().await?;
        let mut alive = Vec::new();
        for name in doubtful {
            let Some(identity) = Identity::parse(&name) else {
                continue;
            };
            match self.pull.replica.read(identity).await {
                Err(error) if error.is_gone() => {}
                Err(error) => return Err(error),
                Ok(_) => alive.push(name),
            }
        }
        self.read(&alive, true).await.map(drop)
    }

    /// Reads these (`Type/id`); of how many the server says nothing for certain.
    pub(super) async fn read_each(&mut self, names: &[String]) -> Result<u64> {
        self.read(names, false).await
    }

    async fn read(&mut self, names: &[String], unknown_is_gone: bool) -> Result<u64> {
        let mut unknown = 0;
        let mut survivors = Vec::new();
        for some in names.chunks(SOME) {
            let words = self.words(some).await?;
            let mut outcome = Outcome::default();
            let mut session = self.pull.session.take().await;
            for (name, word) in some.iter().zip(words) {
                match (word, Identity::parse(name)) {
                    (Word::Resource(body), _) => {
                        outcome.of_resource(&body, &mut session.writer).await?;
                    }
                    (Word::Unknown, Some(identity)) if unknown_is_gone => {
                        outcome.of_gone(identity, &mut session.writer).await?;
                    }
                    (Word::Gone, Some(identity)) => {
                        outcome.of_gone(identity, &mut session.writer).await?;
                    }
                    (Word::Same, Some(identity)) => outcome.unchanged(identity.kind),
                    _ => unknown += 1,
                }
            }
            drop(session);
            survivors.append(&mut outcome.to_read);
            self.took(&outcome).await;
        }
        if !survivors.is_empty() {
            // It ends where nobody new is met.
            unknown += Box::pin(self.read_each(&survivors)).await?;
        }
        Ok(unknown)
    }

    async fn words(&mut self, names: &[String]) -> Result<Vec<Word>> {
        let held = self.held(names).await?;
        if self.in_batches() && names.len() > 1 {
            let wanted = names.iter().zip(&held).map(|(name, held)| Wanted {
                reference: name,
                held: held.as_deref(),
            });
            let wanted: Vec<_> = wanted.collect();
            let answers = self
                .pull
                .unless_stopped(self.pull.client.batch(&wanted))
                .await;
            self.progress.requests += 1;
            match answers {
                Ok(answers) => {
                    let mut words = Vec::with_capacity(answers.len());
                    for ((answer, name), held) in answers.into_iter().zip(names).zip(held) {
                        words.push(match answer {
                            BatchAnswer::Resource(body) => {
                                self.progress.bytes += body.len() as u64;
                                Word::Resource(body)
                            }
                            BatchAnswer::NotModified => Word::Same,
                            BatchAnswer::Gone => Word::Gone,
                            BatchAnswer::NotFound | BatchAnswer::Denied => Word::Unknown,
                            // Asked by itself, the server says what it has against it.
                            BatchAnswer::Other(_) => {
                                let (word, answer) = read(self.pull, name, held.as_deref()).await?;
                                self.heard(answer);
                                word
                            }
                        });
                    }
                    return Ok(words);
                }
                Err(error) if refuses_batches(&error) => self.without_batches(),
                Err(error) => return Err(error),
            }
        }
        let pull = self.pull;
        let works = names.iter().zip(&held);
        let works = works.map(|(name, held)| read(pull, name, held.as_deref()));
        let mut words = Vec::with_capacity(names.len());
        for read in several(works, AT_ONCE).await {
            let (word, answer) = read?;
            self.heard(answer);
            words.push(word);
        }
        Ok(words)
    }

    /// The versions held of these.
    async fn held(&self, names: &[String]) -> Result<Vec<Option<String>>> {
        let mut ids: HashMap<&str, (Vec<String>, Vec<usize>)> = HashMap::new();
        for (at, identity) in names.iter().map(|name| Identity::parse(name)).enumerate() {
            if let Some(identity) = identity {
                let (ids, places) = ids.entry(identity.kind).or_default();
                ids.push(identity.id.to_string());
                places.push(at);
            }
        }
        let mut held = vec![None; names.len()];
        for (kind, (ids, places)) in ids {
            let versions = self.pull.replica.versions_held(kind, &ids).await?;
            for (at, version) in places.into_iter().zip(versions) {
                held[at] = version.filter(|version| !version.is_empty());
            }
        }
        Ok(held)
    }

    fn heard(&mut self, answer: Option<Answer>) {
        match answer {
            Some(answer) => self.counted(&answer),
            None => self.progress.requests += 1,
        }
    }

    fn in_batches(&self) -> bool {
        match Strategy::of_number(self.checkpoint.strategy) {
            Some(Strategy::Batch) => true,
            Some(Strategy::Read) => false,
            _ => self.pull.takes_batches.get() == Some(true),
        }
    }

    fn without_batches(&mut self) {
        self.pull.takes_batches.set(Some(false));
        if self.checkpoint.strategy == Strategy::Batch as u8 {
            self.choose(Strategy::Read, Reason::Refused);
        }
    }
}

async fn read<P: Ports>(
    pull: &Pull<'_, P>,
    name: &str,
    version: Option<&str>,
) -> Result<(Word, Option<Answer>)> {
    let link = pull.client.base().read(name)?;
    let held = Held {
        version,
        last_modified: None,
    };
    let read = pull.unless_stopped(pull.client.get_unless(&link, &held));
    match read.await {
        Ok(Some(answer)) => Ok((Word::Resource(answer.body.clone()), Some(answer))),
        Ok(None) => Ok((Word::Same, None)),
        Err(error) if error.is_gone() => Ok((Word::Gone, None)),
        Err(error) if is_unknown(&error) => Ok((Word::Unknown, None)),
        Err(error) => Err(error),
    }
}

/// Whether a read says nothing for certain.
fn is_unknown(error: &Error) -> bool {
    let denied = error.code() == Code::Denied && error.status() != Some(401);
    error.code() == Code::NotFound || denied
}

/// Whether the server does not take batches, or not so that its answer can be used.
fn refuses_batches(error: &Error) -> bool {
    let codes = [Code::Http, Code::NotFound, Code::NotFhir, Code::Gone];
    codes.contains(&error.code()) && !error.is_retryable()
}
