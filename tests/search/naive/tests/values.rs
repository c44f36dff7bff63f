//! The tables of R5 search.html that say what values mean.

use serde_json::json;

use crate::naive::date::Span;
use crate::naive::definitions::{Definitions, Version};
use crate::naive::evaluate::{Item, evaluate};
use crate::naive::number::{Extent, Search};
use crate::naive::path::Path;
use crate::naive::prefix::Prefix;
use crate::naive::text::{fold, has_words, strings, without_tags};
use crate::naive::token::{Search as TokenSearch, Token};
use crate::naive::{Refusal, date, escape};

fn holds(search: &str, has: &serde_json::Value, now: &str) -> bool {
    let (prefix, span) = date::parse(search).unwrap();
    let now = Span::parse(now).unwrap().first;
    date::holds(prefix, span, Span::of(has).unwrap(), now)
}

/// R5 search.html#date, the table of prefixes.
#[test]
fn dates_compare_as_the_table_says() {
    let from_january = json!({"start": "2013-01-21"});
    let from_march = json!({"start": "2013-03-15"});
    let until_january = json!({"end": "2013-01-21"});
    let day = json!("2013-01-14");
    let table = [
        ("eq2013-01-14", json!("2013-01-14T00:00"), true),
        ("eq2013-01-14", json!("2013-01-14T10:00"), true),
        ("eq2013-01-14", json!("2013-01-15T00:00"), false),
        ("ne2013-01-14", json!("2013-01-15T00:00"), true),
        ("ne2013-01-14", json!("2013-01-14T00:00"), false),
        ("ne2013-01-14", json!("2013-01-14T10:00"), false),
        ("lt2013-01-14T10:00", day.clone(), true),
        ("gt2013-01-14T10:00", day.clone(), true),
        ("ge2013-03-14", from_january.clone(), true),
        ("le2013-03-14", from_january.clone(), true),
        ("sa2013-03-14", from_march.clone(), true),
        ("sa2013-03-14", from_january.clone(), false),
        ("sa2013-03-14", until_january.clone(), false),
        ("eb2013-03-14", from_march, false),
        ("eb2013-03-14", from_january, false),
        ("eb2013-03-14", until_january, true),
        ("ap2013-03-14", json!("2013-03-14"), true),
        ("ap2013-03-14", json!("2013-01-21"), false),
        ("ap2013-03-14", json!("2015-06-15"), false),
        // Not in the table: no prefix, and what a prefix must not match.
        ("2013-01-14", day.clone(), true),
        ("gt2013-01-14", day.clone(), false),
        ("lt2013-01-14", day.clone(), false),
        ("ge2013-01-14", day.clone(), true),
        ("le2013-01-14", day, true),
    ];
    for (search, has, expected) in table {
        assert_eq!(
            holds(search, &has, "2014-03-14"),
            expected,
            "{search} {has}"
        );
    }
}

/// R5 search.html#date, "Other notes" and the data types.
#[test]
fn a_date_covers_all_that_its_precision_leaves_open() {
    let same = |one: &str, first: &str, last: &str| {
        let (first, last) = (Span::parse(first).unwrap(), Span::parse(last).unwrap());
        let span = Span::parse(one).unwrap();
        assert_eq!((span.first, span.last), (first.first, last.last), "{one}");
    };
    same("2000", "2000-01-01T00:00", "2000-12-31T23:59");
    same("2000-04", "2000-04-01T00:00", "2000-04-30T23:59");
    same("2012-02", "2012-02-01", "2012-02-29");
    same("1900", "1900-01-01", "1900-12-31");
    same(
        "2013-01-10T10:00:00-05:00",
        "2013-01-10T15:00:00Z",
        "2013-01-10T15:00:00Z",
    );
    same(
        "2013-01-10T10:00:00.5Z",
        "2013-01-10T10:00:00.500Z",
        "2013-01-10T10:00:00.599Z",
    );
    assert_eq!(Span::parse("1970-01-02").unwrap().first, 86_400_000);
    assert_eq!(Span::parse("1969-12-31").unwrap().last, -1);
    for text in [
        "",
        "13",
        "2013-",
        "2013-00",
        "2013-02-29",
        "2013-1-1",
        "2013-01-01T10",
        "2013-01-01T24:00",
    ] {
        assert_eq!(Span::parse(text), None, "{text}");
    }
    // "Only the outer limits matter."
    let timing = json!({"event": ["2013-02-01", "2013-01-31"],
        "repeat": {"boundsPeriod": {"start": "2013-02-05", "end": "2013-03-24"}}});
    assert!(holds("gt2013-03-23", &timing, "2020") && holds("lt2013-02-01", &timing, "2020"));
    assert!(!holds("gt2013-03-24", &timing, "2020") && !holds("lt2013-01-31", &timing, "2020"));
}

#[test]
fn ap_of_a_date_is_a_tenth_of_the_gap_between_now_and_it() {
    let near = |has| holds("ap2020-01-11", &json!(has), "2020-04-21");
    // 100 days less the rest of the day before now: nearly ten days to each side.
    assert!(near("2020-01-20") && near("2020-01-02"));
    assert!(!near("2020-01-23") && !near("2019-12-31"));
}

/// R5 search.html#number, the table.
#[test]
fn numbers_compare_as_the_table_says() {
    let table = [
        ("100", "99.5", true),
        ("100", "100.49", true),
        ("100", "100.5", false),
        ("100", "99.49", false),
        ("100.00", "99.995", true),
        ("100.00", "100.005", false),
        ("1e2", "95", true),
        ("1e2", "105", false),
        ("1e2", "94.9", false),
        // "100 and 1.00e2 both have the same number of significant digits."
        ("1.00e2", "100.4", true),
        ("1.00e2", "100.5", false),
        ("5.40e-3", "0.005404", true),
        ("5.40e-3", "0.005405", false),
        ("lt100", "99.99", true),
        ("lt100", "100", false),
        ("le100", "100", true),
        ("le100", "100.1", false),
        ("gt100", "100.1", true),
        ("gt100", "100", false),
        ("ge100", "100", true),
        ("ge100", "99.9", false),
        ("ne100", "99.4", true),
        ("ne100", "100.4", false),
        ("ap5.4", "5.94", true),
        ("ap5.4", "5.95", false),
        ("ap5.4", "4.86", true),
        ("ap-10", "-11", true),
        ("sa1", "1.1", true),
        ("sa1", "1", false),
        ("eb1", "0.9", true),
        ("-5", "-5.4", true),
    ];
    for (search, has, expected) in table {
        let number: serde_json::Value = serde_json::from_str(has).unwrap();
        let found = Search::parse(search)
            .unwrap()
            .holds(Extent::of(&number).unwrap());
        assert_eq!(found, expected, "{search} {has}");
    }
    for text in ["", "x", "1,5", "1e", "--1", "1.2.3"] {
        assert!(Search::parse(text).is_err(), "{text}");
    }
    // R5 search.html#prefix: a Range "is explicitly a range".
    let range = |value| Extent::of(&value).unwrap();
    let open = range(json!({"low": {"value": 5}}));
    let closed = range(json!({"low": {"value": 5}, "high": {"value": 6}}));
    let holds = |search, has| Search::parse(search).unwrap().holds(has);
    assert!(holds("gt100", open) && holds("sa4", open) && !holds("eb100", open));
    assert!(
        holds("gt5", closed) && holds("lt6", closed) && !holds("5", closed) && holds("ne5", closed)
    );
}

/// R5 search.html#string: the examples of `eve`, and its first paragraph.
#[test]
fn strings_are_compared_without_case_and_diacritics() {
    assert_eq!(fold("  Müller \t Ångström "), "muller angstrom");
    assert_eq!(fold("Jose\u{301}"), "jose");
    assert!(fold("Evelyn").starts_with(&fold("eve")) && fold("Severine").contains(&fold("Eve")));
    let name = json!({"use": "official", "family": "Carreno Quinones", "given": ["Ana", "Eve"],
        "period": {"start": "2000"}});
    assert_eq!(strings(&name), ["Carreno Quinones", "Ana", "Eve"]);
    assert!(has_words(["the liver, and bone"], "Bone liver") && !has_words(["bones"], "bone"));
    assert_eq!(
        without_tags("<p>a</p>b")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
}

/// R5 search.html#token, the four forms.
#[test]
fn tokens_have_four_forms() {
    let token = |system: Option<&str>, code: &str| Token {
        system: system.map(String::from),
        code: Some(code.to_string()),
    };
    let (with, without) = (token(Some("s"), "c"), token(None, "c"));
    let table = [
        ("c", true, true),
        ("s|c", true, false),
        ("|c", false, true),
        ("s|", true, false),
        ("t|c", false, false),
        ("C", false, false),
    ];
    for (search, in_system, alone) in table {
        let search = TokenSearch::parse(search).unwrap();
        assert_eq!(
            (search.holds(&with), search.holds(&without)),
            (in_system, alone),
            "{search:?}"
        );
    }
}

/// R5 search.html#escaping.
#[test]
fn separators_are_escaped_and_escapes_are_escaped() {
    assert_eq!(escape::split(r"a,b", ','), ["a", "b"]);
    assert_eq!(escape::split(r"a\,b", ','), [r"a\,b"]);
    assert_eq!(escape::split(r"a\\,b", ','), [r"a\\", "b"]);
    assert_eq!(escape::unescape(r"xx\$x\\x\|\,").unwrap(), r"xx$x\x|,");
    assert!(matches!(
        escape::unescape(r"xx\xx"),
        Err(Refusal::BadInput(_))
    ));
    assert_eq!(escape::decode("a%2Cb+c").unwrap(), "a,b c");
    assert!(escape::decode("%zz").is_err() && escape::decode("%").is_err());
}

#[test]
fn a_prefix_is_two_letters_or_none() {
    assert_eq!(Prefix::split("ge5"), (Prefix::Ge, "5"));
    assert_eq!(Prefix::split("5"), (Prefix::Eq, "5"));
    assert_eq!(Prefix::split("é"), (Prefix::Eq, "é"));
}

#[test]
fn fhirpath_selects_what_search_parameters_mean() {
    let resource = json!({
        "resourceType": "Patient", "id": "p",
        "name": [{"given": ["A", null, "B"]}, {"family": "C"}],
        "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
        "deceasedBoolean": false,
        "valueQuantity": {"value": 1}, "valueSet": "none",
        "extension": [{"url": "u", "valueString": "x"}],
        "subject": [{"reference": "Group/1"}, {"reference": "http://x.org/Patient/2/_history/1"},
            {"type": "Patient"}, {"reference": "#Patient"}],
        "entry": [{"resource": {"resourceType": "Composition"}}, {"resource": {"resourceType": "Patient"}}],
    });
    let select = |text: &str| {
        let items = evaluate(&Path::parse(text).unwrap(), &Item::of(&resource), &resource);
        let values = items.into_iter().map(|item| item.value.into_owned());
        serde_json::Value::from(values.collect::<Vec<_>>())
    };
    let table = [
        ("name.given", json!(["A", "B"])),
        (
            "Patient.name.family | name.given.first()",
            json!(["C", "A"]),
        ),
        ("telecom.where(system='phone').value", json!(["1"])),
        ("(value as Quantity).value", json!([1])),
        ("value.ofType(string)", json!([])),
        (
            "value.as(Quantity) | value.as(Range)",
            json!([{"value": 1}]),
        ),
        ("extension('u').value", json!(["x"])),
        ("deceased.exists() and deceased != false", json!([false])),
        ("active.exists() and active != false", json!([false])),
        ("id.exists() and id != false", json!([true])),
        ("name[1].family", json!(["C"])),
        (
            "entry[0].resource as Composition",
            json!([{"resourceType": "Composition"}]),
        ),
        ("%resource.id", json!(["p"])),
        ("name.where(hasExtension('u'))", json!([])),
        ("name.where(family.exists()).family", json!(["C"])),
        (
            "subject.where(resolve() is Group)",
            json!([{"reference": "Group/1"}]),
        ),
        (
            "subject.where(resolve() is Patient)",
            json!([{"reference": "http://x.org/Patient/2/_history/1"}, {"type": "Patient"}]),
        ),
    ];
    for (path, expected) in table {
        assert_eq!(select(path), expected, "{path}");
    }
}

#[test]
fn all_expressions_of_all_versions_are_read_and_evaluated() {
    let resource = json!({"resourceType": "Patient"});
    for version in [Version::R4, Version::R4B, Version::R5] {
        let definitions = Definitions::of(version);
        let names: Vec<&str> = definitions.names().collect();
        assert!(names.len() > 130);
        for kind in names {
            for parameter in definitions.parameters(kind) {
                evaluate(&parameter.path, &Item::of(&resource), &resource);
                for (_, path) in &parameter.components {
                    evaluate(path, &Item::of(&resource), &resource);
                }
            }
        }
    }
}
