//! A request, taken apart.

use fhir_pull::host::Request;

use super::BASE;

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    /// Its segments after the base.
    pub(crate) path: Vec<String>,
    /// Decoded, in their order.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn of(request: &Request) -> Asked {
        let below = request.url.strip_prefix(BASE).unwrap();
        let header = |name: &str| request.headers.iter().find(|(it, _)| *it == name);
        Asked {
            method: request.method,
            if_none_match: header("if-none-match").map(|(_, value)| value.clone()),
            body: request.body.clone().unwrap_or_default(),
            ..Asked::below(below)
        }
    }

    /// A GET of what stands below the base.
    pub(crate) fn below(relative: &str) -> Asked {
        let (path, query) = relative.split_once('?').unwrap_or((relative, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Asked {
            method: "GET",
            path: segments.map(str::to_string).collect(),
            parameters: pairs.map(pair).collect(),
            if_none_match: None,
            body: Vec::new(),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name).map(|text| text.parse().unwrap())
    }

    /// Sets a parameter, or takes it away.
    pub(crate) fn set(&mut self, name: &str, value: Option<String>) {
        self.parameters.retain(|(it, _)| it != name);
        self.parameters
            .extend(value.map(|value| (name.to_string(), value)));
    }

    /// As a URL again.
    pub(crate) fn url(&self) -> String {
        let mut url = format!("{BASE}/{}", self.path.join("/"));
        for (at, (name, value)) in self.parameters.iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            url += &format!(
                "{name}={}",
                value
                    .replace('%', "%25")
                    .replace('&', "%26")
                    .replace('+', "%2B")
            );
        }
        url
    }
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(|_| *byte == b'%')
        {
            Some(escaped) => {
                bytes.push(escaped);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
