//! The replica's model: plain maps of what was offered, and the checks that hold a replica against
//! them. It shares nothing with the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::Store;
use fhir_pull::replica::{Change, Changes, Replica, Versions};
use serde_json::Value;

use crate::chance::Chance;
use crate::searching::{found, question, text};
use crate::server::{TYPES, Version, body};

/// Type and id.
pub(crate) type Name = (&'static str, String);

/// Every version of every resource that a server ever had, oldest first.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) log: BTreeMap<Name, Vec<Version>>,
    ids: u64,
    /// So many bytes that LZ4 can do nothing with, at most, in a resource.
    bulk: u64,
    now: i64,
}

impl Source {
    pub(crate) fn new(ids: u64, bulk: u64) -> Source {
        Source {
            log: BTreeMap::new(),
            ids,
            bulk,
            now: 1_700_000_000_000,
        }
    }

    /// The next version of some resource: created, updated, deleted, or created again.
    pub(crate) fn write(&mut self, chance: &mut Chance) -> Version {
        let kind = *chance.of(&TYPES);
        let id = format!("r{}", chance.below(self.ids));
        // Ties in time happen.
        self.now += chance.below(3) as i64 * 1000;
        let versions = self.log.entry((kind, id.clone())).or_default();
        let number = versions.last().map_or(0, |last| last.number) + 1;
        let exists = versions.last().is_some_and(|last| last.body.is_some());
        let deletes = exists && chance.below(5) == 0;
        let mut body = (!deletes).then(|| body(chance, kind, &id, number, self.now));
        if let Some(body) = body.as_mut().filter(|_| self.bulk > 0) {
            let length = chance.below(self.bulk);
            body.truncate(body.len() - 1);
            body.push_str(r#","x":""#);
            body.extend(
                (0..length)
                    .map(|_| char::from(b'0' + chance.below(64) as u8))
                    .filter(|it| *it != '\\'),
            );
            body.push_str(r#""}"#);
        }
        let version = Version {
            kind,
            id,
            number,
            at: self.now,
            body,
        };
        versions.push(version.clone());
        version
    }

    /// Goes on after everything that a replica was told of.
    pub(crate) fn catch_up(&mut self, oracle: &Oracle) {
        for (name, told) in &oracle.told {
            let versions: Vec<Version> = told.versions.values().cloned().collect();
            let latest = versions.iter().map(|version| version.at).max();
            self.now = self.now.max(latest.unwrap_or(0));
            self.log.insert(name.clone(), versions);
        }
    }

    /// A new version mostly, or an old one once more, or one that was skipped.
    pub(crate) fn tell(&mut self, chance: &mut Chance) -> Version {
        let old = !self.log.is_empty() && chance.below(4) == 0;
        if !old {
            // Some versions are never told of, or later than those after them.
            if chance.below(6) == 0 {
                self.write(chance);
            }
            return self.write(chance);
        }
        let at = chance.below(self.log.len() as u64) as usize;
        let versions = self.log.values().nth(at).unwrap();
        chance.of(versions).clone()
    }
}

/// What a replica was told of one resource.
#[derive(Clone, Debug, Default)]
struct Told {
    versions: BTreeMap<u32, Version>,
    /// Of the commit that brought the current version.
    generation: u64,
}

/// What a replica must hold.
#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) keep: Versions,
    told: BTreeMap<Name, Told>,
    /// Whose current version is not committed yet.
    fresh: BTreeSet<Name>,
}

impl Oracle {
    pub(crate) fn new(keep: Versions) -> Oracle {
        Oracle {
            keep,
            told: BTreeMap::new(),
            fresh: BTreeSet::new(),
        }
    }

    /// Whether an offer is news.
    pub(crate) fn take(&mut self, version: &Version) -> bool {
        let name = (version.kind, version.id.clone());
        let told = self.told.entry(name.clone()).or_default();
        let newest = told.versions.keys().next_back();
        let current = newest.is_none_or(|newest| version.number > *newest);
        if current {
            self.fresh.insert(name);
        }
        let news = match self.keep {
            Versions::Current => current,
            Versions::All => !told.versions.contains_key(&version.number),
        };
        if news {
            told.versions.insert(version.number, version.clone());
        }
        news
    }

    /// What was taken since the last commit is committed.
    pub(crate) fn committed(&mut self, generation: u64) {
        for name in std::mem::take(&mut self.fresh) {
            self.told.get_mut(&name).unwrap().generation = generation;
        }
    }

    /// All of it came with one commit.
    pub(crate) fn came_with(&mut self, generation: u64) {
        for told in self.told.values_mut() {
            told.generation = generation;
        }
    }

    /// The current version of each resource, deletions included.
    pub(crate) fn current(&self) -> impl Iterator<Item = (&Version, u64)> {
        let told = self.told.values();
        told.filter_map(|told| Some((told.versions.values().next_back()?, told.generation)))
    }

    /// What each resource reads as now; `None`: deleted.
    pub(crate) fn bodies(&self) -> BTreeMap<Name, Option<String>> {
        let current = self.current();
        current
            .map(|(version, _)| ((version.kind, version.id.clone()), version.body.clone()))
            .collect()
    }

    /// Reads one resource in every way and compares.
    pub(crate) async fn check_one<S: Store>(
        &self,
        replica: &Replica<S>,
        chance: &mut Chance,
        (kind, id): &Name,
    ) {
        let identity = Identity { kind, id };
        let told = self.told.get(&(kind, id.clone()));
        let current = told.and_then(|told| told.versions.values().next_back());
        assert_eq!(
            told_as(replica.read(identity).await),
            answer(current),
            "{identity}"
        );
        let Some(current) = current else { return };
        let all: Vec<&Version> = told.unwrap().versions.values().collect();
        let version = *chance.of(&all);
        let vread = told_as(replica.vread(identity, &version.number.to_string()).await);
        let at_all = self.keep == Versions::All || version.number == current.number;
        // Where only current versions are kept, others are there until they are merged away.
        assert!(
            vread == answer(Some(version)) || !at_all && vread == Answer::Nothing,
            "{identity} {}",
            version.number
        );
        if self.keep == Versions::Current {
            return;
        }
        let then = told_as(replica.read_at(identity, Instant(version.at)).await);
        let last = all
            .iter()
            .map(|other| other.at)
            .filter(|at| *at <= version.at);
        let last = last.max();
        // Among versions of one moment any may stand for it.
        let mut same = all.iter().filter(|other| Some(other.at) == last);
        assert!(same.any(|other| answer(Some(other)) == then), "{identity}");
        let before = Instant(all.iter().map(|it| it.at).min().unwrap() - 1);
        let then = told_as(replica.read_at(identity, before).await);
        assert_eq!(then, Answer::Nothing, "{identity}");
        self.check_history(replica, identity, &all).await;
    }

    async fn check_history<S: Store>(
        &self,
        replica: &Replica<S>,
        identity: Identity<'_>,
        all: &[&Version],
    ) {
        let history = replica.history(identity).await.unwrap();
        let history: Value = serde_json::from_slice(&history).unwrap();
        assert_eq!(history["total"].as_u64(), Some(all.len() as u64));
        let entries = history["entry"].as_array().unwrap();
        let number = |entry: &Value| {
            let etag = text(entry, "/response/etag");
            let digits = etag.trim_start_matches("W/").trim_matches('"');
            digits.parse::<u32>().unwrap()
        };
        let by_number = |entry: &Value| {
            let number = number(entry);
            *all.iter().find(|version| version.number == number).unwrap()
        };
        let mut seen: Vec<u32> = entries.iter().map(number).collect();
        assert_eq!(seen[0], all[all.len() - 1].number, "newest first");
        assert!(entries.iter().map(|it| by_number(it).at).rev().is_sorted());
        for entry in entries {
            let body = by_number(entry).body.as_deref();
            let body: Option<Value> = body.map(|body| serde_json::from_str(body).unwrap());
            assert_eq!(entry.get("resource"), body.as_ref());
        }
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(all.iter().map(|it| it.number)));
    }

    /// Asks a random question and compares with a look at everything.
    pub(crate) async fn check_search<S: Store>(&self, replica: &Replica<S>, chance: &mut Chance) {
        let question = question(chance);
        let kind = question.query.split('?').next().unwrap();
        let bodies = self.current().filter(|(version, _)| version.kind == kind);
        let bodies = bodies.filter_map(|(version, _)| version.body.as_deref());
        let parsed = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap());
        let mut wanted: Vec<Value> = parsed.filter(|value| (question.holds)(value)).collect();
        let query = format!("{}&_count=1000", question.query);
        let (total, mut resources) = found(&replica.search(&query).await.unwrap());
        assert_eq!(total as usize, wanted.len(), "{query}");
        let id = |value: &Value| text(value, "/id").to_string();
        wanted.sort_by_key(id);
        resources.sort_by_key(id);
        assert_eq!(resources, wanted, "{query}");
    }

    pub(crate) fn check_status<S: Store>(&self, replica: &Replica<S>) {
        let status = replica.status();
        assert_eq!(status.damaged, [""; 0]);
        for kind in TYPES {
            let of_type = status.types.iter().find(|it| it.kind == kind);
            let counted = of_type.map_or((0, 0), |it| (it.resources, it.deleted));
            let count = |deleted: bool| {
                let of_type = self.current().filter(|(version, _)| version.kind == kind);
                of_type
                    .filter(|(version, _)| version.body.is_none() == deleted)
                    .count() as u64
            };
            assert_eq!(counted, (count(false), count(true)), "{kind}");
        }
    }

    /// Exactly what changed since a generation, in order, each once, deletions included.
    pub(crate) async fn check_changes<S: Store>(&self, replica: &Rc<Replica<S>>, since: u64) {
        let mut changes = Changes::since(replica.clone(), since);
        let mut told: Vec<Change> = Vec::new();
        while let Some(some) = changes.next().await.unwrap() {
            told.extend(some);
        }
        assert!(told.is_sorted_by_key(|change| change.generation));
        let told = told.into_iter().map(|change| {
            let body = change.bytes.map(|bytes| String::from_utf8(bytes).unwrap());
            (
                change.generation,
                change.kind,
                change.id,
                change.version,
                body,
            )
        });
        let mut told: Vec<_> = told.collect();
        told.sort_unstable();
        let changed = self.current().filter(|(_, generation)| *generation > since);
        let changed = changed.map(|(version, generation)| {
            let number = version.number.to_string();
            (
                generation,
                version.kind.to_string(),
                version.id.clone(),
                number,
                version.body.clone(),
            )
        });
        let mut changed: Vec<_> = changed.collect();
        changed.sort_unstable();
        assert_eq!(told, changed, "since {since}");
    }

    /// Everything, and some questions.
    pub(crate) async fn check<S: Store>(&self, replica: &Rc<Replica<S>>, chance: &mut Chance) {
        self.check_status(replica);
        for name in self.told.keys() {
            self.check_one(replica, chance, name).await;
        }
        for _ in 0..3 {
            self.check_search(replica, chance).await;
        }
        self.check_changes(replica, chance.below(replica.generation() + 1))
            .await;
    }
}

/// What a read answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Body(String),
    Deleted,
    Nothing,
}

pub(crate) fn told_as(read: fhir_pull::Result<Option<Vec<u8>>>) -> Answer {
    match read {
        Ok(Some(bytes)) => Answer::Body(String::from_utf8(bytes).unwrap()),
        Ok(None) => Answer::Nothing,
        Err(error) if error.code() == Code::Gone => Answer::Deleted,
        Err(error) => panic!("{error:?}"),
    }
}

fn answer(version: Option<&Version>) -> Answer {
    match version.map(|version| version.body.as_deref()) {
        None => Answer::Nothing,
        Some(None) => Answer::Deleted,
        Some(Some(body)) => Answer::Body(body.to_string()),
    }
}
