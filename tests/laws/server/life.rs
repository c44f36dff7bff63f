//! What happens on the server: versions of resources, deletes, and the time they are given.

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::replica::Offer;

use super::TYPES;
use super::bulk::Job;
use crate::chance::Chance;

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) at: i64,
    /// `None`: deleted.
    pub(crate) body: Option<String>,
}

impl Version {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// As a pull offers it; `number` is its number as text.
    pub(crate) fn offer<'a>(&'a self, number: &'a str) -> Offer<'a> {
        Offer {
            identity: Identity {
                kind: self.kind,
                id: &self.id,
            },
            version: number,
            last_updated: Some(Instant(self.at)),
            bytes: self.body.as_deref().map(str::as_bytes),
            partial: false,
        }
    }
}

/// How the server writes versions and times; plain unless a fault says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    /// Times have no fractions of a second (H1).
    pub(crate) seconds: bool,
    /// Some commits carry a time that is up to so many milliseconds earlier (H4).
    pub(crate) late: u64,
    /// Some resources carry a time years ahead, and so do their later versions (H4).
    pub(crate) future: bool,
    /// Versions are no numbers (H7).
    pub(crate) opaque: bool,
}

/// The server's whole life so far, in the order of commits.
#[derive(Debug, Default)]
pub(crate) struct Life {
    pub(crate) log: Vec<Version>,
    pub(crate) now: i64,
    pub(crate) manner: Manner,
    /// How many entries a page has at most.
    pub(crate) page: usize,
    /// Bulk exports that were asked for.
    pub(super) jobs: Vec<Job>,
}

impl Life {
    pub(super) fn new(page: usize) -> Life {
        Life {
            now: 1_700_000_000_000,
            page,
            ..Life::default()
        }
    }

    /// One random change.
    pub(super) fn change(&mut self, chance: &mut Chance) {
        let kind = *chance.of(&TYPES);
        let id = format!("r{}", chance.below(12));
        let last = self.versions(kind, &id).last();
        let number = last.map_or(0, |last| last.number) + 1;
        let exists = last.is_some_and(|last| last.body.is_some());
        let before = last.map(|last| last.at);
        // Ties in time happen.
        self.now += chance.of(&[0, 1, 1000, 1700]);
        let at = self.time(chance, before);
        let deletes = exists && chance.below(4) == 0;
        let tag = self.tag(number);
        let body = (!deletes).then(|| body(chance, kind, &id, tag, at));
        self.log.push(Version {
            kind,
            id,
            number,
            at,
            body,
        });
    }

    /// The time that a commit of now is given: never before that of the version before, and after it
    /// where only times tell which of the two is newer.
    fn time(&self, chance: &mut Chance, before: Option<i64>) -> i64 {
        let Manner {
            seconds,
            late,
            future,
            opaque,
        } = self.manner;
        let mut at = self.now;
        if late > 0 && chance.below(3) == 0 {
            at -= chance.below(late) as i64;
        }
        if future && chance.below(8) == 0 {
            at += 3 * 365 * 86_400_000;
        }
        let unit = if seconds { 1000 } else { 1 };
        let least = before.map_or(i64::MIN, |before| before + if opaque { unit } else { 0 });
        (at / unit * unit).max(least)
    }

    /// Every version of a resource, oldest first.
    pub(crate) fn versions<'a>(
        &'a self,
        kind: &'a str,
        id: &'a str,
    ) -> impl DoubleEndedIterator<Item = &'a Version> {
        self.log
            .iter()
            .filter(move |version| version.kind == kind && version.id == id)
    }

    /// The versionId of a version of this number.
    pub(crate) fn tag(&self, number: u32) -> String {
        match self.manner.opaque {
            true => format!("x{:06x}", u64::from(number) * 11_400_714 % 0xFF_FFFF),
            false => number.to_string(),
        }
    }
}

pub(crate) fn body(
    chance: &mut Chance,
    kind: &str,
    id: &str,
    version: impl std::fmt::Display,
    at: i64,
) -> String {
    let meta = format!(
        r#""meta":{{"versionId":"{version}","lastUpdated":"{}"}}"#,
        Instant(at)
    );
    let year = 1940 + chance.below(80);
    if kind == "Patient" {
        let family = chance.of(&[
            "Müller",
            "Muller",
            "Ångström",
            "Smith",
            "Smithson",
            "O'Neil",
        ]);
        let given = chance.of(&["Ana", "Zoë", "José María"]);
        return format!(
            r#"{{"resourceType":"Patient","id":"{id}",{meta},"name":[{{"family":"{family}","given":["{given}"]}}],"birthDate":"{year}-0{}"}}"#,
            1 + chance.below(9)
        );
    }
    let code = chance.of(&["a", "b", "c"]);
    let system = chance.of(&["http://one.test", "http://two.test"]);
    let subject = chance.below(12);
    let effective = match chance.below(4) {
        0 => format!(
            r#""effectiveDateTime":"{year}-03-0{}","#,
            1 + chance.below(9)
        ),
        1 => format!(
            r#""effectivePeriod":{{"start":"{year}-02","end":"{}"}},"#,
            year + 1
        ),
        2 => format!(r#""effectivePeriod":{{"start":"{year}"}},"#),
        _ => String::new(),
    };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}",{meta},"code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}},"subject":{{"reference":"Patient/r{subject}"}},{effective}"valueQuantity":{{"value":{}.10}}}}"#,
        chance.below(100)
    )
}
