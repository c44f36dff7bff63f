//! Which features of search queries are chosen from.

/// Each is off or on; what is off is in no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) numbers: bool,
    pub(crate) quantities: bool,
    pub(crate) uris: bool,
    pub(crate) composites: bool,
    /// All but `ap`.
    pub(crate) prefixes: bool,
    pub(crate) ap: bool,
    /// Several values with commas.
    pub(crate) or: bool,
    pub(crate) escapes: bool,
    pub(crate) missing: bool,
    /// `:exact` and `:contains`
    pub(crate) exact_contains: bool,
    /// `:text` and `:code-text`
    pub(crate) text_modifiers: bool,
    pub(crate) not: bool,
    /// `:in` and `:not-in`
    pub(crate) value_sets: bool,
    pub(crate) of_type: bool,
    pub(crate) identifier: bool,
    /// `:above` and `:below`
    pub(crate) hierarchies: bool,
    /// `subject:Patient=1`
    pub(crate) type_modifier: bool,
    pub(crate) canonicals: bool,
    pub(crate) chains: bool,
    pub(crate) has: bool,
    pub(crate) includes: bool,
    /// `:iterate`, and `*` of includes.
    pub(crate) iterate: bool,
    pub(crate) sort: bool,
    /// `_tag _profile _security _source _language`
    pub(crate) meta: bool,
    /// `_text _content`
    pub(crate) words: bool,
    pub(crate) list: bool,
    pub(crate) filter: bool,
    pub(crate) compartments: bool,
    /// Searches over all types, and `_type`.
    pub(crate) system: bool,
    /// Any parameter of the type, also those that no chosen resource has a value for.
    pub(crate) any_parameter: bool,
}

impl Features {
    pub(crate) const ALL: Features = Features {
        numbers: true,
        quantities: true,
        uris: true,
        composites: true,
        prefixes: true,
        ap: true,
        or: true,
        escapes: true,
        missing: true,
        exact_contains: true,
        text_modifiers: true,
        not: true,
        value_sets: true,
        of_type: true,
        identifier: true,
        hierarchies: true,
        type_modifier: true,
        canonicals: true,
        chains: true,
        has: true,
        includes: true,
        iterate: true,
        sort: true,
        meta: true,
        words: true,
        list: true,
        filter: true,
        compartments: true,
        system: true,
        any_parameter: true,
    };
}
