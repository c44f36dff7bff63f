//! The text of a `_filter`, read (R5 search_filter.html, the grammar).

use super::Refusal;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Test {
        path: Vec<Step>,
        operator: String,
        value: String,
    },
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
}

/// One name of a path, and what must hold for the resource that it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) filter: Option<Filter>,
}

pub(super) fn read(text: &str) -> Result<Filter, Refusal> {
    let mut reader = Reader { rest: text };
    let filter = reader.filter()?;
    match reader.rest.trim() {
        "" => Ok(filter),
        _ => Err(bad("something follows")),
    }
}

fn bad(what: &str) -> Refusal {
    Refusal::BadInput(format!("`_filter` is not understood: {what}"))
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    /// "Evaluated left to right, with no precedence between and and or."
    fn filter(&mut self) -> Result<Filter, Refusal> {
        let mut left = self.term()?;
        loop {
            if self.keyword("and") {
                left = Filter::And(Box::new(left), Box::new(self.term()?));
            } else if self.keyword("or") {
                left = Filter::Or(Box::new(left), Box::new(self.term()?));
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<Filter, Refusal> {
        if self.keyword("not") {
            self.want("(")?;
            return Ok(Filter::Not(Box::new(self.group()?)));
        }
        match self.take("(") {
            true => self.group(),
            false => self.test(),
        }
    }

    fn group(&mut self) -> Result<Filter, Refusal> {
        let filter = self.filter()?;
        self.want(")")?;
        Ok(filter)
    }

    fn test(&mut self) -> Result<Filter, Refusal> {
        let mut path = Vec::new();
        loop {
            let name = self.word(|c| c.is_ascii_alphanumeric() || "_-:".contains(c))?;
            let filter = match self.rest.strip_prefix('[') {
                None => None,
                Some(rest) => {
                    self.rest = rest;
                    let filter = self.filter()?;
                    self.want("]")?;
                    Some(filter)
                }
            };
            path.push(Step {
                name: name.to_string(),
                filter,
            });
            match self.rest.strip_prefix('.') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        let operator = self.word(|c| c.is_ascii_lowercase())?.to_string();
        let value = self.value()?;
        if value.trim().is_empty() {
            return Err(bad("a value is empty"));
        }
        Ok(Filter::Test {
            path,
            operator,
            value,
        })
    }

    fn value(&mut self) -> Result<String, Refusal> {
        self.rest = self.rest.trim_start();
        if !self.rest.starts_with('"') {
            let token = self.word(|c| !c.is_whitespace() && c != ')' && c != ']')?;
            return Ok(token.to_string());
        }
        let mut read = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        let text = read.next().and_then(Result::ok);
        self.rest = &self.rest[read.byte_offset()..];
        text.ok_or_else(|| bad("a string has no end"))
    }

    fn word(&mut self, fits: impl Fn(char) -> bool) -> Result<&'t str, Refusal> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        (!word.is_empty())
            .then_some(word)
            .ok_or_else(|| bad("a word is missing"))
    }

    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn want(&mut self, sign: &str) -> Result<(), Refusal> {
        let there = self.take(sign);
        there
            .then_some(())
            .ok_or_else(|| bad(&format!("`{sign}` is missing")))
    }

    /// A word that ends where it ends: `not` is none in `notes`.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(word);
        let rest = rest.filter(|rest| rest.starts_with([' ', '(']));
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }
}
