//! The server's base URL, and the links that lie inside it: the only ones that are ever requested.
//!
//! A [`Link`] can be made by a [`Base`] alone, so a token can't go anywhere else (L6).

use std::fmt;

use super::interaction::Interaction;
use super::url::{Flaw, Url, has_scheme};
use crate::{Code, Error, Result};

/// The base URL of one FHIR server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    text: String,
    /// Bases that the server gives for its own in links, normalised like it (P7).
    aliases: Vec<String>,
    /// Where files of an export may be besides.
    file_origins: Vec<String>,
}

/// An absolute URL inside a server's base. It may carry identifiers: neither `Debug` nor any error
/// shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Link {
    url: String,
    interaction: Interaction,
    /// Whether it lies outside the base, where an application allows that (files of an export).
    elsewhere: bool,
}

impl Link {
    /// The URL, as a request wants it.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Whether it leads out of the base, so that it never gets the token.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.elsewhere
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
        let text = normal(text).map_err(|flaw| {
            let sentence = format!(
                "The server's base URL {flaw}; give one such as https://r4.example.org/fhir."
            );
            Error::new(Code::BadInput, sentence)
        })?;
        Ok(Base {
            text,
            aliases: Vec::new(),
            file_origins: Vec::new(),
        })
    }

    /// The same base, whose server may also give links that begin with one of these: the bases by
    /// which it knows itself behind a proxy (P7). Such a link is followed at the base itself;
    /// nothing is ever sent to an alias.
    ///
    /// # Errors
    /// [`Code::BadInput`] when one is no base URL.
    pub fn with_aliases(mut self, aliases: Vec<String>) -> Result<Base> {
        let aliases = aliases.iter().map(|alias| normal(alias));
        self.aliases = aliases.collect::<std::result::Result<_, _>>().map_err(|flaw| {
            let sentence = format!(
                "One of the aliases {flaw}; each is a base URL such as http://fhir.internal:8080/fhir."
            );
            Error::new(Code::BadInput, sentence)
        })?;
        Ok(self)
    }

    /// The same base, whose exports may have their files at these origins too. Requests there never
    /// carry the token.
    ///
    /// # Errors
    /// [`Code::BadInput`] when one is no origin, or is http where the base is https.
    pub fn with_file_origins(mut self, origins: Vec<String>) -> Result<Base> {
        for origin in &origins {
            let fits = Url::parse(origin).is_ok_and(|url| {
                url.query.is_none()
                    && matches!(url.path, "" | "/")
                    && (url.https || self.text.starts_with("http:"))
            });
            if !fits {
                let sentence = "An origin for the files of an export is such as \
                                https://files.example.org, and https where the base is.";
                return Err(Error::new(Code::BadInput, sentence));
            }
        }
        self.file_origins = origins;
        Ok(self)
    }

    /// The base without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The base and its aliases: all that a server may begin its own URLs with (P7).
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.text)
            .chain(&self.aliases)
            .map(String::as_str)
    }

    /// The link of the base itself, where a batch goes.
    pub(super) fn itself(&self) -> Link {
        Link {
            url: self.text.clone(),
            interaction: Interaction::Batch,
            elsewhere: false,
        }
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
        Ok(Link {
            url,
            interaction,
            elsewhere: false,
        })
    }

    /// The link that the server handed out in its answer to `request`: absolute, path-absolute or
    /// relative to that request (P1). An absolute one is kept byte for byte.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] when it leads out of the base (L6, P7, S1), or when a browser could
    /// read it in another way than this crate.
    pub fn resolve(&self, request: &Link, link: &str) -> Result<Link> {
        self.resolve_as(request, link, request.interaction)
    }

    /// The same, for a link that is for something else than the request was.
    pub(super) fn resolve_as(
        &self,
        request: &Link,
        link: &str,
        interaction: Interaction,
    ) -> Result<Link> {
        let url = join(&request.url, link).and_then(|url| {
            let url = self.without_alias(&url).unwrap_or(url);
            self.enclose(&url).map(|()| url)
        });
        let url = url.map_err(|flaw| {
            let sentence = format!(
                "{self} answered {} with a link that is not followed: it {flaw}{}. \
                 Give the base that it begins with as an alias (aliases), if that is this server by \
                 another name; better, its settings name the base that clients use.",
                request.interaction,
                elsewhere(link)
            );
            Error::new(Code::RefusedLink, sentence)
        })?;
        Ok(Link {
            url,
            interaction,
            elsewhere: false,
        })
    }

    /// That `link` is one of this base and of no other.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] otherwise.
    pub(super) fn check(&self, link: &Link) -> Result<()> {
        if link.elsewhere && self.file_elsewhere(&link.url).is_some() {
            return Ok(());
        }
        self.enclose(&link.url).map_err(|flaw| {
            let sentence = format!("A link is not for {self}: it {flaw}.");
            Error::new(Code::RefusedLink, sentence)
        })
    }

    /// The link of a file at one of the origins for them, outside of the base.
    pub(super) fn file_elsewhere(&self, url: &str) -> Option<Link> {
        let mut origins = self.file_origins.iter();
        let allowed = origins.any(|origin| below(origin.trim_end_matches('/'), url).is_ok());
        let elsewhere = allowed && self.enclose(url).is_err() && self.without_alias(url).is_none();
        elsewhere.then(|| Link {
            url: url.to_owned(),
            interaction: Interaction::BulkFile,
            elsewhere,
        })
    }

    /// `url` with the alias that it begins with exchanged for the base; the rest byte for byte.
    fn without_alias(&self, url: &str) -> Option<String> {
        let below = self.aliases.iter().find_map(|alias| below(alias, url).ok());
        below.map(|below| format!("{}{below}", self.text))
    }

    fn enclose(&self, text: &str) -> std::result::Result<(), Flaw> {
        below(&self.text, text).map(drop)
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text of a base URL, normalised.
fn normal(text: &str) -> std::result::Result<String, Flaw> {
    let url = Url::parse(text.trim())?;
    if url.query.is_some() {
        return Err("has a query (?)");
    }
    Ok(format!(
        "{}{}",
        url.origin(),
        url.path.trim_end_matches('/')
    ))
}

/// What follows the base in a URL that lies inside it: path and query.
fn below<'a>(base: &str, text: &'a str) -> std::result::Result<&'a str, Flaw> {
    let (base, url) = (Url::parse(base)?, Url::parse(text)?);
    if base.https && !url.https {
        return Err("goes from https to http");
    }
    if !url.same_origin(&base) {
        return Err("leads to another origin");
    }
    match url.path.strip_prefix(base.path) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let query = url.query.map_or(0, |query| query.len() + 1);
            Ok(&text[text.len() - query - rest.len()..])
        }
        _ => Err("leads to a path outside the server's base"),
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

    #[test]
    fn p7_a_link_of_an_alias_is_followed_at_the_base_and_its_rest_kept_byte_for_byte() {
        let aliases = ["http://inner:8080/r4/", "https://old.example"];
        let base = base()
            .with_aliases(aliases.map(str::to_owned).into())
            .unwrap();
        let first = base.search("Patient").unwrap();
        let followed = |link: &str| base.resolve(&first, link).map(|link| link.url);
        for (link, below) in [
            (
                "http://inner:8080/r4?_getpages=a%7C|b&x=%2e",
                "?_getpages=a%7C|b&x=%2e",
            ),
            ("HTTP://INNER:8080/r4/Patient?a=/r4/?", "/Patient?a=/r4/?"),
            ("https://old.example/Patient/1", "/Patient/1"),
            ("https://good.example/fhir/x", "/x"),
            ("?page=2", "/Patient?page=2"),
        ] {
            let expected = format!("https://good.example/fhir{below}");
            assert_eq!(followed(link).as_deref(), Ok(&*expected), "{link}");
        }
        for link in [
            "http://inner/r4?a",
            "https://inner:8080/r4?a",
            "http://inner:8080/r4x?a",
            "http://inner:8080/?a",
            "http://inner:8080/r4/../x",
            "http://user@inner:8080/r4?a",
            "http://old.example/Patient/1",
            "https://evil.example/r4?a",
            "/r4?a",
        ] {
            let error = followed(link).unwrap_err();
            assert_eq!(error.code(), Code::RefusedLink, "{link}");
            assert!(error.message().contains("(aliases)"), "{error}");
        }
    }

    #[test]
    fn p7_an_alias_is_a_base_url() {
        for alias in [
            "",
            "inner",
            "ftp://inner/fhir",
            "http://inner/fhir?x",
            "http://u:secret@inner",
        ] {
            let error = base().with_aliases(vec![alias.to_owned()]).unwrap_err();
            assert_eq!(error.code(), Code::BadInput, "{alias}");
            assert!(!error.message().contains("secret"), "{error}");
        }
    }

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
