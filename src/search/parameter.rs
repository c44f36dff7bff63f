//! A search parameter: its name, how it compares, and where it may point.

/// How a parameter's values are compared (R5 search.html#ptypes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Codes, with or without their system.
    Token,
    /// References to other resources.
    Reference,
    /// Ranges of time.
    Date,
    /// Text, folded to lower case without diacritics.
    String,
}

/// One search parameter of one type.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name in a query.
    pub code: &'static str,
    /// How it compares.
    pub kind: ParameterKind,
    /// The types that a reference may point to.
    pub targets: Vec<&'static str>,
}
