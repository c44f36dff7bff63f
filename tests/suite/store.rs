//! What every Store must keep, whatever platform it is on: one suite, run over each of them.
//!
//! A test function takes an [`Opener`] on a store of its own that nothing was committed to yet.
//! [`each_store_test`] names them all for the macro that makes tests of them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fhir_pull::Code;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};

/// Opens the same store again and again, and lets time go by.
pub(crate) trait Opener {
    type Store: Store;
    /// Bytes that the store adds to each value, and to the manifest.
    const ADDED: (u64, u64) = (0, 0);
    /// A new handle, as another tab or the next visit would open it.
    async fn open(&self) -> Self::Store;
    /// Gives the platform a turn, where it needs turns to get on.
    async fn pause(&self);
}

macro_rules! each_store_test {
    ($each:ident) => {
        $each! {
            a_new_store_is_empty,
            values_come_back_byte_for_byte,
            values_are_read_in_the_order_asked_for_and_none_where_there_is_none,
            one_commit_deletes_and_puts,
            a_stale_commit_is_a_conflict_and_changes_nothing,
            of_two_writers_at_once_exactly_one_wins,
            another_handle_sees_each_commit,
            a_store_opened_again_holds_what_was_committed,
            usage_counts_values_and_bytes,
            wipe_leaves_nothing_and_a_usable_store_l10,
            wipe_is_seen_by_other_handles,
            a_commit_dropped_anywhere_leaves_the_old_or_the_new_l2,
        }
    };
}
pub(crate) use each_store_test;

const LARGEST: Key = Key((1 << 53) - 1);

fn commit(expected: u64, manifest: &str, puts: &[(u64, &[u8])], deletes: &[u64]) -> Commit {
    Commit {
        expected,
        manifest: manifest.as_bytes().to_vec(),
        puts: puts
            .iter()
            .map(|(key, value)| (Key(*key), value.to_vec()))
            .collect(),
        deletes: deletes.iter().map(|key| Key(*key)).collect(),
    }
}

fn head(generation: u64, manifest: &str) -> Option<Head> {
    Some(Head {
        generation,
        manifest: manifest.as_bytes().to_vec(),
    })
}

async fn value(store: &impl Store, key: u64) -> Option<Vec<u8>> {
    store.read(&[Key(key)]).await.unwrap().remove(0)
}

pub(crate) async fn a_new_store_is_empty(opener: &impl Opener) {
    let store = opener.open().await;
    assert_eq!(store.head().await.unwrap(), None);
    assert_eq!(
        store.read(&[]).await.unwrap(),
        Vec::<Option<Vec<u8>>>::new()
    );
    assert_eq!(value(&store, 1).await, None);
    assert_eq!(store.usage().await.unwrap(), Usage::default());
}

pub(crate) async fn values_come_back_byte_for_byte(opener: &impl Opener) {
    let store = opener.open().await;
    let every: Vec<u8> = (0..=255).collect();
    let large: Vec<u8> = (0..1_u32 << 20)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let puts = [
        (Key(0), every.clone()),
        (Key(7), Vec::new()),
        (LARGEST, large.clone()),
    ];
    let manifest = every.clone();
    store
        .commit(Commit {
            expected: 0,
            manifest,
            puts: puts.to_vec(),
            deletes: vec![],
        })
        .await
        .unwrap();

    let found = store.read(&[Key(0), Key(7), LARGEST]).await.unwrap();
    assert_eq!(found[0].as_deref(), Some(&every[..]));
    assert_eq!(
        found[1].as_deref(),
        Some(&[][..]),
        "an empty value is a value"
    );
    assert!(
        found[2].as_deref() == Some(&large[..]),
        "1 MiB under the largest key"
    );
    assert_eq!(
        store.head().await.unwrap(),
        Some(Head {
            generation: 1,
            manifest: every
        })
    );
}

pub(crate) async fn values_are_read_in_the_order_asked_for_and_none_where_there_is_none(
    opener: &impl Opener,
) {
    let store = opener.open().await;
    store
        .commit(commit(
            0,
            "m",
            &[(1, b"one"), (2, b"two"), (10, b"ten")],
            &[],
        ))
        .await
        .unwrap();
    let found = store.read(&[10, 3, 1, 2, 1].map(Key)).await.unwrap();
    let found: Vec<Option<&[u8]>> = found.iter().map(Option::as_deref).collect();
    assert_eq!(
        found,
        [
            Some(&b"ten"[..]),
            None,
            Some(b"one"),
            Some(b"two"),
            Some(b"one")
        ]
    );
}

pub(crate) async fn one_commit_deletes_and_puts(opener: &impl Opener) {
    let store = opener.open().await;
    store
        .commit(commit(0, "a", &[(1, b"one"), (2, b"two")], &[]))
        .await
        .unwrap();
    store
        .commit(commit(1, "b", &[(3, b"three")], &[1, 99]))
        .await
        .unwrap();
    assert_eq!(value(&store, 1).await, None);
    assert_eq!(value(&store, 2).await.as_deref(), Some(&b"two"[..]));
    assert_eq!(value(&store, 3).await.as_deref(), Some(&b"three"[..]));
    assert_eq!(store.head().await.unwrap(), head(2, "b"));
}

pub(crate) async fn a_stale_commit_is_a_conflict_and_changes_nothing(opener: &impl Opener) {
    let store = opener.open().await;
    store
        .commit(commit(0, "a", &[(1, b"one")], &[]))
        .await
        .unwrap();
    for expected in [0, 2] {
        let stale = commit(expected, "stale", &[(2, b"two")], &[1]);
        let error = store.commit(stale).await.unwrap_err();
        assert_eq!(error.code(), Code::Conflict, "{error}");
        assert!(error.is_conflict());
        assert_eq!(store.head().await.unwrap(), head(1, "a"));
        assert_eq!(
            value(&store, 1).await.as_deref(),
            Some(&b"one"[..]),
            "the delete was undone"
        );
        assert_eq!(value(&store, 2).await, None, "the put was undone");
    }
    store
        .commit(commit(1, "b", &[(2, b"two")], &[1]))
        .await
        .unwrap();
    assert_eq!(store.head().await.unwrap(), head(2, "b"));
}

pub(crate) async fn of_two_writers_at_once_exactly_one_wins(opener: &impl Opener) {
    let (one, other) = (opener.open().await, opener.open().await);
    for generation in 0..4 {
        let key = generation + 1;
        let (first, second) = both(
            one.commit(commit(generation, "one", &[(key, b"one")], &[])),
            other.commit(commit(generation, "other", &[(key, b"other")], &[])),
        )
        .await;
        let (winner, loser) = match (first, second) {
            (Ok(()), Err(loser)) => ("one", loser),
            (Err(loser), Ok(())) => ("other", loser),
            outcome => panic!("one must win and one must lose: {outcome:?}"),
        };
        assert_eq!(loser.code(), Code::Conflict);
        assert_eq!(one.head().await.unwrap(), head(generation + 1, winner));
        assert_eq!(value(&other, key).await.as_deref(), Some(winner.as_bytes()));
    }
}

pub(crate) async fn another_handle_sees_each_commit(opener: &impl Opener) {
    let (writer, reader) = (opener.open().await, opener.open().await);
    for generation in 0..3 {
        writer
            .commit(commit(generation, "m", &[(generation, b"v")], &[]))
            .await
            .unwrap();
        assert_eq!(reader.head().await.unwrap(), head(generation + 1, "m"));
        assert_eq!(value(&reader, generation).await.as_deref(), Some(&b"v"[..]));
    }
}

pub(crate) async fn a_store_opened_again_holds_what_was_committed(opener: &impl Opener) {
    let store = opener.open().await;
    store
        .commit(commit(0, "kept", &[(1, b"one")], &[]))
        .await
        .unwrap();
    drop(store);
    let store = opener.open().await;
    assert_eq!(store.head().await.unwrap(), head(1, "kept"));
    assert_eq!(value(&store, 1).await.as_deref(), Some(&b"one"[..]));
}

pub(crate) async fn usage_counts_values_and_bytes<O: Opener>(opener: &O) {
    let (value, manifest) = O::ADDED;
    let store = opener.open().await;
    store
        .commit(commit(
            0,
            "12345",
            &[(1, &[0; 1000]), (2, b""), (3, b"abc")],
            &[],
        ))
        .await
        .unwrap();
    assert_eq!(
        store.usage().await.unwrap(),
        Usage {
            values: 3,
            bytes: 1008 + 3 * value + manifest
        }
    );
    store
        .commit(commit(1, "1", &[(4, b"abcd")], &[1]))
        .await
        .unwrap();
    assert_eq!(
        store.usage().await.unwrap(),
        Usage {
            values: 3,
            bytes: 8 + 3 * value + manifest
        }
    );
}

pub(crate) async fn wipe_leaves_nothing_and_a_usable_store_l10(opener: &impl Opener) {
    let store = opener.open().await;
    store
        .commit(commit(0, "a", &[(1, b"one")], &[]))
        .await
        .unwrap();
    store.wipe().await.unwrap();
    assert_eq!(store.head().await.unwrap(), None);
    assert_eq!(value(&store, 1).await, None);
    assert_eq!(store.usage().await.unwrap(), Usage::default());
    store
        .commit(commit(0, "b", &[(1, b"again")], &[]))
        .await
        .unwrap();
    assert_eq!(store.head().await.unwrap(), head(1, "b"));
    assert_eq!(value(&store, 1).await.as_deref(), Some(&b"again"[..]));
    store.wipe().await.unwrap();
    store.wipe().await.unwrap();
    assert_eq!(opener.open().await.head().await.unwrap(), None);
}

pub(crate) async fn wipe_is_seen_by_other_handles(opener: &impl Opener) {
    let (one, other) = (opener.open().await, opener.open().await);
    one.commit(commit(0, "a", &[(1, b"one")], &[]))
        .await
        .unwrap();
    assert_eq!(other.head().await.unwrap(), head(1, "a"));
    one.wipe().await.unwrap();
    assert_eq!(other.head().await.unwrap(), None);
    assert_eq!(value(&other, 1).await, None);
    let error = other.commit(commit(1, "b", &[], &[])).await.unwrap_err();
    assert_eq!(
        error.code(),
        Code::Conflict,
        "a writer from before the wipe"
    );
}

pub(crate) async fn a_commit_dropped_anywhere_leaves_the_old_or_the_new_l2(opener: &impl Opener) {
    let store = opener.open().await;
    store
        .commit(commit(0, "m", &[(0, b"v")], &[]))
        .await
        .unwrap();
    let mut generation = 1;
    for turns in 0..8 {
        let next = commit(
            generation,
            "m",
            &[(generation, b"v"), (1000 + generation, b"v")],
            &[generation - 1],
        );
        {
            let mut under_way = pin!(store.commit(next));
            for _ in 0..turns {
                if under_way
                    .as_mut()
                    .poll(&mut Context::from_waker(Waker::noop()))
                    .is_ready()
                {
                    break;
                }
                opener.pause().await;
            }
        }
        let reopened = opener.open().await;
        let found = reopened.head().await.unwrap().unwrap().generation;
        let values = reopened
            .read(&[generation - 1, generation, 1000 + generation].map(Key))
            .await
            .unwrap();
        let there: Vec<bool> = values.iter().map(Option::is_some).collect();
        if found == generation {
            assert_eq!(there, [true, false, false], "the old, after {turns} turns");
        } else {
            assert_eq!(found, generation + 1);
            assert_eq!(there, [false, true, true], "the new, after {turns} turns");
        }
        generation = found;
    }
    store
        .commit(commit(generation, "last", &[], &[]))
        .await
        .unwrap();
}

/// Both at the same time on this one thread.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(move |context| {
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}
