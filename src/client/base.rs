//! The server's base URL, and the links that lie inside it: the only ones that are ever requested.
//!
//! A [`Link`] can be made by a [`Base`] alone, so a token can't go anywhere else (L6).

use std::fmt;

use super::url::{Flaw, Url, has_scheme};
use crate::{Code, Error, Result};

/// The base URL of one FHIR server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    text: String,
}

/// What a link was made for; its errors say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interaction {
    /// `GET metadata`
    Capabilities,
    /// `GET Type/id`
    Read,
    /// `GET Type?...` and its further pages.
    Search,
    /// `GET [Type[/id]/]_history` and its further pages.
    History,
}

impl fmt::Display for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interaction::Capabilities => "a request for its capabilities",
            Interaction::Read => "a read",
            Interaction::Search => "a search",
            Interaction::History => "a request for history",
        })
    }
}

/// An absolute URL inside a server's base. It may carry identifiers: neither `Debug` nor any error
/// shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Link {
    url: String,
    interaction: Interaction,
}

impl Link {
    /// The URL, as a request wants it.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// What the link was made for.
    pub fn interaction(&self) -> Interaction {
        self.interaction
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.interaction).finish()
    }
}

impl Base {
    /// Reads the base URL that an application gives. Trailing slashes are dropped, scheme and host
    /// put in lower case, a port that the scheme implies left out; the path stays as it is.
    ///
    /// # Errors
    /// [`Code::BadInput`] when it is no absolute http(s) URL, or has a user, a query or a fragment.
    pub fn parse(text: &str) -> Result<Base> {
        let flaw = |flaw: Flaw| {
            let sentence = format!(
                "The server's base URL {flaw}; give one such as https://r4.example.org/fhir."
            );
            Error::new(Code::BadInput, sentence)
        };
        let url = Url::parse(text.trim()).map_err(flaw)?;
        if url.query.is_some() {
            return Err(flaw("has a query (?)"));
        }
        let path = url.path.trim_end_matches('/');
        let text = format!("{}{path}", url.origin());
        Ok(Base { text })
    }

    /// The base without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The link for what stands below the base: `metadata`, `Patient/1`, `Patient?name=x`.
    ///
    /// # Errors
    /// [`Code::BadInput`] when the result would not lie inside the base.
    pub(super) fn below(&self, relative: &str, interaction: Interaction) -> Result<Link> {
        let url = format!("{}/{relative}", self.text);
        self.enclose(&url).map_err(|flaw| {
            let sentence =
                format!("The URL for {interaction} of {self} would be wrong: it {flaw}.");
            Error::new(Code::BadInput, sentence)
        })?;
        Ok(Link { url, interaction })
    }

    /// The link that the server handed out in its answer to `request`: absolute, path-absolute or
    /// relative to that request (P1). An absolute one is kept byte for byte.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] when it leads out of the base (L6, P7, S1), or when a browser could
    /// read it in another way than this crate.
    pub fn resolve(&self, request: &Link, link: &str) -> Result<Link> {
        let interaction = request.interaction;
        let url = join(&request.url, link).and_then(|url| self.enclose(&url).map(|()| url));
        let url = url.map_err(|flaw| {
            let sentence = format!(
                "{self} answered {interaction} with a link that is not followed: it {flaw}{}. \
                 The server's settings should name the base that clients use.",
                elsewhere(link)
            );
            Error::new(Code::RefusedLink, sentence)
        })?;
        Ok(Link { url, interaction })
    }

    /// That `link` is one of this base and of no other.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] otherwise.
    pub(super) fn check(&self, link: &Link) -> Result<()> {
        self.enclose(&link.url).map_err(|flaw| {
            let sentence = format!("A link is not for {self}: it {flaw}.");
            Error::new(Code::RefusedLink, sentence)
        })
    }

    fn enclose(&self, text: &str) -> std::result::Result<(), Flaw> {
        let (base, url) = (Url::parse(&self.text)?, Url::parse(text)?);
        if base.https && !url.https {
            return Err("goes from https to http");
        }
        if !url.same_origin(&base) {
            return Err("leads to another origin");
        }
        match url.path.strip_prefix(base.path) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => Ok(()),
            _ => Err("leads to a path outside the server's base"),
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The absolute URL that `link` stands for in an answer to `request` (RFC 3986 section 5.2, without
/// the dot segments, which are refused later).
fn join(request: &str, link: &str) -> std::result::Result<String, Flaw> {
    if has_scheme(link) {
        return Ok(link.to_owned());
    }
    if link.is_empty() {
        return Err("is empty");
    }
    if link.starts_with("//") {
        return Err("leaves out its scheme (//)");
    }
    let base = Url::parse(request)?;
    let (origin, path) = (base.origin(), base.path);
    if link.starts_with('/') {
        return Ok(format!("{origin}{link}"));
    }
    if link.starts_with('?') {
        return Ok(format!("{origin}{path}{link}"));
    }
    let directory = path.rfind('/').map_or("/", |slash| &path[..=slash]);
    Ok(format!("{origin}{directory}{link}"))
}

/// Names where a link leads, if that is plain: a server behind a proxy often hands out its inner
/// name, and whoever runs it has to know which. Path and query are not shown.
fn elsewhere(link: &str) -> String {
    match Url::parse(link) {
        Ok(url) => format!(" ({})", url.origin()),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::parse("https://good.example/fhir").unwrap()
    }

    #[test]
    fn a_base_is_normalised_where_that_changes_nothing() {
        for text in [
            "https://good.example/fhir",
            "https://good.example/fhir/",
            "https://good.example/fhir//",
            " HTTPS://GOOD.example:443/fhir\n",
        ] {
            assert_eq!(Base::parse(text).unwrap(), base(), "{text}");
        }
        let kept = |text: &str| Base::parse(text).unwrap().text;
        assert_eq!(
            kept("http://[::1]:8080/Fhir/R4/"),
            "http://[::1]:8080/Fhir/R4"
        );
        assert_eq!(kept("https://x.org/"), "https://x.org");
        assert_eq!(kept("http://localhost:443"), "http://localhost:443");
    }

    #[test]
    fn a_base_that_cannot_be_is_refused_with_a_sentence_that_repeats_none_of_it() {
        for text in [
            "",
            "fhir",
            "/fhir",
            "good.example/fhir",
            "ftp://good.example/fhir",
            "https:///fhir",
            "https://user:secret@good.example/fhir",
            "https://good.example/fhir?secret=1",
            "https://good.example/fhir#secret",
            "https://good.example/a/../fhir",
            "https://good.example/fh ir",
            "https:\\\\good.example\\fhir",
        ] {
            let error = Base::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::BadInput, "{text}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_link_shows_no_identifier_when_it_is_printed() {
        let link = base().read("Patient/secret").unwrap();
        assert_eq!(link.as_str(), "https://good.example/fhir/Patient/secret");
        assert_eq!(format!("{link:?}"), "Link(Read)");
    }
}
