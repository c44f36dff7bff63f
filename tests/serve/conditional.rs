//! Reads on condition (R1; R5 http.html#cread).

use crate::world::open;

const NAME: &str = "if-none-match";
const SINCE: &str = "if-modified-since";

#[track_caller]
fn assert_status(expected: u16, target: &str, headers: &[(&str, &str)]) {
    let answer = open().get_with(target, headers);
    assert_eq!(answer.status(), expected, "{headers:?}");
    assert_eq!(answer.header("etag"), Some("W/\"3\""), "{headers:?}");
    assert!(answer.header("last-modified").is_some());
    assert_eq!(answer.0.body.is_empty(), expected == 304);
}

#[test]
fn r1_who_has_the_version_is_told_so_however_the_tag_is_written() {
    for tag in [
        "W/\"3\"",
        "\"3\"",
        "3",
        "*",
        "W/\"1\", W/\"3\"",
        "\"9\",\"3\"",
    ] {
        assert_status(304, "Observation/mine", &[(NAME, tag)]);
        assert_status(304, "Observation/mine/_history/3", &[(NAME, tag)]);
    }
    for tag in ["W/\"2\"", "W/\"33\"", "\"\"", "", "W/\"1\", W/\"2\""] {
        assert_status(200, "Observation/mine", &[(NAME, tag)]);
    }
}

#[test]
fn r1_since_a_time_by_the_second_that_a_header_has() {
    for at in [
        "Sun, 07 Jan 2024 08:00:00 GMT",
        "Mon, 08 Jan 2024 00:00:00 GMT",
    ] {
        assert_status(304, "Observation/mine", &[(SINCE, at)]);
    }
    for at in ["Sun, 07 Jan 2024 07:59:59 GMT", "yesterday", ""] {
        assert_status(200, "Observation/mine", &[(SINCE, at)]);
    }
}

#[test]
fn a_tag_says_more_than_a_time() {
    let later = (SINCE, "Mon, 08 Jan 2024 00:00:00 GMT");
    assert_status(200, "Observation/mine", &[(NAME, "W/\"2\""), later]);
    let earlier = (SINCE, "Mon, 01 Jan 2024 00:00:00 GMT");
    assert_status(304, "Observation/mine", &[(NAME, "W/\"3\""), earlier]);
}

#[test]
fn what_is_gone_or_was_never_there_is_so_on_any_condition() {
    for tag in ["*", "W/\"2\""] {
        let status = |target| open().get_with(target, &[(NAME, tag)]).status();
        assert_eq!(status("Observation/gone"), 410);
        assert_eq!(status("Observation/none"), 404);
    }
}
