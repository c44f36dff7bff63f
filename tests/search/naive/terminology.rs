//! Value sets and code systems among the resources: `:in`, `:not-in`, `:above` and `:below` of a
//! token (R5 search.html#modifiers).

use serde_json::Value;

use super::reference::{Target, target};
use super::token::Token;
use super::{Refusal, Server};

impl Server {
    /// The value set of that address, own or canonical.
    pub(crate) fn value_set(&self, uri: &str) -> Result<&Value, Refusal> {
        let wanted = target(&self.base, &Value::String(uri.to_string()));
        let found = wanted.and_then(|wanted| {
            let mut sets = self.of_type("ValueSet");
            sets.find(|set| self.is_target(&wanted, set))
        });
        found.ok_or_else(|| Refusal::Unsupported("a value set that is not there".into()))
    }

    /// Whether a value set has a code. Its expansion decides where it has one.
    pub(crate) fn is_in(&self, set: &Value, token: &Token) -> Result<bool, Refusal> {
        if let Some(all) = set["expansion"]["contains"].as_array() {
            return Ok(all.iter().any(|one| is_expanded(one, token)));
        }
        if set["compose"]["include"].as_array().is_none() {
            return Err(Refusal::Unsupported(
                "a value set that lists no codes".into(),
            ));
        }
        let any = |name: &str| {
            let parts = set["compose"][name].as_array().into_iter().flatten();
            let parts = parts.map(|part| self.is_in_part(part, token));
            let parts: Result<Vec<bool>, Refusal> = parts.collect();
            Ok(parts?.contains(&true))
        };
        Ok(any("include")? && !any("exclude")?)
    }

    /// All that one `include` or `exclude` says must hold.
    fn is_in_part(&self, part: &Value, token: &Token) -> Result<bool, Refusal> {
        if part.get("filter").is_some() {
            return Err(Refusal::Unsupported("a value set with filters".into()));
        }
        let mut holds = true;
        if let Some(system) = part["system"].as_str() {
            holds &= token.system.as_deref() == Some(system);
        }
        if let Some(concepts) = part["concept"].as_array() {
            let mut codes = concepts.iter().map(|concept| concept["code"].as_str());
            holds &= codes.any(|code| code.is_some() && code == token.code.as_deref());
        }
        for set in part["valueSet"].as_array().into_iter().flatten() {
            let set = self.value_set(set.as_str().unwrap_or_default())?;
            holds &= self.is_in(set, token)?;
        }
        Ok(holds && token.code.is_some())
    }

    /// The codes below a concept (`above`: above it), itself included, by the hierarchy that a
    /// code system lists. Without a system every code system is looked at that has the code.
    pub(crate) fn related(
        &self,
        system: Option<&str>,
        code: &str,
        above: bool,
    ) -> Result<Vec<Token>, Refusal> {
        let mut found = Vec::new();
        let mut known = false;
        for codes in self.of_type("CodeSystem") {
            let url = codes["url"].as_str();
            if url.is_none() || system.is_some() && system != url {
                continue;
            }
            let mut way = Vec::new();
            let mut lines = Vec::new();
            lines_down(&codes["concept"], &mut way, &mut lines);
            // Each line leads from a root to a concept; of two on one line the former is above.
            for line in lines {
                let (last, all) = (line[line.len() - 1], line.contains(&code));
                known |= last == code;
                let related: Vec<&str> = match above {
                    true if last == code => line,
                    false if all => vec![last],
                    _ => Vec::new(),
                };
                found.extend(related.into_iter().map(|code| Token {
                    system: url.map(String::from),
                    code: Some(code.to_string()),
                }));
            }
        }
        let unknown = || Refusal::Unsupported("a code whose hierarchy is not there".into());
        known.then_some(found).ok_or_else(unknown)
    }

    /// Whether `resource` is what a reference points to.
    pub(crate) fn is_target(&self, wanted: &Target, resource: &Value) -> bool {
        match wanted {
            Target::Own { kind, id, .. } => {
                resource["resourceType"] == kind.as_str() && resource["id"] == id.as_str()
            }
            Target::Url { url, version } => {
                let same = version
                    .as_ref()
                    .is_none_or(|it| resource["version"] == it.as_str());
                same && resource["url"] == url.as_str()
            }
        }
    }
}

fn is_expanded(entry: &Value, token: &Token) -> bool {
    let same = |name: &str, other: &Option<String>| entry[name].as_str() == other.as_deref();
    let itself = entry["abstract"] != true
        && token.code.is_some()
        && same("system", &token.system)
        && same("code", &token.code);
    let mut within = entry["contains"].as_array().into_iter().flatten();
    itself || within.any(|entry| is_expanded(entry, token))
}

/// For each concept the codes from its root down to itself.
fn lines_down<'v>(concepts: &'v Value, way: &mut Vec<&'v str>, lines: &mut Vec<Vec<&'v str>>) {
    for concept in concepts.as_array().into_iter().flatten() {
        let Some(code) = concept["code"].as_str() else {
            continue;
        };
        way.push(code);
        lines.push(way.clone());
        lines_down(&concept["concept"], way, lines);
        way.pop();
    }
}
