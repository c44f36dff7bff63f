//! What a request is for, in the words of its errors.

use std::fmt;

/// What a link was made for; its errors say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interaction {
    /// `GET metadata`
    Capabilities,
    /// `GET Type/id`
    Read,
    /// `GET Type/id/_history/version`
    Vread,
    /// `GET Type?...` or `POST Type/_search`, and its further pages.
    Search,
    /// `GET [Type[/id]/]_history` and its further pages.
    History,
    /// `GET` or `POST` of `[Type[/id]/]$name`.
    Operation,
    /// `POST` of a batch to the base.
    Batch,
    /// What a bulk export gave to ask for how far it is.
    BulkStatus,
    /// A file of a bulk export.
    BulkFile,
    /// `GET $replica`: what a server's replica consists of.
    Published,
    /// `GET $replica/lineage/pack`: values of it.
    Pack,
}

impl fmt::Display for Interaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Interaction::Capabilities => "a request for its capabilities",
            Interaction::Read => "a read",
            Interaction::Vread => "a read of a version",
            Interaction::Search => "a search",
            Interaction::History => "a request for history",
            Interaction::Operation => "an operation",
            Interaction::Batch => "a batch of reads",
            Interaction::BulkStatus => "a request for the status of an export",
            Interaction::BulkFile => "a request for a file of an export",
            Interaction::Published => "a request for its replica",
            Interaction::Pack => "a request for a part of its replica",
        })
    }
}
