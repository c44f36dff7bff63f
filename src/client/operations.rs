//! FHIR operations (operations.html): `$everything`, `$export`, any `$name`, by GET or POST.

use super::answer::Answer;
use super::ask::{Ask, Wants};
use super::base::{Base, Link};
use super::client::Client;
use super::credentials::Credentials;
use super::interaction::Interaction;
use super::interactions::bad_input;
use crate::Result;
use crate::fhir::Identity;
use crate::fhir::reference::is_type;
use crate::host::{Clock, Transport};

impl Base {
    /// Where an operation is: `$export?_type=Patient`, `Patient/$export` or
    /// `Patient/123/$everything?_since=...`. The query is passed on as that of a search.
    ///
    /// # Errors
    /// [`Code::BadInput`](crate::Code::BadInput) for another shape, and for control characters,
    /// other white space or `#` in the query.
    pub fn operation(&self, operation: &str) -> Result<Link> {
        let path = operation.split('?').next().unwrap_or_default();
        let (of, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let name = name.strip_prefix('$').unwrap_or_default();
        let of_resource = || Identity::parse(of).is_some_and(|who| !matches!(who.id, "." | ".."));
        let fits = !name.is_empty() && name.bytes().all(is_name);
        if !fits || path.starts_with('/') || !(of.is_empty() || is_type(of) || of_resource()) {
            return Err(bad_input(
                "An operation is of the server ($export), of a type (Patient/$export) or of a \
                 resource (Patient/123/$everything); its name has letters, digits and -.",
            ));
        }
        if operation.contains('#') {
            return Err(bad_input("An operation can't have a #; write it as %23."));
        }
        self.below(&operation.replace(' ', "%20"), Interaction::Operation)
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// Invokes an operation: by POST with `input`, a resource (Parameters or another) as JSON, else
    /// by GET. The answer's body is empty where there is none to be had (204, or 202 without one).
    ///
    /// # Errors
    /// Those of [`Base::operation`] and [`Client::ask`]. A POST is not repeated by itself once it
    /// may have arrived, since it may have changed something (R6).
    pub async fn operation(&self, operation: &str, input: Option<Vec<u8>>) -> Result<Answer> {
        let link = self.base().operation(operation)?;
        let ask = match input {
            Some(input) => Ask::post_resource(&link, input).once(),
            None => Ask::get(&link),
        };
        self.ask(&ask.wants(Wants::ResourceOrNothing)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn link(operation: &str) -> Result<Link> {
        Base::parse("https://x.org/fhir")?.operation(operation)
    }

    #[test]
    fn an_operation_is_of_the_server_a_type_or_a_resource() {
        for operation in [
            "$export?_type=Patient%2CObservation&_since=2020-01-01T00:00:00%2B02:00",
            "Patient/$export",
            "Patient/a.b-9/$everything?_count=10",
            "ValueSet/$validate-code?url=http://x.org/y|1",
        ] {
            let link = link(operation).unwrap();
            assert_eq!(link.as_str(), format!("https://x.org/fhir/{operation}"));
            assert_eq!(link.interaction(), Interaction::Operation);
        }
        for operation in [
            "",
            "$",
            "export",
            "/$export",
            "//$export",
            "Patient",
            "Patient/$",
            "Patient/1/everything",
            "patient/$export",
            "Patient/../$export",
            "Patient/1/_history/$meta",
            "$export/",
            "$export/x",
            "$ex%70ort",
            "$export#x",
            "$export?a#b",
            "$export?a=\n",
            "../$export",
            "https://x.org/fhir/$export",
        ] {
            let error = link(operation).unwrap_err();
            assert_eq!(error.code(), Code::BadInput, "{operation}");
        }
    }
}
