//! The prefixes of ordered values (R5 search.html#prefix).

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    Sa,
    Eb,
    Ap,
}

impl Prefix {
    pub(crate) fn named(text: &str) -> Option<Prefix> {
        Some(match text {
            "eq" => Prefix::Eq,
            "ne" => Prefix::Ne,
            "gt" => Prefix::Gt,
            "lt" => Prefix::Lt,
            "ge" => Prefix::Ge,
            "le" => Prefix::Le,
            "sa" => Prefix::Sa,
            "eb" => Prefix::Eb,
            "ap" => Prefix::Ap,
            _ => return None,
        })
    }

    /// Without a prefix it is `eq`.
    pub(crate) fn split(value: &str) -> (Prefix, &str) {
        let named = value.get(..2).and_then(Prefix::named);
        named.map_or((Prefix::Eq, value), |prefix| (prefix, &value[2..]))
    }
}
