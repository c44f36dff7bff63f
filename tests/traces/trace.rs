//! The format of a trace.
//!
//! ```text
//! # Which rule, in words.
//!
//! aliases URL ...            where the application gives such options, by their names
//! fileOrigins ORIGIN ...
//!
//! pull FEED, ...             the names of feeds, as progress tells them
//! tokens TOKEN ...           the one that the application has, and the one of each refresh, all to be asked for
//!
//! > METHOD URL               relative to the server's base
//! > header: value            one that must be sent; no other of those that a trace tells
//! < STATUS                   or: < lost, where no answer comes
//! < header: value
//! the body                   up to an empty line; {base} stands for the server's base
//!
//! ends complete              or the code of the error
//! holds Type/id RESOURCE     on one line
//! gone Type/id
//! unknown Type/id
//! ```

use std::fmt;

use super::server::BASE;

#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// What it is about.
    head: Vec<String>,
    pub(super) aliases: Vec<String>,
    pub(super) file_origins: Vec<String>,
    pub(super) pulls: Vec<Pulled>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pulled {
    pub(super) feeds: Vec<String>,
    pub(super) tokens: Vec<String>,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) ends: String,
    pub(super) held: Vec<Held>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Exchange {
    /// Method and URL.
    pub(super) request: String,
    pub(super) request_headers: Vec<(String, String)>,
    /// `None`: no answer comes.
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
    body: Vec<String>,
}

/// What the replica must know of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Holds(String, String),
    Gone(String),
    Unknown(String),
}

impl Trace {
    pub(super) fn parse(text: &str) -> Trace {
        let mut trace = Trace::default();
        let words = |text: &str| text.split(' ').map(str::to_string).collect();
        for line in text.lines() {
            if line.is_empty() {
                continue;
            }
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let Some(pulled) = trace.pulls.last_mut().filter(|_| word != "pull") else {
                match word {
                    "#" => trace.head.push(rest.to_string()),
                    "aliases" => trace.aliases = words(rest),
                    "fileOrigins" => trace.file_origins = words(rest),
                    _ => trace.pulls.push(Pulled {
                        feeds: rest.split(", ").map(str::to_string).collect(),
                        ..Pulled::default()
                    }),
                }
                continue;
            };
            let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
            let name = first.to_string();
            match word {
                "tokens" => pulled.tokens = words(rest),
                "ends" => pulled.ends = name,
                "holds" => pulled.held.push(Held::Holds(name, second.to_string())),
                "gone" => pulled.held.push(Held::Gone(name)),
                "unknown" => pulled.held.push(Held::Unknown(name)),
                ">" if !first.ends_with(':') => pulled.exchanges.push(Exchange {
                    request: rest.to_string(),
                    ..Exchange::default()
                }),
                _ => pulled.exchanges.last_mut().unwrap().take(line),
            }
        }
        trace
    }
}

impl Exchange {
    fn take(&mut self, line: &str) {
        let header = |text: &str| {
            let (name, value) = text.split_once(": ").unwrap();
            (name.to_string(), value.to_string())
        };
        match line.split_at(2.min(line.len())) {
            ("> ", rest) => self.request_headers.push(header(rest)),
            ("< ", "lost") => self.status = None,
            ("< ", rest) => match rest.parse() {
                Ok(status) => self.status = Some(status),
                Err(_) => self.headers.push(header(rest)),
            },
            _ => self.body.push(line.to_string()),
        }
    }

    pub(super) fn body(&self) -> String {
        self.body.join("\n").replace("{base}", BASE)
    }
}

impl Held {
    pub(super) fn name(&self) -> &str {
        match self {
            Held::Holds(name, _) | Held::Gone(name) | Held::Unknown(name) => name,
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.head {
            writeln!(f, "# {line}")?;
        }
        let options = [
            ("aliases", &self.aliases),
            ("fileOrigins", &self.file_origins),
        ];
        for (name, given) in options.iter().filter(|(_, given)| !given.is_empty()) {
            write!(f, "\n{name} {}\n", given.join(" "))?;
        }
        for pulled in &self.pulls {
            writeln!(f, "\npull {}", pulled.feeds.join(", "))?;
            if !pulled.tokens.is_empty() {
                writeln!(f, "tokens {}", pulled.tokens.join(" "))?;
            }
            writeln!(f)?;
            for exchange in &pulled.exchanges {
                writeln!(f, "{exchange}")?;
            }
            writeln!(f, "ends {}", pulled.ends)?;
            for held in &pulled.held {
                writeln!(f, "{held}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "> {}", self.request)?;
        for (name, value) in &self.request_headers {
            writeln!(f, "> {name}: {value}")?;
        }
        match self.status {
            Some(status) => writeln!(f, "< {status}")?,
            None => writeln!(f, "< lost")?,
        }
        for (name, value) in &self.headers {
            writeln!(f, "< {name}: {value}")?;
        }
        self.body.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Held::Holds(name, resource) => write!(f, "holds {name} {resource}"),
            Held::Gone(name) => write!(f, "gone {name}"),
            Held::Unknown(name) => write!(f, "unknown {name}"),
        }
    }
}
