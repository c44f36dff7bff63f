//! `_pretty`: the same JSON, a member a line.

/// Indents JSON. What stands between quotes, and every number, stays as it is.
pub(super) fn indented(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut at) = (0usize, 0);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let begin = at - 1;
                while let Some(&inner) = json.get(at) {
                    at += if inner == b'\\' { 2 } else { 1 };
                    if inner == b'"' {
                        break;
                    }
                }
                at = at.min(json.len());
                out.extend_from_slice(&json[begin..at]);
            }
            b'{' | b'[' => {
                out.push(byte);
                let rest = json[at..].trim_ascii_start();
                match rest.first() {
                    Some(b'}' | b']') => {
                        out.push(rest[0]);
                        at = json.len() - rest.len() + 1;
                    }
                    _ => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            byte if byte.is_ascii_whitespace() => {}
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l4_indented_json_says_the_same_and_keeps_its_numbers() {
        let json = br#"{"a" : [ ],"b":{},"c":[1.50,"x, \"{y}\" \\",{"d":null}] }"#;
        let text = String::from_utf8(indented(json)).unwrap();
        let expected = "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1.50,\n    \"x, \\\"{y}\\\" \\\\\",\n    {\n      \"d\": null\n    }\n  ]\n}";
        assert_eq!(text, expected);
    }

    #[test]
    fn l9_any_bytes_are_indented() {
        for bytes in [&b"\"\\"[..], b"}}]", b"{", b"\"", b"[,", b"\"a\\\""] {
            indented(bytes);
        }
    }
}
