//! How lists are sorted here. The standard library's sort is compiled anew for each kind of item, so
//! that there are few: numbers, and numbers that stand for anything else.

use std::cmp::Ordering;

/// Sorts numbers by what they stand for.
pub(super) fn sort_numbers(numbers: &mut [u32], order: &dyn Fn(u32, u32) -> Ordering) {
    numbers.sort_unstable_by(|a, b| order(*a, *b));
}

/// Sorts what is fewer than 2^32; equals come in any order.
pub(super) fn sort_by<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    // The number of the item that is to stand at each place.
    let mut from: Vec<u32> = (0..items.len() as u32).collect();
    sort_numbers(&mut from, &|a, b| {
        order(&items[a as usize], &items[b as usize])
    });
    for first in 0..items.len() {
        // Round in a circle, till the item that was moved out of the way first is where it belongs.
        let mut place = first;
        loop {
            let next = std::mem::replace(&mut from[place], place as u32) as usize;
            if next == first {
                break;
            }
            items.swap(place, next);
            place = next;
        }
    }
}

/// Ascending, each once.
pub(super) fn sort_once(documents: &mut Vec<u32>) {
    if !documents.is_sorted_by(|a, b| a < b) {
        documents.sort_unstable();
        documents.dedup();
    }
}

/// The same for terms and ids.
pub(super) fn sort_texts_once(texts: &mut Vec<Vec<u8>>) {
    if !texts.is_sorted_by(|a, b| a < b) {
        sort_by(texts, Vec::cmp);
        texts.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_sorted_whatever_their_order_was() {
        for count in [0, 1, 2, 3, 20, 21, 100, 1000] {
            for step in [1, 2, 7, 500, 999] {
                let all = (0..count).map(|n| n * step % 1009);
                let mut items: Vec<String> = all.map(|n| format!("{n:04}")).collect();
                let mut sorted = items.clone();
                sorted.sort();
                sort_by(&mut items, String::cmp);
                assert_eq!(items, sorted, "{count} {step}");
            }
        }
    }
}
