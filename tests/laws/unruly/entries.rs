//! What becomes of a page's entries, its total and its clock.

use super::State;
use super::faults::{Deletion, Order, Total};
use crate::server::BASE;
use crate::server::answer::{Bundle, Entry};
use crate::server::asked::Asked;
use crate::server::search::subset;

/// What is lost or cut down is no older than this: the overlap, at least a minute, heals it.
const LATELY: i64 = 20_000;
/// Between the clocks of two nodes of a server.
const SKEW: i64 = 4 * 60_000;

impl State {
    pub(super) fn change_entries(&mut self, asked: &Asked, bundle: &mut Bundle) {
        let is_cut = match bundle.kind {
            // A whole history, however long, is known by its total alone.
            "history" => asked.path.len() < 3 && self.faults.p5_total != Total::Missing,
            _ => asked.path.len() == 1,
        };
        if let Some(most) = self.faults.p1_capped.filter(|_| is_cut) {
            let from = asked.number("_from").unwrap_or(0);
            let left = most.saturating_sub(from);
            if bundle.entries.len() >= left {
                bundle.entries.truncate(left);
                bundle.next = None;
            }
        }
        let lately = bundle.now - LATELY;
        let is_late = |entry: &Entry| entry.version.at >= lately;
        if self.faults.h8_lost {
            let twice = bundle.entries.last().cloned().filter(|_| self.once_in(4));
            bundle
                .entries
                .retain(|entry| !(is_late(entry) && self.chance.below(4) == 0));
            bundle.entries.extend(twice);
        }
        if self.faults.p4_twice {
            let path = asked.path.join("/");
            let before = self
                .before
                .take()
                .filter(|(of, _)| *of == path && asked.get("_from").is_some());
            self.before = bundle.entries.last().map(|last| (path, last.clone()));
            bundle.entries.splice(0..0, before.map(|(_, entry)| entry));
        }
        if self.faults.r3_subsetted {
            for entry in bundle.entries.iter_mut().filter(|entry| is_late(entry)) {
                if self.chance.below(3) == 0 {
                    entry.resource = entry.resource.as_deref().map(subset);
                }
            }
        }
        if bundle.kind == "history" {
            self.change_history(bundle);
        }
        let is_count = asked.get("_summary") == Some("count");
        match self.faults.p5_total {
            Total::True => {}
            // What is cut short is known by a count alone.
            Total::Missing if self.faults.p1_capped.is_some() && is_count => {}
            Total::Missing => bundle.total = None,
            Total::TooMany => bundle.total = bundle.total.map(|total| total + 1000),
        }
        if self.faults.h4_clock_ahead && self.once_in(2) {
            bundle.now += SKEW;
        }
    }

    fn change_history(&mut self, bundle: &mut Bundle) {
        for entry in &mut bundle.entries {
            if entry.version.body.is_none() {
                delete(entry, self.faults.h5_deletion, &entry.response.clone());
            } else if self.faults.h6_left_out && self.chance.below(3) == 0 {
                entry.resource = None;
            }
        }
        if self.faults.h2_order == Order::Shuffled {
            for at in 1..bundle.entries.len() {
                let other = self.chance.below(at as u64 + 1) as usize;
                bundle.entries.swap(at, other);
            }
        }
    }
}

/// Leaves of a deletion what its form has.
fn delete(entry: &mut Entry, form: Deletion, response: &Option<(&'static str, String, i64)>) {
    let name = entry.version.name();
    match form {
        Deletion::Whole => return,
        Deletion::VersionedUrl => {
            let etag = response.as_ref().map_or("", |(_, etag, _)| etag);
            let version = etag.trim_start_matches("W/").trim_matches('"');
            entry.request = Some(("DELETE", format!("{name}/_history/{version}")));
        }
        Deletion::PlainUrl => {}
        Deletion::FullUrl => {
            entry.full_url = Some(format!("{BASE}/{name}"));
            entry.request = Some(("DELETE", String::new()));
        }
    }
    entry.response = None;
}
