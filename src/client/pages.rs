//! A search or a history, page after page, to its end (P1 to P3, P7).

use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_128;

use super::ask::Ask;
use super::base::{Base, Link};
use super::client::Client;
use super::credentials::Credentials;
use crate::fhir::Page;
use crate::host::{Clock, Transport};
use crate::{Code, Error, Result};

/// The links of one chain of pages, from its first request on.
///
/// For callers that fetch a page while they work on the one before; others use [`Pages`].
#[derive(Clone, Debug)]
pub struct Chain {
    base: Base,
    latest: Link,
    /// Hashes of the links given out: a chain may have thousands of pages with links of 2 KB.
    /// In ascending order.
    seen: Vec<u128>,
}

impl Chain {
    /// A chain that begins with `first`.
    pub fn new(base: &Base, first: Link) -> Self {
        Chain {
            base: base.clone(),
            seen: vec![fingerprint(&first)],
            latest: first,
        }
    }

    /// The link last given out: that of the page whose next link can be followed.
    pub fn latest(&self) -> &Link {
        &self.latest
    }

    /// The link of the next page, by what the latest page says of it.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] when it leads out of the base (P7), [`Code::LinkCycle`] when it was
    /// given out before (P3). The chain is unchanged then.
    pub fn follow(&mut self, next: &str) -> Result<Link> {
        let link = self.base.resolve(&self.latest, next)?;
        let fingerprint = fingerprint(&link);
        let Err(place) = self.seen.binary_search(&fingerprint) else {
            let sentence = format!(
                "{} answered {} with a next link that was followed before; the rest of the pages \
                 can't be had. Ask for it anew, or for less.",
                self.base,
                link.interaction()
            );
            return Err(Error::new(Code::LinkCycle, sentence));
        };
        self.seen.insert(place, fingerprint);
        self.latest = link.clone();
        Ok(link)
    }
}

fn fingerprint(link: &Link) -> u128 {
    xxh3_128(link.as_str().as_bytes())
}

/// The pages of a search or a history, each as the server sent it.
#[derive(Debug)]
pub struct Pages<T, C, K> {
    client: Rc<Client<T, C, K>>,
    chain: Chain,
    ahead: Ahead,
    /// How the first page is asked for.
    first: First,
}

/// How the first page is asked for; all others are a plain GET (R9).
#[derive(Debug, Default)]
pub struct First {
    /// A form to be posted.
    pub form: Option<Vec<u8>>,
    /// `strict` or `lenient`: what the server is to do about a parameter that it does not know (P6).
    pub handling: Option<String>,
}

/// What the next call brings.
#[derive(Debug)]
enum Ahead {
    Page(Link),
    /// The next link was refused after its page had been given out.
    Refused(Error),
    End,
}

impl<T: Transport, C: Clock, K: Credentials> Pages<T, C, K> {
    /// The pages from `first` on. Nothing is requested yet.
    pub fn new(client: Rc<Client<T, C, K>>, first: Link) -> Self {
        Pages {
            chain: Chain::new(client.base(), first.clone()),
            client,
            ahead: Ahead::Page(first),
            first: First::default(),
        }
    }

    /// The same, but that the first page is asked for so.
    pub fn beginning(mut self, first: First) -> Self {
        self.first = first;
        self
    }

    /// The next page, or `None` after the last; an empty page is a page (P2).
    ///
    /// # Errors
    /// Those of [`Client::get`], [`Page::read`] and [`Chain::follow`]. After an error the next call
    /// tries the same page again; a next link that is refused stays refused.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let link = match &self.ahead {
            Ahead::Page(link) => link,
            Ahead::Refused(error) => return Err(error.clone()),
            Ahead::End => return Ok(None),
        };
        let mut ask = match &self.first.form {
            Some(form) => Ask::post_form(link, form.clone()),
            None => Ask::get(link),
        };
        if let Some(handling) = &self.first.handling {
            ask = ask.prefer(&format!("handling={handling}"));
        }
        let body = self.client.ask(&ask).await?.body;
        self.ahead = match Page::read(&body)?.next.map(|next| self.chain.follow(&next)) {
            None => Ahead::End,
            Some(Ok(link)) => Ahead::Page(link),
            Some(Err(error)) => Ahead::Refused(error),
        };
        self.first = First::default();
        Ok(Some(body))
    }
}
