//! What becomes of a page's next link.

use super::State;
use super::faults::Links;
use crate::server::BASE;
use crate::server::answer::Bundle;
use crate::server::asked::Asked;

const EMPTY: &str = "_empty";
const NUMBER: &str = "_getpages";

impl State {
    /// Whether a link that was given out has died (P4).
    pub(super) fn expires(&mut self, url: &str) -> bool {
        self.faults.p4_expire && self.given.iter().any(|it| it == url) && self.once_in(6)
    }

    /// What a link stands for, and whether its page is to be empty (P2).
    pub(super) fn opened(&self, asked: &mut Asked) -> bool {
        if let Some(number) = asked.number(NUMBER) {
            *asked = Asked::below(self.numbered[number].strip_prefix(BASE).unwrap());
        }
        let empty = asked.get(EMPTY).is_some();
        asked.set(EMPTY, None);
        empty
    }

    /// `url`: by which this page was asked for; `empty`: whether it is made empty.
    pub(super) fn change_links(&mut self, url: &str, bundle: &mut Bundle, empty: bool) {
        let Some(mut next) = bundle.next.take() else {
            return;
        };
        if self.faults.p2_empty && !empty && self.once_in(3) {
            next = format!("{next}&{EMPTY}=1");
        }
        let mut next = match self.faults.p1_links {
            Links::Absolute | Links::Rooted | Links::Query => next,
            Links::Numbered => {
                self.numbered.push(next);
                let padding = "0".repeat(2048);
                format!(
                    "{BASE}?{NUMBER}={}&_bundletype={padding}",
                    self.numbered.len() - 1
                )
            }
        };
        self.given.push(next.clone());
        match self.faults.p1_links {
            Links::Absolute | Links::Numbered => {}
            Links::Rooted => next = next.replacen("https://model.test", "", 1),
            Links::Query => next = next[next.find('?').unwrap()..].to_string(),
        }
        if self.faults.p3_cycle && self.once_in(6) {
            next = url.to_string();
        }
        if self.faults.p7_elsewhere && self.once_in(6) {
            next = next.replacen(BASE, "https://inner.test:8080/fhir", 1);
        }
        bundle.next = Some(next);
    }
}
