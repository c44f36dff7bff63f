//! How many requests are in flight at once (W3): a semaphore for one thread.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A number of permits. Clones share them, so that several clients of one server can have one limit.
///
/// Whoever asks while a permit is free takes it, however long others have waited: a request that
/// is waiting and not polled, since its owner is at other work, keeps nobody from a free permit.
#[derive(Clone, Debug)]
pub struct Limit(Rc<Permits>);

#[derive(Debug)]
struct Permits {
    free: Cell<usize>,
    waiting: RefCell<Vec<Waker>>,
}

/// One permit, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit(Rc<Permits>);

impl Limit {
    /// So many permits, at least one.
    pub fn new(permits: usize) -> Limit {
        Limit(Rc::new(Permits {
            free: Cell::new(permits.max(1)),
            waiting: RefCell::default(),
        }))
    }

    /// Waits for a permit. Dropped while it waits, it has taken nothing.
    pub(super) async fn permit(&self) -> Permit {
        poll_fn(|context| {
            let free = self.0.free.get();
            if free > 0 {
                self.0.free.set(free - 1);
                return Poll::Ready(Permit(Rc::clone(&self.0)));
            }
            let mut waiting = self.0.waiting.borrow_mut();
            if !waiting.iter().any(|one| one.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl Default for Limit {
    /// Four: fewer than the six connections that a browser opens to one HTTP/1.1 server, so that
    /// the page's own requests get through.
    fn default() -> Self {
        Limit::new(4)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.free.set(self.0.free.get() + 1);
        // All of them: the first may have been dropped, or not be polled for long.
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll<F: Future>(future: std::pin::Pin<&mut F>, by: &Arc<Woken>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(by)))) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn w3_no_more_permits_than_the_limit_and_who_waits_is_woken() {
        let limit = Limit::new(2);
        let (woken, mut third) = (Arc::default(), pin!(limit.permit()));
        let first = poll(pin!(limit.permit()), &woken).unwrap();
        let _second = poll(pin!(limit.clone().permit()), &woken).unwrap();
        assert!(poll(third.as_mut(), &woken).is_none());
        assert!(poll(third.as_mut(), &woken).is_none(), "polled twice");
        drop(first);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(poll(third.as_mut(), &woken).is_some());
    }

    #[test]
    fn w3_a_waiting_request_that_is_dropped_loses_no_permit() {
        let limit = Limit::new(1);
        let (one, other) = (Arc::default(), Arc::default());
        let held = poll(pin!(limit.permit()), &one).unwrap();
        let mut patient = pin!(limit.permit());
        {
            let mut dropped = pin!(limit.permit());
            assert!(poll(dropped.as_mut(), &one).is_none());
            assert!(poll(patient.as_mut(), &other).is_none());
            drop(held);
        }
        assert_eq!(other.0.load(Ordering::Relaxed), 1);
        let taken = poll(patient.as_mut(), &other).unwrap();
        assert!(poll(pin!(limit.permit()), &one).is_none());
        drop(taken);
        assert!(poll(pin!(limit.permit()), &one).is_some());
    }

    #[test]
    fn w3_one_who_waits_and_is_not_polled_keeps_nobody_from_a_free_permit() {
        let limit = Limit::new(1);
        let woken = Arc::default();
        let held = poll(pin!(limit.permit()), &woken).unwrap();
        let mut busy_elsewhere = pin!(limit.permit());
        assert!(poll(busy_elsewhere.as_mut(), &woken).is_none());
        drop(held);
        assert!(poll(pin!(limit.permit()), &woken).is_some());
        assert!(poll(busy_elsewhere, &woken).is_some());
    }

    #[test]
    fn w3_a_limit_of_none_is_one() {
        assert!(poll(pin!(Limit::new(0).permit()), &Arc::default()).is_some());
    }
}
