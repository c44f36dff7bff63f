//! A search that the server cuts short (P1), asked for again in windows of `_lastUpdated`, each small
//! enough to come whole.
//!
//! A cut result looks like a whole one: it has no next link. Only the server's own count tells, and a
//! count can be wrong. So the windows decide: where they bring what was not there before, the result was
//! cut; where they bring nothing, or more than nothing is counted of a time before there was FHIR, the count
//! is wrong, and that is noted.

use super::compare::Names;
use super::context::Ports;
use super::feed::{count_of, search_link};
use super::follow::{Follower, is_refusal};
use super::notes::Notes;
use super::strategy::Reason;
use crate::fhir::{Instant, Page};
use crate::host::Clock;
use crate::{Code, Error, Result};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// The first moment whose year has five digits, which no instant of FHIR has.
const END_OF_TIME: i64 = 253_402_300_800_000;
/// After so many requests that brought nothing new the count is taken to be wrong. To find the one moment
/// of all time in which everything was loaded takes two for each time that the time is halved.
const FRUITLESS: u32 = 128;

/// From a time on, and before another.
#[derive(Clone, Copy, Debug)]
struct Window {
    from: i64,
    to: Option<i64>,
}

impl Window {
    fn criteria(self) -> Vec<String> {
        let to = self.to.map(|to| format!("_lastUpdated=lt{}", Instant(to)));
        let from = format!("_lastUpdated=ge{}", Instant(self.from));
        std::iter::once(from).chain(to).collect()
    }

    /// Its earlier and its later half; of one without an end the earlier is as long as all before it, so
    /// that a clock that is years behind costs a few requests and no resource.
    fn halves(self) -> Option<(Window, Window)> {
        let middle = match self.to {
            Some(to) => self.from.midpoint(to),
            None => self.from.max(DAY).saturating_mul(2),
        };
        let (from, middle) = (self.from, Some(middle));
        let middle = middle.filter(|it| *it > from && *it < END_OF_TIME)?;
        let earlier = Window {
            from,
            to: Some(middle),
        };
        let later = Window {
            from: middle,
            to: self.to,
        };
        Some((earlier, later))
    }
}

/// Whether what windows bring is taken, or only named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Resources,
    Names,
}

impl<P: Ports> Follower<'_, '_, P> {
    /// Takes what a chain of pages left out, of which `notes` were taken; `criteria` are those it had beside
    /// its search. `is_checked`: [`Follower::check_for_lost`] comes next, which tells whether anything is
    /// missing at all.
    ///
    /// # Errors
    /// [`Code::Incomplete`] as [`Follower::in_windows`].
    pub(super) async fn take_what_was_cut(
        &mut self,
        search: &str,
        criteria: &[String],
        notes: &mut Notes,
        is_checked: bool,
    ) -> Result<()> {
        let named = notes.names.take();
        let are_wanted = named.is_some();
        let mut names = named.unwrap_or_default();
        let taken = self
            .take_rest(search, criteria, notes.entries, &mut names)
            .await;
        notes.names = are_wanted.then_some(names);
        notes.disturbed |= match taken {
            Err(error) if error.code() == Code::Incomplete && is_checked => true,
            // Where there were more at first, some have left, and others may not have come.
            counted => notes.total > counted?,
        };
        Ok(())
    }

    /// The same of `came` resources; who comes is added to `names`. How many the server counts now.
    pub(super) async fn take_rest(
        &mut self,
        search: &str,
        criteria: &[String],
        came: u64,
        names: &mut Names,
    ) -> Result<Option<u64>> {
        let counted = self.count_there(search, criteria).await?;
        if counted.is_some_and(|counted| counted > came) {
            self.in_windows(search, criteria, came, Wanted::Resources, names)
                .await?;
        }
        Ok(counted)
    }

    /// How many a search finds on the server, where it tells.
    pub(super) async fn count_there(
        &mut self,
        search: &str,
        criteria: &[String],
    ) -> Result<Option<u64>> {
        let mut more = criteria.to_vec();
        more.push("_summary=count".to_string());
        let link = search_link(self.pull.client.base(), search, &more)?;
        match self.get(&link).await {
            Ok(answer) => Ok(Page::read(&answer.body)?.total),
            Err(error) if error.code() == Code::Http => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks for the search in windows of which the server gives all that it counts; `most`: how many it
    /// is known to give at once.
    ///
    /// # Errors
    /// [`Code::Incomplete`] where more is counted of the shortest window than is given of it, or windows
    /// can't be asked for.
    pub(super) async fn in_windows(
        &mut self,
        search: &str,
        criteria: &[String],
        most: u64,
        wanted: Wanted,
        names: &mut Names,
    ) -> Result<()> {
        let now = self.answered.unwrap_or(Instant(self.pull.clock.now()));
        let end = now.0.saturating_add(DAY);
        let all = Window {
            from: 0,
            to: Some(end),
        };
        let future = Window {
            from: end,
            to: None,
        };
        let never = Window {
            from: 0,
            to: Some(1),
        };
        let mut more = criteria.to_vec();
        more.extend(never.criteria());
        let counted = self.count_there(search, &more).await?;
        if counted.ok_or_else(incomplete)? > 0 {
            // It counts the same whatever the time.
            self.miscounted();
            return Ok(());
        }
        let mut left = vec![future, all];
        let (mut fruitless, mut stuck) = (0, false);
        while let Some(window) = left.pop() {
            if fruitless == FRUITLESS {
                self.miscounted();
                return Ok(());
            }
            let mut more = criteria.to_vec();
            more.extend(window.criteria());
            let counted = self.count_there(search, &more).await?;
            let counted = counted.ok_or_else(incomplete)?;
            fruitless += 1;
            if counted == 0 {
                continue;
            }
            let mut came = 0;
            if counted <= most || window.halves().is_none() {
                let found = self.window(search, more, window, wanted).await?;
                came = found.matches();
                if names.join(found) > 0 {
                    fruitless = 0;
                }
            }
            if came < counted {
                match window.halves() {
                    Some((earlier, later)) => left.extend([earlier, later]),
                    None => stuck = true,
                }
            }
        }
        if stuck { Err(incomplete()) } else { Ok(()) }
    }

    /// All that a window gives.
    async fn window(
        &mut self,
        search: &str,
        criteria: Vec<String>,
        window: Window,
        wanted: Wanted,
    ) -> Result<Names> {
        let mut notes = Notes {
            since: Some(Instant(window.from)),
            names: Some(Names::default()),
            apart: true,
            ..Notes::default()
        };
        let listed = match wanted {
            Wanted::Names => self.list(search, &criteria, &mut notes).await,
            Wanted::Resources => match self.take(search, &criteria, &mut notes).await {
                Err(error) if self.asks_fewer(&error) => {
                    self.take(search, &criteria, &mut notes).await
                }
                taken => taken,
            },
        };
        match listed {
            Err(error) if is_refusal(&error) => Err(incomplete()),
            Err(error) => Err(error),
            Ok(()) if notes.ignored_since => Err(incomplete()),
            Ok(()) => Ok(notes.names.unwrap_or_default()),
        }
    }

    /// Takes the resources of a search page by page, from its first one.
    async fn take(&mut self, search: &str, criteria: &[String], notes: &mut Notes) -> Result<()> {
        let mut more = criteria.to_vec();
        more.extend(count_of(search, self.count));
        let first = search_link(self.pull.client.base(), search, &more)?;
        self.chain(&first, false, notes).await.map(drop)
    }

    /// Notes that the server's counts are wrong, so that they are not believed again.
    fn miscounted(&mut self) {
        // Of a search that can't be answered here there is more to be known.
        if self.checkpoint.reason != Reason::Unanswerable as u8 {
            self.checkpoint.reason = Reason::Miscounted as u8;
        }
    }
}

pub(super) fn incomplete() -> Error {
    Error::new(
        Code::Incomplete,
        "The server counts more resources than it gives, and gives no link to the rest of them. What came \
         is kept; ask for less with each feed, such as one patient or one month, or ask the server's operator.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p1_a_window_is_halved_until_there_is_no_time_in_it() {
        let window = Window {
            from: 10,
            to: Some(13),
        };
        assert_eq!(
            window.criteria(),
            [
                "_lastUpdated=ge1970-01-01T00:00:00.010Z",
                "_lastUpdated=lt1970-01-01T00:00:00.013Z"
            ]
        );
        let (earlier, later) = window.halves().unwrap();
        assert_eq!((earlier.from, earlier.to), (10, Some(11)));
        assert_eq!((later.from, later.to), (11, Some(13)));
        assert!(earlier.halves().is_none());
        let open = Window { from: 5, to: None };
        assert_eq!(open.criteria().len(), 1);
        let (earlier, later) = open.halves().unwrap();
        assert_eq!((earlier.from, earlier.to), (5, Some(2 * DAY)));
        assert_eq!((later.from, later.to), (2 * DAY, None));
        let last = Window {
            from: END_OF_TIME / 2,
            to: None,
        };
        assert!(last.halves().is_none());
    }
}
