//! What is asked of a chain beside its resources, and what was seen of it.

use super::compare::Names;
use crate::fhir::{Instant, Page};
use crate::replica::Chain;

#[derive(Debug, Default)]
pub(super) struct Notes {
    /// Who was on its pages, where that is wanted.
    pub(super) names: Option<Names>,
    /// Whether it is no part of the feed's own chain, so that a pull that is stopped does not go on from it.
    pub(super) apart: bool,
    /// From when on changes were asked for: the server may have ignored it (P6).
    pub(super) since: Option<Instant>,
    pub(super) ignored_since: bool,
    /// Whether something changed while there were pages to come, so that others may have moved from a page
    /// that was still to be read to one that had been (H8).
    pub(super) disturbed: bool,
    /// How many entries came with the chain, before a pull that was stopped as well.
    pub(super) entries: u64,
    /// How many there are, by the page that says most.
    pub(super) total: Option<u64>,
    /// Whether its last page had as many entries as it could have.
    pub(super) ended_full: bool,
}

impl Notes {
    /// Counts a page, or a part of one.
    pub(super) fn count(&mut self, page: &Page<'_>, chain: &mut Chain) {
        let entries = page.entries.iter();
        let entries = entries.filter(|it| !it.is_outcome() && it.mode != Some("include"));
        let entries = entries.count() as u64;
        chain.entries += entries;
        self.entries = chain.entries;
        self.total = self.total.max(page.total);
        let limit = page.self_link.as_deref().and_then(count_in);
        self.ended_full = limit.is_some_and(|limit| limit > 0 && entries >= limit);
    }

    /// Whether there may be more than came: a server that cuts its result short gives no link to the
    /// rest of it (P1). `believed`: whether the server's counts are.
    pub(super) fn may_be_cut(&self, believed: bool) -> bool {
        let total = self.total.filter(|_| believed);
        total.map_or(self.ended_full, |total| total > self.entries)
    }

    /// Whether the server said how many there are, and no more.
    pub(super) fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| total <= self.entries)
    }
}

/// The `_count` of a link.
fn count_in(url: &str) -> Option<u64> {
    let (_, query) = url.split_once('?')?;
    let count = query.split('&').find_map(|it| it.strip_prefix("_count="));
    count.and_then(|count| count.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(pages: &[&str]) -> Notes {
        let (mut notes, mut chain) = (Notes::default(), Chain::default());
        for page in pages {
            notes.count(&Page::read(page.as_bytes()).unwrap(), &mut chain);
        }
        notes
    }

    #[test]
    fn p1_a_full_last_page_and_a_total_above_what_came_tell_that_there_may_be_more() {
        let page = |total: &str, count: &str, entries: usize| {
            let entry = r#"{"resource":{"resourceType":"Patient","id":"a"}}"#;
            let entries = vec![entry; entries].join(",");
            format!(
                r#"{{"resourceType":"Bundle","type":"searchset",{total}
                    "link":[{{"relation":"self","url":"https://x.org/Patient?{count}"}}],"entry":[{entries}]}}"#
            )
        };
        let cut = |page: &String| noted(&[page]).may_be_cut(true);
        assert!(!cut(&page("", "", 3)));
        assert!(!cut(&page("", "_count=4", 3)));
        assert!(cut(&page("", "_sort=x&_count=3", 3)));
        assert!(!cut(&page(r#""total":3,"#, "_sort=x&_count=3", 3)));
        assert!(!cut(&page("", "_count=0", 0)));
        assert!(!cut(&page(r#""total":3,"#, "_count=4", 3)));
        assert!(cut(&page(r#""total":4,"#, "_count=9", 3)));
        let two = [page(r#""total":4,"#, "", 2), page("", "", 2)];
        let two = noted(&[&two[0], &two[1]]);
        assert!(!two.may_be_cut(true) && two.is_whole());
        let miscounted = noted(&[&page(r#""total":4,"#, "", 2)]);
        assert!(!miscounted.may_be_cut(false));
        assert!(!noted(&[&page("", "", 3)]).is_whole());
    }
}
