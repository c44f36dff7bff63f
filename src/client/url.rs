//! The http(s) URLs that a browser's parser and this crate are sure to read alike; no others.
//!
//! A browser repairs what it is given (WHATWG URL): it drops tabs and newlines, turns `\` into `/`,
//! resolves `%2e%2e`, decodes hosts. Whatever would be repaired in a way that changes where a
//! request goes is refused here, so that the check of a link and the request that follows it can't
//! differ (L6, S1). The text itself is never rewritten (P1).

/// An absolute http(s) URL in its parts, as they stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// Whether the scheme is `https`; else it is `http`.
    pub(super) https: bool,
    /// The host, in the case it was given in; an IPv6 address with its brackets.
    pub(super) host: &'a str,
    /// The port, whether given or the scheme's own.
    pub(super) port: u16,
    /// Empty, or from the first `/`.
    pub(super) path: &'a str,
    /// What follows the `?`, if there is one.
    pub(super) query: Option<&'a str>,
}

/// Why a URL is not taken: the end of a sentence that begins with "it".
pub(super) type Flaw = &'static str;

impl<'a> Url<'a> {
    /// Takes an absolute http(s) URL apart.
    pub(super) fn parse(text: &'a str) -> Result<Url<'a>, Flaw> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err("has white space or control characters");
        }
        if text.contains('#') {
            return Err("has a fragment (#)");
        }
        let (https, rest) = scheme(text).ok_or("is not an absolute http or https URL")?;
        let (rest, query) = match rest.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = host_and_port(authority)?;
        check_path(path)?;
        Ok(Url {
            https,
            host,
            port: port.unwrap_or(if https { 443 } else { 80 }),
            path,
            query,
        })
    }

    /// Whether both go to the same scheme, host and port.
    pub(super) fn same_origin(&self, other: &Url<'_>) -> bool {
        self.https == other.https
            && self.port == other.port
            && self.host.eq_ignore_ascii_case(other.host)
    }

    /// Scheme, host and port, in lower case and without a port that the scheme implies.
    pub(super) fn origin(&self) -> String {
        let (scheme, own_port) = if self.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        let host = self.host.to_ascii_lowercase();
        if self.port == own_port {
            return format!("{scheme}://{host}");
        }
        format!("{scheme}://{host}:{}", self.port)
    }
}

/// Whether a reader of URLs would take `text` to begin with a scheme.
pub(super) fn has_scheme(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether the scheme is https, and what follows its `//`.
fn scheme(text: &str) -> Option<(bool, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    if scheme.eq_ignore_ascii_case("https") {
        return Some((true, rest));
    }
    scheme.eq_ignore_ascii_case("http").then_some((false, rest))
}

fn host_and_port(authority: &str) -> Result<(&str, Option<u16>), Flaw> {
    if authority.contains('@') {
        return Err("names a user before its host (@)");
    }
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(end);
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let is_address = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let clean = match host.strip_prefix('[') {
        Some(address) => {
            let address = address.strip_suffix(']').unwrap_or_default();
            !address.is_empty() && address.bytes().all(is_address)
        }
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    if !clean {
        return Err("has no host, or one with characters other than letters, digits, - and .");
    }
    let Some(digits) = port.strip_prefix(':') else {
        return if port.is_empty() {
            Ok((host, None))
        } else {
            Err("has a broken port")
        };
    };
    let all_digits = digits.bytes().all(|b| b.is_ascii_digit());
    let port = digits.parse().ok().filter(|_| all_digits);
    port.map(|port| (host, Some(port)))
        .ok_or("has a broken port")
}

/// That no reader, the server and what stands before it included, can take the path for another.
fn check_path(path: &str) -> Result<(), Flaw> {
    let is_path = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&b);
    if !path.bytes().all(is_path) {
        return Err("has a path with characters that a URL can't have");
    }
    for (at, _) in path.match_indices('%') {
        let digits = path.get(at + 1..at + 3).unwrap_or_default();
        let byte = u8::from_str_radix(digits, 16).ok();
        let byte = byte.filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        // An encoded dot, slash or percent sign is decoded by some and not by others.
        match byte {
            None => return Err("has a path with a broken percent-encoding"),
            Some(b'.' | b'/' | b'\\' | b'%' | 0..=0x1f | 0x7f) => {
                return Err("hides a dot, a slash or a control character by percent-encoding");
            }
            Some(_) => {}
        }
    }
    // Some servers cut `;...` off a segment before they look for dots in it.
    let mut segments = path.split('/').map(|s| s.split(';').next().unwrap_or(s));
    if segments.any(|segment| matches!(segment, "." | "..")) {
        return Err("climbs by dot segments");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_url_comes_apart_into_what_it_says() {
        let url = Url::parse("HTTPS://R4.example.org:8443/fhir/Patient?a=b?c://d@e").unwrap();
        assert!(url.https);
        assert_eq!((url.host, url.port), ("R4.example.org", 8443));
        assert_eq!(url.path, "/fhir/Patient");
        assert_eq!(url.query, Some("a=b?c://d@e"));
        assert_eq!(url.origin(), "https://r4.example.org:8443");
        assert_eq!(
            Url::parse("http://[::1]:80").unwrap().origin(),
            "http://[::1]"
        );
        assert_eq!(Url::parse("http://x?q").unwrap().path, "");
    }

    #[test]
    fn s1_what_two_parsers_could_read_differently_is_refused() {
        for text in [
            "",
            "https",
            "https:",
            "https:/",
            "https://",
            "https:///x",
            "https:x.org",
            "https:/x.org",
            "https:\\\\x.org",
            "https:/\\x.org",
            "https://x.org\\@evil",
            "https://x.org\\fhir",
            "https://x.org/fhir\\..\\y",
            "ftp://x.org",
            "javascript://x.org/%0aalert(1)",
            "//x.org/fhir",
            " https://x.org",
            "https://x.org ",
            "https://x.org/a b",
            "https://x.org/\t",
            "ht\ntps://x.org",
            "https://x.org/fhir\0",
            "https://x.org/a\u{a0}b",
            "https://x.org/?q\u{2028}",
            "https://u@x.org",
            "https://u:p@x.org",
            "https://@x.org",
            "https://x.org#f",
            "https://x.org/?a#f",
            "https://x%2eorg",
            "https://x.org%00",
            "https://bücher.example",
            "https://x。org",
            "https://x.org:",
            "https://x.org:x",
            "https://x.org:+80",
            "https://x.org:65536",
            "https://x.org:80:80",
            "https://[::1",
            "https://::1",
            "https://[]",
            "https://[::1]x",
            "https://[::1%25eth0]",
            "https://a[::1]",
            "https://x.org/.",
            "https://x.org/..",
            "https://x.org/a/../b",
            "https://x.org/a/./b",
            "https://x.org/%2e%2e/b",
            "https://x.org/.%2E/b",
            "https://x.org/%2e",
            "https://x.org/a%2fb",
            "https://x.org/a%5Cb",
            "https://x.org/%252e%252e/b",
            "https://x.org/%00",
            "https://x.org/%0d%0aa",
            "https://x.org/..;/b",
            "https://x.org/..;a=b/b",
            "https://x.org/%",
            "https://x.org/%2",
            "https://x.org/%+1",
            "https://x.org/%zz",
            "https://x.org/ü",
            "https://x.org/<a>",
            "https://x.org/a|b",
            "https://x.org/{a}",
        ] {
            assert!(Url::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn p1_a_query_may_hold_anything_that_stays_in_the_query() {
        for query in [
            "a=/../..",
            "a=%2e%2e",
            "a=http://b@c|d",
            "a=b\\,c",
            "a=ü",
            "a={b}",
            "",
            "?",
        ] {
            let text = format!("https://x.org/fhir?{query}");
            assert_eq!(Url::parse(&text).unwrap().query, Some(query));
        }
    }
}
