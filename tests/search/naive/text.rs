//! Text as searches compare it (R5 search.html#string), and the words in it.

use serde_json::Value;

/// The letters that a diacritical mark was put on, and those with the mark.
const MARKED: [(char, &str); 14] = [
    ('a', "àáâãäåāăą"),
    ('c', "çćĉċč"),
    ('d', "ď"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('i', "ìíîïĩīĭį"),
    ('l', "ĺļľ"),
    ('n', "ñńņň"),
    ('o', "òóôõöōŏő"),
    ('r', "ŕŗř"),
    ('s', "śŝşš"),
    ('u', "ùúûüũūŭůűų"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
];

/// Lower case, without diacritical marks, white space single.
pub(crate) fn fold(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower = words.join(" ").to_lowercase();
    let base = |letter: char| {
        let marked = MARKED.iter().find(|(_, marked)| marked.contains(letter));
        marked.map_or(letter, |(base, _)| *base)
    };
    let kept = lower
        .chars()
        .filter(|it| !('\u{300}'..='\u{36f}').contains(it));
    kept.map(base).collect()
}

/// Every string that a search for a string looks at: of a HumanName and an Address each part by
/// itself.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    const PARTS: [&str; 11] = [
        "text",
        "family",
        "given",
        "prefix",
        "suffix",
        "line",
        "city",
        "district",
        "state",
        "postalCode",
        "country",
    ];
    match value {
        Value::String(text) => vec![text],
        Value::Object(members) => {
            let parts = PARTS.iter().filter_map(|part| members.get(*part));
            parts.flat_map(leaves).collect()
        }
        _ => Vec::new(),
    }
}

/// Every string anywhere in a value.
pub(crate) fn leaves(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(leaves).collect(),
        Value::Object(members) => members.values().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

/// XHTML without its tags.
pub(crate) fn without_tags(xhtml: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in xhtml.chars() {
        match character {
            '<' => inside = true,
            // A tag parts words.
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(character),
            _ => {}
        }
    }
    out
}

/// Whether every word of `searched` is a word of one of the texts.
pub(crate) fn has_words<'t>(texts: impl IntoIterator<Item = &'t str>, searched: &str) -> bool {
    let words = |text: &str| {
        let folded = fold(text);
        let words = folded.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).map(String::from);
        words.collect::<Vec<String>>()
    };
    let there: Vec<String> = texts.into_iter().flat_map(words).collect();
    words(searched).iter().all(|word| there.contains(word))
}
