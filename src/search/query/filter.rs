//! The text of a `_filter`, read by the grammar of R5 search_filter.html.
//!
//! Expressions go left to right, `and` before `or` no more than `or` before `and`.

use std::borrow::Cow;

use crate::fhir::json::Scanner;
use crate::search::matcher::bad;
use crate::{Error, Result};

/// How deep brackets, and turns between `and` and `or`, may nest.
const DEEPEST: usize = 50;

/// The operators of search_filter.html#ops.
const OPERATORS: [&str; 18] = [
    "eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr", "po", "ss", "sb",
    "in", "ni",
];
/// The one that does not fit into the line above.
const REFERS: &str = "re";

/// An expression.
pub(super) enum Filter<'a> {
    /// `path operator value`
    Test(Vec<Step<'a>>, Test<'a>),
    /// All hold.
    All(Vec<Filter<'a>>),
    /// One holds.
    Either(Vec<Filter<'a>>),
    /// It does not hold.
    Not(Box<Filter<'a>>),
}

/// One name of a path, and what must hold for what a reference of that name points to.
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    pub(super) within: Option<Filter<'a>>,
}

/// What is asked of the values that a path leads to.
pub(super) struct Test<'a> {
    pub(super) operator: &'a str,
    pub(super) value: Cow<'a, str>,
}

/// Reads a whole filter.
pub(super) fn read(text: &str) -> Result<Filter<'_>> {
    let mut reader = Reader { text, at: 0 };
    let (filter, _) = reader.filter(0)?;
    match reader.rest() {
        "" => Ok(filter),
        _ => Err(reader.wants("`and`, `or` or the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// An expression, and how deep it is: dropping it and asking it go as deep.
type Grown<'a> = (Filter<'a>, usize);

impl<'a> Reader<'a> {
    /// Tests joined by `and` and `or`, `depth` brackets deep.
    fn filter(&mut self, depth: usize) -> Result<Grown<'a>> {
        let (mut left, mut height) = self.term(depth)?;
        loop {
            let all = match (self.keyword("and"), self.keyword("or")) {
                (true, _) => true,
                (_, true) => false,
                _ => return Ok((left, height)),
            };
            let (right, other) = self.term(depth)?;
            height = height.max(other + 1);
            left = match (left, all) {
                (Filter::All(mut them), true) => {
                    them.push(right);
                    Filter::All(them)
                }
                (Filter::Either(mut them), false) => {
                    them.push(right);
                    Filter::Either(them)
                }
                (left, all) => {
                    height += 1;
                    match all {
                        true => Filter::All(vec![left, right]),
                        false => Filter::Either(vec![left, right]),
                    }
                }
            };
            self.bounded(height)?;
        }
    }

    fn bounded(&self, depth: usize) -> Result<()> {
        match depth > DEEPEST {
            true => Err(bad("The `_filter` is nested too deep.")),
            false => Ok(()),
        }
    }

    fn term(&mut self, depth: usize) -> Result<Grown<'a>> {
        self.bounded(depth)?;
        let negated = self.keyword("not");
        if !self.take('(') {
            return match negated {
                true => Err(self.wants("`(`")),
                false => self.test(depth),
            };
        }
        let (inner, height) = self.filter(depth + 1)?;
        if !self.take(')') {
            return Err(self.wants("`and`, `or` or `)`"));
        }
        Ok(match negated {
            true => (Filter::Not(Box::new(inner)), height + 1),
            false => (inner, height),
        })
    }

    fn test(&mut self, depth: usize) -> Result<Grown<'a>> {
        let (mut path, mut height) = (Vec::new(), 0);
        loop {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
            let name = self.word(&is_name);
            if name.is_empty() {
                return Err(self.wants("the name of a search parameter"));
            }
            let mut within = None;
            let filtered = self.text[self.at..].starts_with('[');
            if filtered {
                self.at += 1;
                let (filter, inner) = self.filter(depth + 1)?;
                if !self.take(']') {
                    return Err(self.wants("`and`, `or` or `]`"));
                }
                (within, height) = (Some(filter), height.max(inner + 1));
            }
            path.push(Step { name, within });
            match self.text[self.at..].starts_with('.') {
                true => self.at += 1,
                false if filtered => return Err(self.wants("`.` and a name")),
                false => break,
            }
        }
        let before = self.at;
        let operator = self.word(&|c| c.is_ascii_alphabetic());
        if operator != REFERS && !OPERATORS.contains(&operator) {
            self.at = before;
            return Err(self.wants("an operator"));
        }
        let before = self.at;
        let value = self.value();
        match (value, operator) {
            (Some(value), "pr") if value != "true" && value != "false" => {
                self.at = before;
                Err(self.wants("true or false"))
            }
            (Some(value), _) if !value.trim().is_empty() => {
                Ok((Filter::Test(path, Test { operator, value }), height))
            }
            _ => {
                self.at = before;
                Err(self.wants("a value"))
            }
        }
    }

    /// A JSON string, or all until white space or a closing bracket.
    fn value(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest();
        if !rest.starts_with('"') {
            let token = self.word(&|c| !c.is_whitespace() && c != ')' && c != ']');
            return Some(Cow::Borrowed(token));
        }
        let text = Scanner::new(rest.as_bytes()).string().ok()?;
        self.at += text.0.len() + 2;
        Some(text.decode())
    }

    /// What is left, from the next visible character on.
    fn rest(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        &self.text[self.at..]
    }

    fn word(&mut self, fits: &dyn Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn take(&mut self, sign: char) -> bool {
        let there = self.rest().starts_with(sign);
        self.at += usize::from(there);
        there
    }

    /// A word that ends where it ends: `not` is none in `notes`.
    fn keyword(&mut self, word: &str) -> bool {
        let rest = self.rest().strip_prefix(word);
        let there = rest.is_some_and(|it| it.starts_with(|c: char| c.is_whitespace() || c == '('));
        self.at += if there { word.len() } else { 0 };
        there
    }

    fn wants(&mut self, what: &str) -> Error {
        self.rest();
        let place = self.text[..self.at].chars().count() + 1;
        bad(format!(
            "The `_filter` is not understood at character {place}: {what} belongs there."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it was understood, with all its brackets.
    fn shown(filter: &Filter<'_>) -> String {
        let joined = |them: &[Filter<'_>], by: &str| {
            let them: Vec<String> = them.iter().map(shown).collect();
            format!("({})", them.join(by))
        };
        match filter {
            Filter::All(them) => joined(them, " and "),
            Filter::Either(them) => joined(them, " or "),
            Filter::Not(it) => format!("not {}", shown(it)),
            Filter::Test(path, test) => {
                let step = |step: &Step<'_>| match &step.within {
                    Some(within) => format!("{}[{}]", step.name, shown(within)),
                    None => step.name.to_string(),
                };
                let path: Vec<String> = path.iter().map(step).collect();
                format!("{} {} {}", path.join("."), test.operator, test.value)
            }
        }
    }

    #[test]
    fn expressions_go_left_to_right_and_brackets_go_first() {
        for (text, expected) in [
            (
                "a eq 1 or b eq 2 and c eq 3",
                "((a eq 1 or b eq 2) and c eq 3)",
            ),
            (
                "a eq 1 or (b eq 2 and c eq 3)",
                "(a eq 1 or (b eq 2 and c eq 3))",
            ),
            (
                "a eq 1 and b eq 2 and c eq 3",
                "(a eq 1 and b eq 2 and c eq 3)",
            ),
            ("not(a eq 1)and(b eq 2)", "(not a eq 1 and b eq 2)"),
            ("notes eq not", "notes eq not"),
            (
                "a[b eq 1 or c eq x].d.e re T/1",
                "a[(b eq 1 or c eq x)].d.e re T/1",
            ),
            (r#"a eq "x) \"y\" \u00e9" "#, "a eq x) \"y\" é"),
            ("a eq s|c,d$e", "a eq s|c,d$e"),
        ] {
            assert_eq!(shown(&read(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_with_the_place_and_nothing_of_it_repeated() {
        for (text, place) in [
            ("", 1),
            ("name", 5),
            ("name like \"Roe\"", 6),
            ("name EQ \"Roe\"", 6),
            ("name eq", 8),
            ("name eq \"Roe", 9),
            ("name eq \"\"", 9),
            ("name pr Roe", 9),
            ("(name eq Roe", 13),
            ("name eq Roe)", 12),
            ("name eq Roe name eq Roe", 13),
            ("name eq Roe and", 13),
            ("not name eq Roe", 5),
            ("subject[name eq Roe", 20),
            ("subject[name eq Roe] eq Roe", 22),
            ("subject. eq Roe", 13),
        ] {
            let error = read(text).err().unwrap();
            let told = format!("at character {place}:");
            assert!(error.message().contains(&told), "{text}: {error}");
            assert!(!error.message().contains("Roe"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        let turns = "a eq 1 and b eq 2 or ".repeat(100_000) + "c eq 3";
        for text in [
            "(".repeat(1_000_000),
            "not(".repeat(1_000_000),
            "a[".repeat(1_000_000),
            turns,
        ] {
            let error = read(&text).err().unwrap();
            assert!(error.message().contains("too deep"), "{error}");
        }
        let long = "a eq 1 and ".repeat(10_000) + "c eq 3";
        assert!(read(&long).is_ok(), "what is long is not deep");
    }
}
