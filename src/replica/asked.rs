//! What conditions are asked of, and the sets of documents that they leave.

use super::Snapshot;
use super::matched::Matched;
use super::source::Source;

/// Documents of each part, ascending.
pub(super) type Set = Vec<Vec<u32>>;

/// What conditions are asked of: the parts of one type in a snapshot.
pub(super) struct Asked<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) kind: &'a str,
    pub(super) sources: &'a [Source],
}

impl Asked<'_> {
    /// All documents that are current and not deleted.
    pub(super) fn everything(&self) -> Set {
        let parts = self.sources.iter();
        parts
            .map(|source| {
                let documents = 0..source.part().documents;
                match source.is_all_live(self.snapshot) {
                    true => documents.collect(),
                    false => documents.filter(|it| self.is_live(source, *it)).collect(),
                }
            })
            .collect()
    }

    /// These documents with the parts that they are in.
    pub(super) fn matched(&self, within: Set) -> Vec<Matched> {
        let parts = self.sources.iter().cloned().zip(within);
        parts
            .map(|(source, documents)| Matched {
                source,
                documents,
                scope: 0,
            })
            .collect()
    }

    /// Whether a document is current and not deleted.
    #[inline]
    pub(super) fn is_live(&self, source: &Source, document: u32) -> bool {
        !source.part().deleted.contains(document) && source.is_current(self.snapshot, document)
    }
}

/// What is in both; all that was found where nothing limits it.
pub(super) fn narrowed(within: Option<Set>, found: Set) -> Set {
    match within {
        None => found,
        Some(within) => {
            let pairs = within.iter().zip(&found);
            pairs.map(|(a, b)| intersection(a, b)).collect()
        }
    }
}

/// What is not among those that are taken away.
pub(super) fn without(all: Set, taken: &Set) -> Set {
    let pairs = all.into_iter().zip(taken);
    pairs
        .map(|(mut all, taken)| {
            let mut taken = taken.iter().peekable();
            all.retain(|document| {
                while taken.next_if(|next| *next < document).is_some() {}
                taken.next_if_eq(&document).is_none()
            });
            all
        })
        .collect()
}

/// What two ascending lists share; steps through the shorter, leaps through the longer.
fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (short, mut long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut shared = Vec::new();
    for &document in short {
        let mut step = 1;
        while step < long.len() && long[step] < document {
            step *= 2;
        }
        let window = &long[..long.len().min(step + 1)];
        long = &long[window.partition_point(|other| *other < document)..];
        if long.first() == Some(&document) {
            shared.push(document);
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intersections_are_what_both_have() {
        let multiples = |of: u32| (0..3000).step_by(of as usize).collect::<Vec<u32>>();
        for (a, b) in [(2, 3), (3, 2), (1, 7), (100, 1), (999, 1000)] {
            let expected: Vec<u32> = multiples(a).into_iter().filter(|n| n % b == 0).collect();
            assert_eq!(
                intersection(&multiples(a), &multiples(b)),
                expected,
                "{a} {b}"
            );
        }
        assert_eq!(intersection(&[], &[1]), [0; 0]);
        assert_eq!(intersection(&[5], &[1, 2, 5]), [5]);
    }
}
