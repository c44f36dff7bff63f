//! JSON as serde_json reads it, beside which ours is held.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::de::{Deserializer, StrRead};

/// Whether `bytes` are one JSON value, by another's word.
pub fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// `bytes` as a tree; `None` also for what that cannot hold, such as half of a surrogate pair.
pub fn tree(bytes: &[u8]) -> Option<Value> {
    let mut deserializer = Deserializer::new(StrRead::new(std::str::from_utf8(bytes).ok()?));
    deserializer.disable_recursion_limit();
    let value = Value::deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}
