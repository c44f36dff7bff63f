//! One at a time: what several feeds share is had by one of them, across its awaits.

use std::cell::{Cell, RefCell, RefMut};
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::task::{Poll, Waker};

/// A value that one task has at a time.
#[derive(Debug)]
pub(super) struct Turn<T> {
    value: RefCell<T>,
    taken: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

/// The value, until dropped.
pub(super) struct Taken<'a, T> {
    turn: &'a Turn<T>,
    value: RefMut<'a, T>,
}

impl<T> Turn<T> {
    pub(super) fn new(value: T) -> Self {
        Turn {
            value: RefCell::new(value),
            taken: Cell::new(false),
            waiting: RefCell::default(),
        }
    }

    /// Waits until nobody else has the value.
    pub(super) async fn take(&self) -> Taken<'_, T> {
        poll_fn(|context| {
            if self.taken.get() {
                self.waiting.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            self.taken.set(true);
            Poll::Ready(())
        })
        .await;
        Taken {
            turn: self,
            value: self.value.borrow_mut(),
        }
    }

    /// The value, when nobody needs it any more.
    pub(super) fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        self.turn.taken.set(false);
        // All of them: who was woken may have been dropped since.
        self.turn.waiting.take().into_iter().for_each(Waker::wake);
    }
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Taken<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn who_waits_has_it_when_it_is_free_and_one_who_went_away_blocks_nobody() {
        let turn = Turn::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = |future: &mut std::pin::Pin<&mut dyn Future<Output = i32>>| {
            future.as_mut().poll(&mut context)
        };
        let first = pollster::block_on(turn.take());
        let add = async || {
            let mut value = turn.take().await;
            *value += 1;
            *value
        };
        let mut second: std::pin::Pin<&mut dyn Future<Output = i32>> = pin!(add());
        assert_eq!(poll(&mut second), Poll::Pending);
        {
            let mut gone: std::pin::Pin<&mut dyn Future<Output = i32>> = pin!(add());
            assert_eq!(poll(&mut gone), Poll::Pending);
        }
        drop(first);
        assert_eq!(poll(&mut second), Poll::Ready(2));
        assert_eq!(*pollster::block_on(turn.take()), 2);
    }
}
