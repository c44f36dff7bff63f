//! The REST interactions that read (FHIR http.html): as links inside a base, and as calls.

use std::rc::Rc;

use super::base::{Base, Link};
use super::client::Client;
use super::credentials::Credentials;
use super::interaction::Interaction;
use super::pages::{First, Pages};
use crate::fhir::reference::{is_id, is_type};
use crate::fhir::{Identity, Instant};
use crate::host::{Clock, Transport};
use crate::{Code, Error, Result};

impl Base {
    /// Where the CapabilityStatement is.
    ///
    /// # Errors
    /// None for a base that was parsed.
    pub fn capabilities(&self) -> Result<Link> {
        self.below("metadata", Interaction::Capabilities)
    }

    /// Where the current version of a resource is; `reference` is `Type/id`.
    ///
    /// # Errors
    /// [`Code::BadInput`] when it is anything else.
    pub fn read(&self, reference: &str) -> Result<Link> {
        let sentence = "A read needs a reference such as Patient/123: a type and an id of at most \
                        64 letters, digits, - and .";
        self.below(&identity(reference, sentence)?, Interaction::Read)
    }

    /// Where one version of a resource is; `reference` is `Type/id/_history/version`.
    ///
    /// # Errors
    /// [`Code::BadInput`] when it is anything else.
    pub fn vread(&self, reference: &str) -> Result<Link> {
        let sentence = "A read of a version needs a reference such as Patient/123/_history/2.";
        let (of, version) = reference
            .split_once("/_history/")
            .ok_or_else(|| bad_input(sentence))?;
        let of = identity(of, sentence)?;
        if !is_id(version) || matches!(version, "." | "..") {
            return Err(bad_input(sentence));
        }
        self.below(&format!("{of}/_history/{version}"), Interaction::Vread)
    }

    /// Where a search begins; `search` is `Type` or `Type?query`. The query is passed on as it is;
    /// a space is encoded.
    ///
    /// # Errors
    /// [`Code::BadInput`] for another shape, and for control characters, other white space or `#`
    /// in the query.
    pub fn search(&self, search: &str) -> Result<Link> {
        let kind = search.split('?').next().unwrap_or_default();
        if !is_type(kind) {
            return Err(bad_input(
                "A search needs a resource type and a query, such as Observation?patient=123.",
            ));
        }
        if search.contains('#') {
            return Err(bad_input("A search can't have a #; write it as %23."));
        }
        self.below(&search.replace(' ', "%20"), Interaction::Search)
    }

    /// The same search by POST: where it goes, and the form that it brings (R9).
    ///
    /// # Errors
    /// Those of [`Base::search`].
    pub fn search_by_post(&self, search: &str) -> Result<(Link, Vec<u8>)> {
        self.search(search)?;
        let (kind, query) = search.split_once('?').unwrap_or((search, ""));
        let link = self.below(&format!("{kind}/_search"), Interaction::Search)?;
        Ok((link, form(query)))
    }

    /// Where a history begins; `of` is `Type/id`, `Type`, or `*` for the whole server. `since` is
    /// a FHIR instant (H10), `count` how many entries a page should have.
    ///
    /// # Errors
    /// [`Code::BadInput`] for any other target or time.
    pub fn history(&self, of: &str, since: Option<&str>, count: Option<u32>) -> Result<Link> {
        let sentence = "A history is of one resource (Patient/123), of a type (Patient) or of the \
                        whole server (*).";
        let mut relative = match of {
            "*" => "_history".to_owned(),
            kind if is_type(kind) => format!("{kind}/_history"),
            reference => format!("{}/_history", identity(reference, sentence)?),
        };
        let mut separator = '?';
        if let Some(since) = since {
            if Instant::parse(since).is_none() {
                return Err(bad_input(
                    "The time from which a history is wanted must be a FHIR instant with seconds \
                     and zone, such as 2026-01-31T08:00:00Z.",
                ));
            }
            relative += &format!("{separator}_since={}", since.replace('+', "%2B"));
            separator = '&';
        }
        if let Some(count) = count {
            relative += &format!("{separator}_count={count}");
        }
        self.below(&relative, Interaction::History)
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// The server's CapabilityStatement.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn capabilities(&self) -> Result<Vec<u8>> {
        let link = self.base().capabilities()?;
        self.fetch(&link).await
    }

    /// The current version of `Type/id`.
    ///
    /// # Errors
    /// Those of [`Base::read`] and [`Client::get`].
    pub async fn read(&self, reference: &str) -> Result<Vec<u8>> {
        let link = self.base().read(reference)?;
        self.fetch(&link).await
    }

    /// One version of a resource, `Type/id/_history/version`.
    ///
    /// # Errors
    /// Those of [`Base::vread`] and [`Client::get`].
    pub async fn vread(&self, reference: &str) -> Result<Vec<u8>> {
        let link = self.base().vread(reference)?;
        self.fetch(&link).await
    }

    /// The pages of a search of which the first comes by POST: [`Base::search_by_post`].
    ///
    /// # Errors
    /// Those of [`Base::search`]; nothing is requested yet.
    pub fn search_by_post(self: &Rc<Self>, search: &str) -> Result<Pages<T, C, K>> {
        let (link, form) = self.base().search_by_post(search)?;
        Ok(Pages::new(Rc::clone(self), link).beginning(First {
            form: Some(form),
            handling: None,
        }))
    }

    /// The pages of a search: [`Base::search`].
    ///
    /// # Errors
    /// Those of [`Base::search`]; nothing is requested yet.
    pub fn search(self: &Rc<Self>, search: &str) -> Result<Pages<T, C, K>> {
        let first = self.base().search(search)?;
        Ok(Pages::new(Rc::clone(self), first))
    }

    /// The pages of a history: [`Base::history`].
    ///
    /// # Errors
    /// Those of [`Base::history`]; nothing is requested yet.
    pub fn history(
        self: &Rc<Self>,
        of: &str,
        since: Option<&str>,
        count: Option<u32>,
    ) -> Result<Pages<T, C, K>> {
        let first = self.base().history(of, since, count)?;
        Ok(Pages::new(Rc::clone(self), first))
    }
}

/// `reference` again, if it is `Type/id`; else an error with `sentence`.
fn identity(reference: &str, sentence: &str) -> Result<String> {
    // `.` and `..` have the characters of an id, and a URL can't hold them as a segment.
    let identity = Identity::parse(reference).filter(|who| !matches!(who.id, "." | ".."));
    identity
        .map(|identity| identity.to_string())
        .ok_or_else(|| bad_input(sentence))
}

/// A query as the body of a form. What may stand in a browser's URL as it is and not in a form is
/// encoded; what is encoded already, and `+`, stay.
fn form(query: &str) -> Vec<u8> {
    let mut form = String::new();
    for byte in query.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => form.push(char::from(byte)),
            _ if b"-._~%&=+,:/$@*!'();?".contains(&byte) => form.push(char::from(byte)),
            _ => form += &format!("%{byte:02X}"),
        }
    }
    form.into_bytes()
}

pub(super) fn bad_input(sentence: &str) -> Error {
    Error::new(Code::BadInput, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::parse("https://x.org/fhir").unwrap()
    }

    fn below(link: Result<Link>) -> String {
        let link = link.unwrap();
        link.as_str()
            .strip_prefix("https://x.org/fhir/")
            .unwrap()
            .to_owned()
    }

    fn is_bad_input(link: Result<Link>) -> bool {
        link.is_err_and(|error| error.code() == Code::BadInput && error.message().ends_with('.'))
    }

    #[test]
    fn a_read_is_of_a_type_and_an_id() {
        assert_eq!(below(base().read("Patient/a-B.9")), "Patient/a-B.9");
        assert_eq!(below(base().capabilities()), "metadata");
        let long = format!("Patient/{}", "x".repeat(65));
        for reference in [
            "",
            "Patient",
            "Patient/",
            "/1",
            "patient/1",
            "Patient/1/_history/2",
            "Patient/1?x",
            "Patient/..",
            "Patient/.",
            "Patient/a b",
            "Patient/%2e",
            "Patient/ü",
            "../x",
            "https://x.org/fhir/Patient/1",
            &long,
        ] {
            assert!(is_bad_input(base().read(reference)), "{reference}");
        }
    }

    #[test]
    fn a_search_passes_its_query_on_as_it_is() {
        for search in [
            "Patient",
            "Patient?",
            "Observation?code=http://loinc.org|4548-4&_sort=-date",
            "Observation?value-quantity=gt5.4|http://unitsofmeasure.org|mg&note=a\\,b",
            "Patient?name=M\u{fc}ller",
        ] {
            assert_eq!(below(base().search(search)), search);
        }
        assert_eq!(
            below(base().search("Patient?name=Ann Lee")),
            "Patient?name=Ann%20Lee"
        );
        for search in [
            "",
            "?name=x",
            "patient?x",
            "Patient/1",
            "Patient/1/Observation?x",
            "*",
            "Patient#x",
            "Patient?a#b",
            "Patient?a=\n",
            "Patient?a=\tb",
            "Patient?a=\0",
            "Patient ?a",
            "../Patient?a",
            "Patient?a=\u{2028}",
        ] {
            assert!(is_bad_input(base().search(search)), "{search:?}");
        }
    }

    #[test]
    fn a_read_of_a_version_is_of_a_type_an_id_and_a_version() {
        let reference = "Patient/a-B.9/_history/2.x";
        assert_eq!(below(base().vread(reference)), reference);
        for reference in [
            "",
            "Patient/1",
            "Patient/1/_history",
            "Patient/1/_history/",
            "Patient/1/_history/..",
            "Patient/1/_history/2/3",
            "Patient/1/_history/2?x",
            "Patient/../_history/2",
            "Patient/_history/2",
            "patient/1/_history/2",
        ] {
            assert!(is_bad_input(base().vread(reference)), "{reference}");
        }
    }

    #[test]
    fn r9_a_search_by_post_has_its_query_in_the_form_and_none_of_it_in_the_url() {
        let by_post = |search| {
            let (link, form) = base().search_by_post(search).unwrap();
            (below(Ok(link)), String::from_utf8(form).unwrap())
        };
        let (url, form) = by_post("Patient?identifier=http://x.org/a|1 2&name=M\u{fc}\\,%20b+c");
        assert_eq!(url, "Patient/_search");
        assert_eq!(
            form,
            "identifier=http://x.org/a%7C1%202&name=M%C3%BC%5C,%20b+c"
        );
        assert_eq!(by_post("Patient").1, "");
        assert!(is_bad_input(
            base().search_by_post("Patient?a=\n").map(|it| it.0)
        ));
        assert!(is_bad_input(base().search_by_post("../x").map(|it| it.0)));
    }

    #[test]
    fn h10_a_history_is_of_a_resource_a_type_or_all_since_an_instant() {
        let history = |of, since, count| base().history(of, since, count);
        assert_eq!(below(history("*", None, None)), "_history");
        assert_eq!(
            below(history("Patient", None, Some(50))),
            "Patient/_history?_count=50"
        );
        assert_eq!(
            below(history(
                "Patient/1",
                Some("2020-01-01T00:00:00.5+02:00"),
                Some(9)
            )),
            "Patient/1/_history?_since=2020-01-01T00:00:00.5%2B02:00&_count=9"
        );
        for of in [
            "",
            "**",
            "patient",
            "Patient/",
            "Patient/..",
            "Patient/1/_history",
            "Patient?x",
        ] {
            assert!(is_bad_input(history(of, None, None)), "{of}");
        }
        for since in [
            "",
            "2020",
            "2020-01-01",
            "ge2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z&x=y",
        ] {
            assert!(is_bad_input(history("*", Some(since), None)), "{since}");
        }
    }
}
