//! A patient who was merged into another: `Patient.link` of type `replaced-by` (H12).

use super::head::plain;
use super::json::{Broken, Kind, Scanner};
use super::reference::Identity;

/// The records that replace this one; none for what is no merged Patient. `patient` is JSON that was read
/// before.
pub fn survivors(patient: &[u8]) -> Vec<Identity<'_>> {
    let mut survivors = Vec::new();
    if memchr::memmem::find(patient, b"\"replaced-by\"").is_some() {
        // It was read before: what is odd all the same names nobody.
        let _ = Scanner::new(patient).object(|scanner, key| match (key, scanner.kind()?) {
            (b"link", Kind::Array) => scanner.array(|scanner| link(scanner, &mut survivors)),
            _ => scanner.skip().map(drop),
        });
    }
    survivors
}

fn link<'a>(
    scanner: &mut Scanner<'a>,
    survivors: &mut Vec<Identity<'a>>,
) -> std::result::Result<(), Broken> {
    if scanner.kind()? != Kind::Object {
        return scanner.skip().map(drop);
    }
    let (mut other, mut kind) = (None, None);
    scanner.object(|scanner, key| {
        match (key, scanner.kind()?) {
            (b"type", _) => kind = plain(scanner)?,
            (b"other", Kind::Object) => scanner.object(|scanner, key| {
                match key {
                    b"reference" => other = plain(scanner)?,
                    _ => drop(scanner.skip()?),
                }
                Ok::<(), Broken>(())
            })?,
            _ => drop(scanner.skip()?),
        }
        Ok::<(), Broken>(())
    })?;
    let is_merged = kind == Some("replaced-by");
    let relative = other.filter(|other| is_merged && !other.contains(':'));
    survivors.extend(relative.and_then(Identity::of_url));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h12_a_merged_patient_names_its_survivor() {
        let names = |text: &str| -> Vec<String> {
            survivors(text.as_bytes())
                .iter()
                .map(Identity::to_string)
                .collect()
        };
        let merged = r#"{"resourceType":"Patient","link":[{"type":"seealso","other":{"reference":"Patient/1"}},
            {"other":{"display":"x","reference":"Patient/2"},"type":"replaced-by"},7,
            {"other":{"reference":"urn:uuid:3"},"type":"replaced-by"}]}"#;
        assert_eq!(names(merged), ["Patient/2"]);
        assert_eq!(names(r#"{"link":"replaced-by"}"#), [""; 0]);
        assert_eq!(
            names(r#"{"a":"replaced-by","link":[{"type":"replaced-by","other":[]}]}"#),
            [""; 0]
        );
        assert_eq!(names(r#"{"link":["replaced-by""#), [""; 0]);
    }
}
