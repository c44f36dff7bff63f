//! A FHIR search as text, read into what an index can be asked.
//!
//! What cannot be answered from a replica is refused by name: an answer that left a parameter out
//! would show resources that were not asked for, or hide none and look complete.

use std::borrow::Cow;

use super::definitions::Definitions;
use super::matcher::{Field, Matcher, bad, matchers, shown, split};
use super::parameter::Parameter;
use crate::fhir::reference::is_type;
use crate::{Code, Error, Result};

/// A search of one type: all filters hold, sorted, one page of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The resource type.
    pub kind: String,
    /// Each must hold.
    pub filters: Vec<Filter>,
    /// The first decides, the next breaks ties.
    pub sort: Vec<Sort>,
    /// `_count`: how many matches a page holds; all without it.
    pub count: Option<usize>,
    /// `_offset`: how many matches stand before this page.
    pub offset: usize,
    /// The query as given, without `_offset`: what links are made from.
    pub text: String,
}

/// One parameter of a query: any of its values may match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Where to look.
    pub on: Field,
    /// The values, joined by OR.
    pub any: Vec<Matcher>,
}

/// One key of `_sort`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: Field,
    /// `-`: the greatest first.
    pub descending: bool,
}

impl Query {
    /// Reads `Type` or `Type?parameter=value&...`, percent-encoded or not. `base` is the server's, so
    /// that absolute references to it are known as its own.
    ///
    /// # Errors
    /// [`Code::BadInput`] for what is no query, [`Code::Unsupported`] with the name of a parameter or
    /// modifier that a replica cannot answer.
    pub fn parse(definitions: &Definitions, base: &str, text: &str) -> Result<Query> {
        let (kind, parameters) = text.split_once('?').unwrap_or((text, ""));
        if !is_type(kind) {
            return Err(bad(
                "A search begins with a resource type, as in `Observation?code=...`.",
            ));
        }
        if !definitions.knows(kind) {
            let sentence = format!("There is no resource type `{kind}` in FHIR R4.");
            return Err(Error::new(Code::Unsupported, sentence));
        }
        let mut query = Query {
            kind: kind.to_string(),
            filters: Vec::new(),
            sort: Vec::new(),
            count: None,
            offset: 0,
            text: kind.to_string(),
        };
        for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name)?;
            query.add(definitions, base, &name, &decode(value)?)?;
            if name != "_offset" {
                let first = query.text.len() == kind.len();
                query.text.push(if first { '?' } else { '&' });
                query.text.push_str(pair);
            }
        }
        Ok(query)
    }

    fn add(
        &mut self,
        definitions: &Definitions,
        base: &str,
        name: &str,
        value: &str,
    ) -> Result<()> {
        match name {
            "_count" => self.count = Some(number(name, value)?),
            "_offset" => self.offset = number(name, value)?,
            "_summary" if value == "count" => self.count = Some(0),
            "_sort" => self.sort = self.sort_keys(definitions, value)?,
            // The answer is always JSON and its total always exact.
            "_format" | "_total" => {}
            _ => {
                let filter = self.filter(definitions, base, name, value)?;
                self.filters.push(filter);
            }
        }
        Ok(())
    }

    fn filter(
        &self,
        definitions: &Definitions,
        base: &str,
        name: &str,
        value: &str,
    ) -> Result<Filter> {
        if value.is_empty() {
            let name = shown(name);
            return Err(bad(format!("The search parameter `{name}` has no value.")));
        }
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        let (on, parameter) = self.field(definitions, code)?;
        let one = |value: &str| matchers(base, &on, parameter, name, modifier, value);
        let any = split(value, ',').map(one).collect::<Result<Vec<_>>>()?;
        let any = any.into_iter().flatten().collect();
        Ok(Filter { on, any })
    }

    fn field<'d>(
        &self,
        definitions: &'d Definitions,
        code: &str,
    ) -> Result<(Field, Option<&'d Parameter>)> {
        match code {
            "_id" => Ok((Field::Id, None)),
            "_lastUpdated" => Ok((Field::LastUpdated, None)),
            _ => {
                let found = definitions.of(&self.kind).parameter(code);
                let (_, parameter) = found.ok_or_else(|| unsupported(&self.kind, code))?;
                let field = Field::Parameter(parameter.code, parameter.kind);
                Ok((field, Some(parameter)))
            }
        }
    }

    fn sort_keys(&self, definitions: &Definitions, value: &str) -> Result<Vec<Sort>> {
        let keys = value.split(',').filter(|key| !key.is_empty());
        keys.map(|key| {
            let (descending, code) = match key.strip_prefix('-') {
                Some(code) => (true, code),
                None => (false, key),
            };
            let (by, _) = self.field(definitions, code)?;
            Ok(Sort { by, descending })
        })
        .collect()
    }
}

/// Resolves percent-encoding and `+` for a space.
fn decode(text: &str) -> Result<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next()), digit(bytes.next()));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(bad("The query has a percent sign that encodes nothing."));
                };
                out.push((high << 4 | low) as u8);
            }
            _ => out.push(byte),
        }
    }
    let text = String::from_utf8(out);
    text.map(Cow::Owned)
        .map_err(|_| bad("The query does not decode to UTF-8."))
}

fn number(name: &str, value: &str) -> Result<usize> {
    let number = value.parse();
    number.map_err(|_| bad(format!("The value of `{name}` is no whole number.")))
}

fn unsupported(kind: &str, code: &str) -> Error {
    let name = shown(code);
    Error::new(
        Code::Unsupported,
        format!(
            "The search parameter `{name}` of {kind} is unknown or cannot be answered from a replica yet."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Query> {
        Query::parse(&Definitions::r4(), "https://x.org/fhir", text)
    }

    fn matchers(text: &str) -> Vec<Matcher> {
        parse(text).unwrap().filters.remove(0).any
    }

    fn code(text: &str) -> Code {
        parse(text).unwrap_err().code()
    }

    #[test]
    fn a_query_is_filters_sort_and_page() {
        let query = parse("Observation?patient=1&code=http%3A%2F%2Floinc.org%7C4548-4&_sort=-date,_id&_count=20&_offset=40").unwrap();
        assert_eq!(query.kind, "Observation");
        assert_eq!(query.filters[0].any, [Matcher::Term(b"Patient/1".to_vec())]);
        assert_eq!(
            query.filters[1].any,
            [Matcher::Term(b"4548-4\0http://loinc.org".to_vec())]
        );
        assert!(query.sort[0].descending && !query.sort[1].descending);
        assert_eq!((query.count, query.offset), (Some(20), 40));
        assert!(query.text.ends_with("&_count=20"), "{}", query.text);
    }

    #[test]
    fn links_leave_the_offset_out_however_it_is_spelt() {
        let query = parse("Observation?%5Foffset=40&_count=20").unwrap();
        assert_eq!(
            (query.offset, query.text.as_str()),
            (40, "Observation?_count=20")
        );
    }

    #[test]
    fn tokens_with_and_without_system_are_told_apart() {
        assert_eq!(
            matchers("Observation?code=a"),
            [Matcher::Prefix(b"a\0".to_vec())]
        );
        assert_eq!(
            matchers("Observation?code=|a"),
            [Matcher::Term(b"a\0".to_vec())]
        );
        assert_eq!(
            matchers("Observation?code=s|"),
            [Matcher::Suffix(b"\0s".to_vec())]
        );
        assert_eq!(matchers("Observation?code=a\\,b,c").len(), 2);
        assert_eq!(
            matchers("Observation?code=a\\|b"),
            [Matcher::Prefix(b"a|b\0".to_vec())]
        );
    }

    #[test]
    fn an_id_alone_may_be_of_any_type_that_the_parameter_allows() {
        assert_eq!(matchers("Observation?subject=1").len(), 4);
        assert_eq!(
            matchers("Observation?subject:Patient=1"),
            [Matcher::Term(b"Patient/1".to_vec())]
        );
        assert_eq!(
            matchers("Observation?subject=Group/1"),
            [Matcher::Term(b"Group/1".to_vec())]
        );
    }

    #[test]
    fn the_plus_of_a_zone_is_understood_encoded_or_not() {
        let encoded = matchers("Observation?date=ge2013-04-02T09:30:10%2B01:00");
        assert_eq!(
            matchers("Observation?date=ge2013-04-02T09:30:10+01:00"),
            encoded
        );
    }

    #[test]
    fn what_cannot_be_answered_is_refused_by_name() {
        assert_eq!(code("Observation?value-quantity=5"), Code::Unsupported);
        assert_eq!(code("Observation?code:below=5"), Code::Unsupported);
        assert_eq!(code("Observation?patient.name=x"), Code::Unsupported);
        assert_eq!(
            code("Observation?_include=Observation:subject"),
            Code::Unsupported
        );
        assert_eq!(code("Observation?_summary=text"), Code::Unsupported);
        assert_eq!(code("Observation?_sort=magic"), Code::Unsupported);
        assert_eq!(code("Observations?code=a"), Code::Unsupported);
        assert!(
            parse("Binary").is_ok(),
            "a type without parameters of its own"
        );
        let error = parse("Observation?magic=1").unwrap_err();
        assert!(error.message().contains("`magic`"));
        assert!(!error.message().contains('1'), "no value in a message");
    }

    #[test]
    fn a_name_that_is_none_is_not_repeated_in_a_message() {
        for text in [
            "Observation?Jane Roe",
            "Observation?Jane%20Roe=1",
            "Observation?code:Jane Roe=1",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!error.message().contains("Jane"), "{text}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused_with_a_sentence() {
        for text in [
            "",
            "observation",
            "?code=1",
            "Observation?code=",
            "Observation?date=soon",
            "Observation?_count=-1",
            "Observation?code=%zz",
            "Observation?_id=a/b",
        ] {
            assert_eq!(code(text), Code::BadInput, "{text}");
        }
    }
}
