//! Tokens: codes, identifiers, booleans, and whatever else is matched as a whole
//! (R5 search.html#token).

use serde_json::Value;

use super::Refusal;
use super::escape::{split, unescape};

/// A code and the system it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) system: Option<String>,
    pub(crate) code: Option<String>,
}

/// The tokens of an element. `implied` is the system that its parameter's codes are from.
pub(crate) fn tokens(value: &Value, implied: Option<&str>) -> Vec<Token> {
    let alone = |code: String, system: Option<&str>| Token {
        system: system.map(String::from),
        code: Some(code),
    };
    let text = |name: &str| value[name].as_str();
    match value {
        Value::String(code) => vec![alone(code.clone(), implied)],
        Value::Bool(truth) => vec![alone(truth.to_string(), None)],
        Value::Number(number) => vec![alone(number.to_string(), None)],
        Value::Object(_) if value.get("coding").is_some() => {
            let codings = value["coding"].as_array().into_iter().flatten();
            codings.flat_map(|coding| tokens(coding, None)).collect()
        }
        // A ContactPoint's system is no URI.
        Value::Object(_) if is_contact_point(value) => {
            let value = text("value").map(String::from);
            value.map(|value| alone(value, None)).into_iter().collect()
        }
        Value::Object(_) => {
            let (system, code) = (text("system"), text("code").or(text("value")));
            let token = Token {
                system: system.map(String::from),
                code: code.map(String::from),
            };
            let is_something = system.is_some() || code.is_some();
            is_something.then_some(token).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn is_contact_point(value: &Value) -> bool {
    const SYSTEMS: [&str; 7] = ["phone", "fax", "email", "pager", "url", "sms", "other"];
    const USES: [&str; 3] = ["home", "work", "mobile"];
    let is_one_of = |name: &str, known: &[&str]| {
        let text = value[name].as_str();
        text.is_some_and(|text| known.contains(&text))
    };
    is_one_of("system", &SYSTEMS) || is_one_of("use", &USES) || value.get("rank").is_some()
}

/// What stands beside a code for people to read.
pub(crate) fn displays(value: &Value) -> Vec<&str> {
    let codings = value["coding"].as_array().into_iter().flatten();
    let displays = codings.map(|coding| &coding["display"]);
    let own = [
        &value["text"],
        &value["display"],
        &value["type"]["text"],
        &value["assigner"]["display"],
    ];
    displays.chain(own).filter_map(Value::as_str).collect()
}

/// A token that is searched: `code`, `system|code`, `|code` or `system|`.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// `None`: any; `Some(None)`: there must be none.
    system: Option<Option<String>>,
    code: Option<String>,
}

impl Search {
    pub(crate) fn parse(value: &str) -> Result<Search, Refusal> {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        match split(value, '|')[..] {
            [code] => Ok(Search {
                system: None,
                code: Some(unescape(code)?),
            }),
            ["", ""] => Err(Refusal::BadInput("a value is nothing but a bar".into())),
            [system, code] => Ok(Search {
                system: Some(filled(unescape(system)?)),
                code: filled(unescape(code)?),
            }),
            _ => Err(Refusal::BadInput("a value has too many bars".into())),
        }
    }

    pub(crate) fn holds(&self, token: &Token) -> bool {
        let code = self.code.is_none() || self.code == token.code;
        let system = self.system.as_ref();
        code && system.is_none_or(|system| *system == token.system)
    }

    /// The system and the code, where both or the code alone were given.
    pub(crate) fn concept(&self) -> Option<(Option<&str>, &str)> {
        let system = self.system.as_ref().and_then(Option::as_deref);
        Some((system, self.code.as_deref()?))
    }
}

/// `system|code|value` of `:of-type`: all three of one Identifier.
pub(crate) fn of_type(value: &str) -> Result<impl Fn(&Value) -> bool + use<>, Refusal> {
    let [system, code, number] = split(value, '|')[..] else {
        return Err(Refusal::BadInput("a value is no system|code|value".into()));
    };
    let (system, code, number) = (unescape(system)?, unescape(code)?, unescape(number)?);
    if system.is_empty() || code.is_empty() || number.is_empty() {
        return Err(Refusal::BadInput(
            "all of system|code|value must be there".into(),
        ));
    }
    let wanted = Token {
        system: Some(system),
        code: Some(code),
    };
    Ok(move |identifier: &Value| {
        identifier["value"] == number.as_str()
            && tokens(&identifier["type"], None).contains(&wanted)
    })
}
