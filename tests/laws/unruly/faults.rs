//! What a server can do wrong: each fault a switch, named after its rule of FHIR-RULES.

use crate::chance::Chance;

/// In which order a history comes (H2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
    Shuffled,
}

/// What is written of a deletion (H5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Deletion {
    #[default]
    Whole,
    /// `request.url` is `Patient/1/_history/2`, and there is no response.
    VersionedUrl,
    /// `request.url` is `Patient/1`, and there is no response.
    PlainUrl,
    /// Only the fullUrl says who it is.
    FullUrl,
}

/// How a next link is written (P1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Links {
    #[default]
    Absolute,
    /// From the origin's root on.
    Rooted,
    /// Only a query.
    Query,
    /// Of another path, by a number that the server gave to it, and over 2 KB long.
    Numbered,
}

/// What is said of the total (P5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Total {
    #[default]
    True,
    Missing,
    TooMany,
}

/// What becomes of `_lastUpdated` in a search (P6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LastUpdated {
    #[default]
    Honoured,
    /// It is left out, and the self link says so.
    Dropped,
    /// 400
    Refused,
}

/// What the server says of its capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Capabilities {
    #[default]
    True,
    /// They can't be had: this status.
    Refused(u16),
    /// No history and no search parameter is named, whatever there is.
    Modest,
    /// Everything is named, whatever there is.
    Boastful,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) h1_seconds: bool,
    pub(crate) h2_order: Order,
    /// Milliseconds.
    pub(crate) h4_late: u64,
    /// On some resources.
    pub(crate) h4_time_ahead: bool,
    /// The clock that Bundles show.
    pub(crate) h4_clock_ahead: bool,
    pub(crate) h5_deletion: Deletion,
    /// Some entries of a history bring no resource, and there is no vread.
    pub(crate) h6_left_out: bool,
    pub(crate) h7_opaque: bool,
    /// Pages shift when something is written while they are followed.
    pub(crate) h8_drift: bool,
    /// Passing: entries of the last seconds are missing, or come twice.
    pub(crate) h8_lost: bool,
    /// The status of what has no history (H9).
    pub(crate) h9_no_system_history: Option<u16>,
    pub(crate) h9_no_type_history: Option<u16>,
    pub(crate) h9_no_instance_history: Option<u16>,
    pub(crate) p1_links: Links,
    /// A search or a history gives so many entries and no link to the rest.
    pub(crate) p1_capped: Option<usize>,
    pub(crate) p2_empty: bool,
    pub(crate) p2_short: bool,
    /// Passing.
    pub(crate) p3_cycle: bool,
    /// Passing: links die with 410 or 404.
    pub(crate) p4_expire: bool,
    /// Passing: an entry of one page comes again on the next one.
    pub(crate) p4_twice: bool,
    pub(crate) p5_total: Total,
    pub(crate) p6_last_updated: LastUpdated,
    /// `_count` of more than 100 is refused with 400.
    pub(crate) p6_count: bool,
    /// Passing: next links lead to another origin.
    pub(crate) p7_elsewhere: bool,
    /// An export of several types is refused with 400.
    pub(crate) b5_one_type: bool,
    /// What is deleted is answered with 404.
    pub(crate) r2_not_found: bool,
    /// Passing: some entries of the last seconds are SUBSETTED.
    pub(crate) r3_subsetted: bool,
    /// Passing: 429 and 503.
    pub(crate) w1_busy: bool,
    /// Passing: bodies that are cut short, 502 and no answer at all.
    pub(crate) w2_cut: bool,
    pub(crate) capabilities: Capabilities,
}

impl Faults {
    /// A few of them. Those that together leave no way to tell which version is newer don't meet.
    pub(crate) fn drawn(chance: &mut Chance) -> Faults {
        let missing = [None, Some(404), Some(501)];
        let mut faults = Faults::default();
        for _ in 0..chance.below(7) {
            match chance.below(30) {
                0 => faults.h1_seconds = true,
                1 => faults.h2_order = *chance.of(&[Order::OldestFirst, Order::Shuffled]),
                2 => faults.h4_late = 40_000,
                3 => faults.h4_time_ahead = true,
                4 => faults.h4_clock_ahead = true,
                5 => {
                    let forms = [
                        Deletion::VersionedUrl,
                        Deletion::PlainUrl,
                        Deletion::FullUrl,
                    ];
                    faults.h5_deletion = *chance.of(&forms);
                }
                6 => faults.h6_left_out = true,
                7 => faults.h7_opaque = true,
                8 => faults.h8_drift = true,
                9 => faults.h8_lost = true,
                10 => faults.h9_no_system_history = *chance.of(&missing),
                11 => faults.h9_no_type_history = *chance.of(&missing),
                12 => {
                    let status = *chance.of(&missing);
                    faults.h9_no_system_history = status;
                    faults.h9_no_type_history = status;
                    faults.h9_no_instance_history = status;
                }
                13 => faults.p1_links = *chance.of(&[Links::Rooted, Links::Query, Links::Numbered]),
                14 => faults.p2_empty = true,
                15 => faults.p2_short = true,
                16 => faults.p3_cycle = true,
                17 => faults.p4_expire = true,
                18 => faults.p4_twice = true,
                19 => faults.p5_total = *chance.of(&[Total::Missing, Total::TooMany]),
                20 => {
                    faults.p6_last_updated =
                        *chance.of(&[LastUpdated::Dropped, LastUpdated::Refused])
                }
                21 => faults.p7_elsewhere = true,
                22 => faults.r2_not_found = true,
                23 => faults.r3_subsetted = true,
                24 => faults.w1_busy = true,
                25 => faults.w2_cut = true,
                26 => faults.p6_count = true,
                27 => faults.b5_one_type = true,
                28 => faults.p1_capped = Some(8),
                _ => {
                    use Capabilities::{Boastful, Modest, Refused};
                    let told = [Refused(404), Refused(401), Refused(500), Modest, Boastful];
                    faults.capabilities = *chance.of(&told);
                }
            }
        }
        // A deletion without time and version is placed by the order alone.
        if faults.h2_order != Order::NewestFirst {
            faults.h5_deletion = Deletion::Whole;
        }
        // That there is more than is given, only a count tells that is true or can be held against what
        // the server gives of shorter times; what comes twice looks like more than there is.
        if faults.p1_capped.is_some() {
            faults.p4_twice = false;
            faults.h1_seconds = false;
            faults.p6_last_updated = LastUpdated::Honoured;
            if faults.p5_total == Total::TooMany {
                faults.p5_total = Total::True;
            }
            // Of which types it has a history, only its statement says.
            if matches!(faults.capabilities, Capabilities::Refused(_)) {
                faults.capabilities = Capabilities::True;
            }
        }
        // Nor can a history of everything be held against anything that is known of its types.
        let is_untold = matches!(faults.capabilities, Capabilities::Refused(_))
            || faults.p6_last_updated != LastUpdated::Honoured;
        if is_untold && faults.p5_total == Total::TooMany {
            faults.p5_total = Total::Missing;
        }
        // A history of everything of which more is counted than came looks like one that is cut short, and
        // those of the types are read instead.
        if faults.p5_total == Total::TooMany || faults.h8_lost && faults.p5_total != Total::Missing
        {
            faults.h9_no_type_history = None;
        }
        // With both nothing tells what is ahead.
        faults.h4_clock_ahead &= !faults.h4_time_ahead;
        faults
    }

    /// Those that stay when the server has come to rest.
    pub(crate) fn lasting(&self) -> Faults {
        Faults {
            h8_lost: false,
            p3_cycle: false,
            p4_expire: false,
            p4_twice: false,
            p7_elsewhere: false,
            r3_subsetted: false,
            w1_busy: false,
            w2_cut: false,
            ..self.clone()
        }
    }
}
