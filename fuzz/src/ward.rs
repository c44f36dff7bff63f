//! The replicas that are damaged: invented patients and what was measured, written through the
//! crate's own [`Writer`], so that they are of whatever format it has today.

use std::iter::StepBy;
use std::ops::Range;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::replica::{Chain, Checkpoint, Offer, Replica, Versions, Writer};

use crate::done;
use crate::script::BASE;
use crate::shelf::{Content, Shelf};

/// 2024-01-01.
const NEW_YEAR: i64 = 1_704_067_200_000;

/// What a replica of each kind holds: one commit; several with updates and deletions; many, merged
/// since, with all versions kept; one that is large enough for several blocks.
pub fn contents() -> [Content; 4] {
    [small(), grown(), merged(), large()]
}

/// The server's resource of that number, of that version.
///
/// # Errors
/// Those of [`Writer::offer`].
pub fn offered(writer: &mut Writer<Shelf>, number: u32, version: u32) -> Result<()> {
    let at = NEW_YEAR + i64::from(version) * 86_400_000 + i64::from(number) * 1000;
    let (kind, id) = (
        ["Patient", "Observation", "Encounter"][number as usize % 3],
        id(number),
    );
    let body = body(kind, &id, number, version, &Instant(at).to_string());
    // Some are gone, some came in part, of some the server gave no version.
    let offer = Offer {
        identity: Identity { kind, id: &id },
        version: if number % 11 == 10 {
            ""
        } else {
            &version.to_string()
        },
        last_updated: Some(Instant(at)),
        bytes: ((number + version) % 7 != 6).then_some(body.as_bytes()),
        partial: (number + version) % 13 == 12,
    };
    done(writer.offer(&[offer])).map(drop)
}

/// Short ids, and UUIDs, which are packed.
pub fn id(number: u32) -> String {
    match number % 2 {
        0 => format!("r{number}"),
        _ => format!("{number:08x}-0000-4000-8000-000000000000"),
    }
}

fn small() -> Content {
    written(Versions::Current, &[((0..6).step_by(1), 1)])
}

fn grown() -> Content {
    let commits = [(0..12, 1), (3..9, 2), (10..20, 1), (0..20, 3)];
    let commits = commits.map(|(numbers, version)| (numbers.step_by(1), version));
    written(Versions::Current, &commits)
}

fn merged() -> Content {
    let commits: Vec<_> = (1..=17)
        .map(|version| ((version % 7..14).step_by(3), version))
        .collect();
    written(Versions::All, &commits)
}

/// Observations alone, a thousand of them and more.
fn large() -> Content {
    written(Versions::Current, &[((1..3300).step_by(3), 1)])
}

fn written(versions: Versions, commits: &[(StepBy<Range<u32>>, u32)]) -> Content {
    let all = || -> Result<Content> {
        let shelf = Shelf::default();
        let replica = Rc::new(done(Replica::open(shelf.clone(), BASE, 1, Some(versions)))?);
        let mut writer = done(Writer::begin(replica.clone()))?;
        for (numbers, version) in commits {
            for number in numbers.clone() {
                offered(&mut writer, number, *version)?;
            }
            writer.note(checkpoint("Patient", None));
            let next = format!("{BASE}/Observation/_history?page={version}");
            writer.note(checkpoint("Observation/_history", Some(next)));
            done(writer.commit())?;
        }
        done(writer.settle())?;
        while done(replica.tidy())? {}
        Ok(shelf.content())
    };
    all().expect("a sound store takes it")
}

fn checkpoint(feed: &str, next: Option<String>) -> Checkpoint {
    let chain = next.map(|next| Chain {
        next,
        started: Some(Instant(NEW_YEAR)),
        newest: None,
        ascending: false,
        entries: 2,
    });
    Checkpoint {
        feed: feed.into(),
        complete: chain.is_none(),
        types: vec!["Patient".into(), "Observation".into()],
        cursor: Some(Instant(NEW_YEAR)),
        as_of: Some(Instant(NEW_YEAR)),
        chain,
        strategy: 1,
        reason: 1,
        ..Checkpoint::default()
    }
}

fn body(kind: &str, id: &str, number: u32, version: u32, at: &str) -> String {
    let meta = format!(r#""id":"{id}","meta":{{"versionId":"{version}","lastUpdated":"{at}"}}"#);
    let start = format!("20{:02}-0{}-1{}", number % 30, number % 9 + 1, number % 10);
    let about = format!(
        r#""subject":{{"reference":"Patient/{}"}}"#,
        self::id(number % 5 * 3)
    );
    match kind {
        "Patient" => format!(
            r#"{{"resourceType":"Patient",{meta},"name":[{{"family":"Müller{number}","given":["Ana","B."]}}],"birthDate":"{start}"}}"#
        ),
        "Observation" => format!(
            r#"{{"resourceType":"Observation",{meta},"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{}"}}],"text":"measured in the morning"}},{about},"effectiveDateTime":"{start}","valueQuantity":{{"value":{number}.10,"unit":"mmol/l"}}}}"#,
            number % 4
        ),
        _ => format!(
            r#"{{"resourceType":"Encounter",{meta},"class":{{"code":"AMB"}},{about},"period":{{"start":"{start}"}}}}"#
        ),
    }
}
