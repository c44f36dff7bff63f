//! What the examples of the specification leave open.

mod answers;
mod values;
