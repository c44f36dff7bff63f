//! A resource as the replica sees it: its bytes, and the few elements that say which one it is.

use super::instant::Instant;
use super::json::{Broken, Scanner};
use super::reference::{Identity, is_id, is_type};

/// A resource and its head, both borrowed from the page that brought it.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// The resource, byte for byte as it came (L4).
    pub bytes: &'a [u8],
    /// Who and which version it is.
    pub head: Head<'a>,
}

/// What a resource says of itself. Elements that are missing, or are not what FHIR says they are,
/// are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// `resourceType`.
    pub kind: Option<&'a str>,
    /// `id`.
    pub id: Option<&'a str>,
    /// `meta.versionId`: opaque (H7).
    pub version: Option<&'a str>,
    /// `meta.lastUpdated`.
    pub last_updated: Option<Instant>,
    /// Whether `meta.tag` says SUBSETTED: only a part of the resource (L5).
    pub subsetted: bool,
}

impl<'a> Head<'a> {
    /// Type and id, where both are there.
    pub fn identity(&self) -> Option<Identity<'a>> {
        Some(Identity {
            kind: self.kind?,
            id: self.id?,
        })
    }
}

impl<'a> Resource<'a> {
    /// Reads the resource that comes next, to its end.
    pub fn scan(scanner: &mut Scanner<'a>) -> Result<Resource<'a>, Broken> {
        let (head, bytes) = scanner.slice(|scanner| {
            let mut head = Head::default();
            scanner.object(|scanner, key| {
                match key {
                    b"resourceType" => head.kind = plain(scanner)?.filter(|kind| is_type(kind)),
                    b"id" => head.id = plain(scanner)?.filter(|id| is_id(id)),
                    b"meta" => meta(scanner, &mut head)?,
                    _ => {
                        scanner.skip()?;
                    }
                }
                Ok::<(), Broken>(())
            })?;
            Ok::<_, Broken>(head)
        })?;
        Ok(Resource { bytes, head })
    }

    /// Reads a body that is one resource and nothing else.
    pub fn read(bytes: &'a [u8]) -> Result<Resource<'a>, Broken> {
        let mut scanner = Scanner::of_body(bytes)?;
        let resource = Resource::scan(&mut scanner)?;
        scanner.end()?;
        Ok(resource)
    }
}

/// Reads `meta`, of a resource or of a Bundle, into its head.
pub(super) fn meta<'a>(scanner: &mut Scanner<'a>, head: &mut Head<'a>) -> Result<(), Broken> {
    use super::json::Kind;
    if scanner.kind()? != Kind::Object {
        return scanner.skip().map(drop);
    }
    scanner.object(|scanner, key| {
        match key {
            b"versionId" => head.version = plain(scanner)?.filter(|version| !version.is_empty()),
            b"lastUpdated" => head.last_updated = plain(scanner)?.and_then(Instant::parse),
            // The code is rare enough in tags to be looked for in their bytes, and a tag of another
            // system with this code asks for the same caution.
            b"tag" => {
                let tags = scanner.skip()?;
                head.subsetted = memchr::memmem::find(tags, b"\"SUBSETTED\"").is_some();
            }
            _ => {
                scanner.skip()?;
            }
        }
        Ok(())
    })
}

/// A string without escapes, as all that stands in a head is.
pub(crate) fn plain<'a>(scanner: &mut Scanner<'a>) -> Result<Option<&'a str>, Broken> {
    let text = scanner.string_or_skip()?.map(|text| text.0);
    let text = text.filter(|text| !text.contains(&b'\\'));
    Ok(text.and_then(|text| std::str::from_utf8(text).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_and_the_bytes_are_kept_as_they_came() {
        let body = br#" {"resourceType":"Patient", "meta":{"tag":[{"code":"SUBSETTED"}],"versionId":"7","lastUpdated":"2020-01-01T00:00:00Z"},"id":"a","x":1.50}"#;
        let resource = Resource::read(body).unwrap();
        assert_eq!(resource.bytes, &body[1..]);
        assert_eq!(resource.head.identity().unwrap().to_string(), "Patient/a");
        assert_eq!(resource.head.version, Some("7"));
        assert!(resource.head.subsetted);
        assert!(resource.head.last_updated.is_some());
    }

    #[test]
    fn l9_a_body_that_is_not_utf8_is_broken_and_its_first_wrong_byte_is_told() {
        let body = b"{\"resourceType\":\"Patient\",\"id\":\"a\",\"city\":\"M\xfcnchen\"}";
        assert_eq!(Resource::read(body).unwrap_err().at, 44);
    }

    #[test]
    fn l9_elements_of_the_wrong_kind_are_none_and_no_error() {
        let body = br#"{"resourceType":7,"id":["x"],"meta":[1],"__proto__":{}}"#;
        assert_eq!(Resource::read(body).unwrap().head, Head::default());
        let body = br#"{"resourceType":"Patient","id":"../../etc","meta":{"versionId":{},"lastUpdated":"soon"}}"#;
        let head = Resource::read(body).unwrap().head;
        assert_eq!(head.id, None);
        assert_eq!(head.last_updated, None);
    }
}
