//! Several things at once, so many at a time; or two.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

/// What both come to; the first is polled first.
pub(super) async fn both<A, B>(
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (A, B) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut one, mut other) = (None, None);
    poll_fn(|context| {
        if one.is_none()
            && let Poll::Ready(result) = first.as_mut().poll(context)
        {
            one = Some(result);
        }
        if other.is_none()
            && let Poll::Ready(result) = second.as_mut().poll(context)
        {
            other = Some(result);
        }
        match (one.take(), other.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (had_one, had_other) => {
                (one, other) = (had_one, had_other);
                Poll::Pending
            }
        }
    })
    .await
}

/// What each of `works` comes to, in their order, with at most `limit` of them begun and not ended.
pub(super) async fn several<T>(
    works: impl IntoIterator<Item: Future<Output = T>>,
    limit: usize,
) -> Vec<T> {
    let mut coming = works.into_iter().enumerate();
    let mut going: Vec<(usize, Pin<Box<_>>)> = Vec::new();
    let mut done: Vec<Option<T>> = Vec::new();
    poll_fn(|context| {
        loop {
            while going.len() < limit.max(1) {
                let Some((number, work)) = coming.next() else {
                    break;
                };
                going.push((number, Box::pin(work)));
                done.push(None);
            }
            let before = going.len();
            going.retain_mut(|(number, work)| match work.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(result) => {
                    done[*number] = Some(result);
                    false
                }
            });
            if going.len() == before {
                break;
            }
        }
        match going.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn results_come_in_order_and_no_more_than_the_limit_go_at_once() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let work = |number: usize| {
            let (now, most) = (&now, &most);
            async move {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                let mut waits = 10 - number;
                poll_fn(|context| {
                    waits -= 1;
                    context.waker().wake_by_ref();
                    if waits == 0 {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
                now.set(now.get() - 1);
                number
            }
        };
        let results = pollster::block_on(several((0..9).map(work), 3));
        assert_eq!(results, (0..9).collect::<Vec<_>>());
        assert_eq!(most.get(), 3);
        assert_eq!(pollster::block_on(several((0..0).map(work), 3)), [0; 0]);
    }
}
