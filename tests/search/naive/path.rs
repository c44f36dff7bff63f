//! The FHIRPath that search parameters are written in, read into a tree.
//!
//! Only what the tables use: steps, `[0]`, functions, `as`, `is`, `|`, `=`, `!=`, `and`, `or`.

/// A FHIRPath expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// `$this`, and what a first step begins from.
    This,
    /// `%resource`
    Resource,
    Text(String),
    Truth(bool),
    Step(Box<Path>, String),
    Index(Box<Path>, usize),
    Call(Box<Path>, String, Vec<Path>),
    /// `as`, `is`, `=`, `!=`, `and`, `or` and `|`; the type of `as` and `is` is a step from `$this`.
    Binary(Box<Path>, &'static str, Box<Path>),
}

impl Path {
    pub(crate) fn parse(text: &str) -> Result<Path, String> {
        let mut parser = Parser {
            words: words(text)?,
            at: 0,
        };
        let path = parser.binary(0)?;
        match parser.peek() {
            None => Ok(path),
            Some(word) => Err(format!("`{word}` is one too many in `{text}`")),
        }
    }

    /// The name of a type as `as`, `is`, `as()` and `ofType()` have it.
    pub(crate) fn type_name(&self) -> &str {
        match self {
            // `FHIR.Patient`
            Path::Step(_, name) => name,
            _ => "",
        }
    }
}

/// The loosest first (FHIRPath, Operator Precedence).
const OPERATORS: [&[&str]; 5] = [&["or"], &["and"], &["=", "!="], &["|"], &["is", "as"]];

struct Parser {
    words: Vec<String>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.peek() == Some(word);
        self.at += usize::from(there);
        there
    }

    fn want(&mut self, word: &str) -> Result<(), String> {
        let there = self.take(word);
        there
            .then_some(())
            .ok_or_else(|| format!("`{word}` is missing"))
    }

    fn binary(&mut self, level: usize) -> Result<Path, String> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.steps();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().copied().find(|it| self.take(it)) {
            let right = self.binary(level + 1)?;
            left = Path::Binary(Box::new(left), operator, Box::new(right));
        }
        Ok(left)
    }

    fn steps(&mut self) -> Result<Path, String> {
        let mut path = self.first()?;
        loop {
            if self.take(".") {
                path = self.step(path)?;
            } else if self.take("[") {
                let index = self.word()?.parse().map_err(|_| "no index")?;
                self.want("]")?;
                path = Path::Index(Box::new(path), index);
            } else {
                return Ok(path);
            }
        }
    }

    fn first(&mut self) -> Result<Path, String> {
        if self.take("(") {
            let inner = self.binary(0)?;
            self.want(")")?;
            return Ok(inner);
        }
        match self.peek() {
            Some("$this") => self.at += 1,
            Some("%resource") => {
                self.at += 1;
                return Ok(Path::Resource);
            }
            Some("true") | Some("false") => return Ok(Path::Truth(self.word()? == "true")),
            Some(word) if word.starts_with('\'') => {
                return Ok(Path::Text(self.word()?.trim_matches('\'').to_string()));
            }
            _ => return self.step(Path::This),
        }
        Ok(Path::This)
    }

    fn step(&mut self, from: Path) -> Result<Path, String> {
        let name = self.word()?;
        if !self.take("(") {
            return Ok(Path::Step(Box::new(from), name));
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.binary(0)?);
            self.take(",");
        }
        Ok(Path::Call(Box::new(from), name, arguments))
    }

    fn word(&mut self) -> Result<String, String> {
        let word = self.peek().ok_or("it ends too early")?.to_string();
        self.at += 1;
        Ok(word)
    }
}

/// Names, numbers, quoted texts (with their quotes) and signs.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || "_$%".contains(c);
        let length = match first {
            '\'' => 2 + rest[1..].find('\'').ok_or("a text has no end")?,
            '!' => 2,
            _ if is_name(first) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        words.push(word.to_string());
        rest = after.trim_start();
    }
    Ok(words)
}
