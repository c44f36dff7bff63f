//! What of a resource an answer has: `_summary` and `_elements` (R5 search.html#summary, #elements).

use super::definitions::TypeDefinition;
use super::plan::is_data_type;
use super::query::Shape;
use crate::fhir::json::{Broken, Kind, Scanner};

/// Says in `meta.tag` that elements were left out.
const SUBSETTED: &[u8] =
    br#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

impl Shape {
    /// Whether resources leave as they are.
    pub fn is_whole(&self) -> bool {
        *self == Shape::Whole
    }

    /// Appends to `out` what the shape has of a resource.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn put(
        &self,
        definition: &TypeDefinition,
        resource: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let mut members = Members { out, before: b'{' };
        let mut tagged = false;
        Scanner::new(resource).object(|scanner, key| {
            let value = scanner.pass()?;
            if key == b"meta" && value.first() == Some(&b'{') {
                tagged = true;
                members.key(key);
                return subsetted(value, members.out);
            }
            if self.has(definition, key) {
                members.key(key);
                match self {
                    Shape::Summary => {
                        put_summary(inside(definition, &name(key)), value, members.out)?
                    }
                    _ => members.out.extend_from_slice(value),
                }
            }
            Ok::<(), Broken>(())
        })?;
        if !tagged {
            members.key(b"meta");
            subsetted(b"{}", members.out)?;
        }
        members.close();
        Ok(())
    }

    /// Whether a top-level member is there.
    fn has(&self, definition: &TypeDefinition, key: &[u8]) -> bool {
        let name = name(key);
        let is = |element: &str| is_element(element, &name);
        let mandatory = || definition.mandatory.iter().any(|element| is(element));
        match name.as_str() {
            "resourceType" | "id" => return true,
            "text" => {
                return matches!(self, Shape::Text)
                    || matches!(self, Shape::Elements(names) if names.iter().any(|it| it == "text"));
            }
            _ => {}
        }
        match self {
            Shape::Whole | Shape::Data => true,
            Shape::Summary => inside(definition, &name).is_some(),
            Shape::Text | Shape::Count => mandatory(),
            Shape::Elements(names) => {
                let top = |name: &String| is(name.split('.').next().unwrap_or(name));
                names.iter().any(top) || mandatory()
            }
        }
    }
}

/// What a summary has of an element's members: all, or those that are listed.
type Inside<'a> = Option<Option<&'a str>>;

/// Whether a summary has an element, and what of it.
fn inside<'a>(definition: &'a TypeDefinition, name: &str) -> Inside<'a> {
    definition
        .summary
        .iter()
        .find_map(|elements| find(elements, name))
}

/// Looks an element up in a list such as `status,link(other,type),part()`: with brackets only these
/// members belong to the summary, with empty ones the same as of the list itself.
fn find<'a>(elements: &'a str, name: &str) -> Inside<'a> {
    let mut rest = elements;
    while !rest.is_empty() {
        let end = rest.find([',', '(']).unwrap_or(rest.len());
        let (element, after) = rest.split_at(end);
        let mut members = None;
        let mut next = after;
        if after.starts_with('(') {
            let mut depth = 0;
            let closing = after.char_indices().find(|(_, character)| {
                depth += i32::from(*character == '(') - i32::from(*character == ')');
                depth == 0
            });
            let close = closing?.0;
            members =
                Some(&after[1..close]).map(|inner| if inner.is_empty() { elements } else { inner });
            next = &after[close + 1..];
        }
        if is_element(element, name) {
            return Some(members);
        }
        rest = next.strip_prefix(',').unwrap_or(next);
    }
    None
}

/// A value without those of its members that a summary does not have.
fn put_summary(inside: Inside<'_>, value: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut scanner = Scanner::new(value);
    match (inside.flatten(), scanner.kind()?) {
        (Some(_), Kind::Array) => {
            let mut before = b'[';
            scanner.array(|scanner| {
                out.push(std::mem::replace(&mut before, b','));
                put_summary(inside, scanner.pass()?, out)
            })?;
            out.extend_from_slice(if before == b'[' { b"[]" } else { b"]" });
        }
        (Some(elements), Kind::Object) => {
            let mut members = Members { out, before: b'{' };
            scanner.object(|scanner, key| {
                let value = scanner.pass()?;
                let always = matches!(key, b"id" | b"modifierExtension").then_some(None);
                if let Some(inner) = find(elements, &name(key)).or(always) {
                    members.key(key);
                    put_summary(Some(inner), value, members.out)?;
                }
                Ok::<(), Broken>(())
            })?;
            members.close();
        }
        _ => out.extend_from_slice(value),
    }
    Ok(())
}

/// Writes the members of an object.
struct Members<'o> {
    out: &'o mut Vec<u8>,
    before: u8,
}

impl Members<'_> {
    fn key(&mut self, key: &[u8]) {
        self.out.push(std::mem::replace(&mut self.before, b','));
        self.out.push(b'"');
        self.out.extend_from_slice(key);
        self.out.extend_from_slice(b"\":");
    }

    fn close(&mut self) {
        self.out
            .extend_from_slice(if self.before == b'{' { b"{}" } else { b"}" });
    }
}

/// The element of a JSON member: that of `_birthDate` is `birthDate`.
fn name(key: &[u8]) -> String {
    let key = key.strip_prefix(b"_").unwrap_or(key);
    String::from_utf8_lossy(key).into_owned()
}

/// Whether a member is that element, or a variant of it where it is a choice element. The table
/// writes these with their `[x]`.
fn is_element(element: &str, name: &str) -> bool {
    let rest = name.strip_prefix(element.trim_end_matches("[x]"));
    rest.is_some_and(|rest| rest.is_empty() || is_data_type(rest.as_bytes()))
}

/// Appends `meta` with the tag in it.
fn subsetted(meta: &[u8], out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut members = Members { out, before: b'{' };
    let mut tagged = false;
    Scanner::new(meta).object(|scanner, key| {
        let value = scanner.pass()?;
        members.key(key);
        if key == b"tag" && value.first() == Some(&b'[') {
            tagged = true;
            let inner = value[1..]
                .strip_suffix(b"]")
                .unwrap_or_default()
                .trim_ascii();
            members.out.push(b'[');
            members.out.extend_from_slice(inner);
            members
                .out
                .extend_from_slice(if inner.is_empty() { b"" } else { b"," });
            members.out.extend_from_slice(SUBSETTED);
            members.out.push(b']');
        } else {
            members.out.extend_from_slice(value);
        }
        Ok::<(), Broken>(())
    })?;
    if !tagged {
        members.key(b"tag");
        members.out.push(b'[');
        members.out.extend_from_slice(SUBSETTED);
        members.out.push(b']');
    }
    members.close();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Definitions;

    const TAG: &str = r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

    fn shaped(shape: &Shape, kind: &str, resource: &str) -> String {
        let definitions = Definitions::r4();
        let mut out = Vec::new();
        shape
            .put(definitions.of(kind), resource.as_bytes(), &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        text.replace(TAG, "TAG")
    }

    const OBSERVATION: &str = r#"{"resourceType":"Observation","id":"1","meta":{"versionId":"2"},"text":{"status":"generated"},
        "status":"final","_status":{"id":"s"},"code":{"text":"c"},"note":[{"text":"n"}],"valueString":"v","performer":[]}"#;

    #[test]
    fn elements_are_those_asked_for_and_the_mandatory_ones() {
        let shape = Shape::Elements(vec!["value".into(), "note.text".into()]);
        assert_eq!(
            shaped(&shape, "Observation", OBSERVATION),
            r#"{"resourceType":"Observation","id":"1","meta":{"versionId":"2","tag":[TAG]},"status":"final","_status":{"id":"s"},"code":{"text":"c"},"note":[{"text":"n"}],"valueString":"v"}"#
        );
    }

    #[test]
    fn a_summary_has_what_the_definitions_mark_also_inside() {
        let whole = shaped(&Shape::Summary, "Observation", OBSERVATION);
        assert!(
            whole.contains("valueString")
                && !whole.contains("note")
                && !whole.contains("generated")
        );
        let patient = r#"{"id":"1","contact":[{"gender":"male"}],"link":[{"other":{"reference":"Patient/2"},"type":"refer","x":1}],"communication":[]}"#;
        assert_eq!(
            shaped(&Shape::Summary, "Patient", patient),
            r#"{"id":"1","link":[{"other":{"reference":"Patient/2"},"type":"refer"}],"meta":{"tag":[TAG]}}"#
        );
    }

    #[test]
    fn members_may_be_those_of_the_element_around() {
        let elements = "name,part(code,value[x],part(),more)";
        assert_eq!(find(elements, "name"), Some(None));
        let part = find(elements, "part").flatten().unwrap();
        assert_eq!(find(part, "part"), Some(Some(part)));
        assert_eq!(find(part, "valueString"), Some(None));
        assert_eq!((find(part, "name"), find(elements, "more")), (None, None));
    }

    #[test]
    fn text_and_data_are_one_without_the_other() {
        let text = shaped(&Shape::Text, "Observation", OBSERVATION);
        assert!(
            text.contains("generated") && text.contains("status") && !text.contains("valueString")
        );
        let data = shaped(&Shape::Data, "Observation", OBSERVATION);
        assert!(!data.contains("generated") && data.contains("performer"));
    }

    #[test]
    fn tags_that_were_there_stay() {
        let tagged = r#"{"meta":{"tag":[ {"code":"a"} ]}}"#;
        assert_eq!(
            shaped(&Shape::Data, "Patient", tagged),
            r#"{"meta":{"tag":[{"code":"a"},TAG]}}"#
        );
        assert_eq!(
            shaped(&Shape::Data, "Patient", r#"{"meta":{"tag":[]}}"#),
            r#"{"meta":{"tag":[TAG]}}"#
        );
    }
}
