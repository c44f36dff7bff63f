//! Laws that a search server keeps whatever the data: an oracle nobody checks proves nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::answers::Answers;
use crate::chance::{Chance, each_seed};
use crate::chosen::{Asked, Asker, Features, encoded, world};
use crate::naive::{Kind, Server, Version};

const VERSIONS: [Version; 3] = [Version::R4, Version::R4B, Version::R5];

/// Worlds, and what can be asked of each.
fn in_worlds(seeds: u64, features: Features, mut law: impl FnMut(&mut Chance, &World)) {
    each_seed(seeds, |mut chance| {
        let version = VERSIONS[chance.below(3) as usize];
        let resources = world(&mut chance, version, 60);
        let world = World {
            server: <Server as Answers>::of(version, &resources),
            asker: Asker::new(version, features),
            resources,
        };
        law(&mut chance, &world);
    });
}

struct World {
    server: Server,
    asker: Asker,
    resources: Vec<Value>,
}

/// What is found must be enough to prove something, unless a single seed is tried again.
fn proves(found: usize, least: usize) {
    let alone = std::env::var("SEED").is_ok();
    assert!(
        alone || found > least,
        "too little is found to prove anything: {found}"
    );
}

type Names = BTreeSet<String>;

impl World {
    /// The matches of a query; nothing where it is refused.
    fn matches(&self, query: &str) -> Option<Names> {
        let answer = self.server.search(query).ok()?;
        let names: Names = answer.matches.iter().cloned().collect();
        assert_eq!(names.len(), answer.matches.len(), "a match twice: {query}");
        assert_eq!(answer.total, names.len(), "{query}");
        Some(names)
    }

    fn found(&self, kind: &str, asked: &Asked) -> Option<Names> {
        self.matches(&format!("{kind}?{}", asked.text()))
    }

    fn all(&self, kind: &str) -> Names {
        self.matches(kind).unwrap()
    }

    fn ask(&self, chance: &mut Chance) -> (&'static str, Asked) {
        let kind = self.asker.kind(chance);
        (kind, self.asker.condition(chance, kind, 2))
    }
}

const NO_SET: Features = Features {
    or: false,
    ..Features::ALL
};

#[test]
fn values_with_commas_are_a_union_and_parameters_an_intersection() {
    let mut found = 0;
    in_worlds(60, NO_SET, |chance, world| {
        for _ in 0..60 {
            let (kind, one) = world.ask(chance);
            let other = world.asker.same(chance, kind, &one);
            let (Some(a), Some(b)) = (world.found(kind, &one), world.found(kind, &other)) else {
                continue;
            };
            let both = world.matches(&format!("{kind}?{}&{}", one.text(), other.text()));
            let intersection: Names = a.intersection(&b).cloned().collect();
            assert_eq!(both, Some(intersection), "{kind} {one:?} {other:?}");
            if one.name != other.name || one.name.contains("missing") {
                continue;
            }
            let either = Asked {
                name: one.name.clone(),
                values: [one.values.clone(), other.values.clone()].concat(),
            };
            let negated = one.name.ends_with(":not") || one.name.ends_with(":not-in");
            let joined: Names = match negated {
                // The negation is of the whole list.
                true if !one.name.contains(['.', ' ']) && !one.name.starts_with("_has") => {
                    a.intersection(&b).cloned().collect()
                }
                true => continue,
                false => a.union(&b).cloned().collect(),
            };
            found += joined.len();
            assert_eq!(
                world.found(kind, &either),
                Some(joined),
                "{kind} {either:?}"
            );
        }
    });
    proves(found, 500);
}

#[test]
fn missing_and_not_are_complements() {
    let mut found = 0;
    in_worlds(60, Features::ALL, |chance, world| {
        for _ in 0..40 {
            let kind = world.asker.kind(chance);
            let parameter = world.asker.parameter(chance, kind);
            let all = world.all(kind);
            if parameter.kind != Kind::Composite {
                let missing = |value| {
                    world
                        .matches(&format!("{kind}?{}:missing={value}", parameter.code))
                        .unwrap()
                };
                let (without, with) = (missing("true"), missing("false"));
                assert!(without.is_disjoint(&with), "{kind} {}", parameter.code);
                assert_eq!(&without | &with, all, "{kind} {}", parameter.code);
                // What is not there is not found, whatever is searched.
                let asked = world.asker.plain(chance, parameter, kind);
                if !asked.name.contains(":not") && !asked.name.contains(":missing") {
                    let is = world.found(kind, &asked).unwrap_or_default();
                    assert!(is.is_subset(&with), "{kind} {asked:?}");
                }
            }
            if parameter.kind == Kind::Token {
                let mut asked = world.asker.plain(chance, parameter, kind);
                let (code, modifier) = asked.name.split_once(':').unwrap_or((&asked.name, ""));
                let negated = match modifier {
                    "" => "not",
                    "in" => "not-in",
                    _ => continue,
                };
                let code = code.to_string();
                let is = world.found(kind, &asked).unwrap();
                asked.name = format!("{code}:{negated}");
                let is_not = world.found(kind, &asked).unwrap();
                found += is.len();
                assert_eq!(is_not, &all - &is, "{kind} {asked:?}");
            }
        }
    });
    proves(found, 100);
}

/// A chain is a search for the targets, and one for what refers to them.
#[test]
fn a_chain_is_two_searches_and_has_is_the_way_back() {
    let mut found = 0;
    in_worlds(60, Features::ALL, |chance, world| {
        for _ in 0..40 {
            let kind = world.asker.kind(chance);
            let Some((parameter, target)) = world.asker.reference(chance, kind) else {
                continue;
            };
            // What a canonical leads to is no search: one without a version is of every version.
            if target == "Questionnaire" {
                continue;
            }
            let code = &parameter.code;
            let rest = world.asker.condition(chance, target, 1);
            let Some(targets) = world.found(target, &rest) else {
                continue;
            };
            let mut steps = Names::new();
            for name in &targets {
                let query = format!("{kind}?{code}={name}");
                steps.extend(world.matches(&query).unwrap());
            }
            let chained = Asked {
                name: format!("{code}:{target}.{}", rest.name),
                values: rest.values.clone(),
            };
            let chain = world.found(kind, &chained).unwrap();
            assert_eq!(chain, steps, "{kind} {chained:?}");
            found += chain.len();

            // And back: what some of those that fulfil it refer to.
            let rest = world.asker.condition(chance, kind, 1);
            let Some(sources) = world.found(kind, &rest) else {
                continue;
            };
            let all = world.all(target);
            let referred = all.into_iter().filter(|name| {
                let by = world.matches(&format!("{kind}?{code}={name}")).unwrap();
                !by.is_disjoint(&sources)
            });
            let referred: Names = referred.collect();
            let has = Asked {
                name: format!("_has:{kind}:{code}:{}", rest.name),
                values: rest.values.clone(),
            };
            found += referred.len();
            assert_eq!(
                world.found(target, &has),
                Some(referred),
                "{target} {has:?}"
            );
        }
    });
    proves(found, 200);
}

/// R5 search.html#prefix: what the definitions of the prefixes say of each other.
#[test]
fn prefixes_partition_what_has_one_value() {
    let mut found = 0;
    in_worlds(60, Features::ALL, |chance, world| {
        for (kind, code) in [
            ("Condition", "recorded-date"),
            ("Patient", "birthdate"),
            ("RiskAssessment", "probability"),
        ] {
            let parameter = world.asker.definition(kind, code);
            let value = world.asker.bare_value(chance, kind, parameter);
            let ask = |prefix: &str| {
                world
                    .matches(&format!("{kind}?{code}={prefix}{}", encoded(&value)))
                    .unwrap()
            };
            let present = world
                .matches(&format!("{kind}?{code}:missing=false"))
                .unwrap();
            let several = world
                .resources
                .iter()
                .any(|it| it["prediction"].as_array().is_some_and(|all| all.len() > 1));
            assert_eq!(ask("eq"), ask(""), "{kind} {code} {value}");
            assert!(ask("sa").is_subset(&ask("gt")) && ask("eb").is_subset(&ask("lt")));
            assert!(ask("gt").is_subset(&ask("ge")) && ask("lt").is_subset(&ask("le")));
            if code != "probability" || !several {
                assert!(ask("eq").is_disjoint(&ask("ne")), "{kind} {code} {value}");
                assert!(ask("sa").is_disjoint(&ask("le")) && ask("eb").is_disjoint(&ask("ge")));
            }
            let known = &ask("eq") | &ask("ne");
            assert!(known.is_subset(&present));
            assert_eq!(
                &(&ask("gt") | &ask("le")) | &ask("ge"),
                known,
                "{kind} {code} {value}"
            );
            found += known.len();
        }
    });
    proves(found, 100);
}

#[test]
fn pages_put_together_are_the_answer_in_an_order_that_the_sort_allows() {
    in_worlds(60, Features::ALL, |chance, world| {
        for _ in 0..15 {
            let query = world.asker.query(chance);
            let Ok(answer) = world.server.search(&query) else {
                continue;
            };
            assert_eq!(
                world.server.same_order(&query, &answer.matches),
                Ok(true),
                "{query}"
            );
            let joint = if query.contains('?') { '&' } else { '?' };
            let mut paged = Vec::new();
            let mut included = Names::new();
            while paged.len() < answer.total {
                let page = format!("{query}{joint}_count=3&_offset={}", paged.len());
                let page = world.server.page(&page).unwrap();
                assert!(
                    page.matches.len() == 3 || paged.len() + page.matches.len() == answer.total
                );
                let name = |it: &Value| {
                    format!(
                        "{}/{}",
                        it["resourceType"].as_str().unwrap(),
                        it["id"].as_str().unwrap()
                    )
                };
                paged.extend(page.matches.iter().map(name));
                included.extend(page.included.iter().map(name));
            }
            assert_eq!(paged, answer.matches, "{query}");
            // What only joins two pages is included on one of them.
            let beside: Names = included
                .difference(&paged.iter().cloned().collect())
                .cloned()
                .collect();
            assert_eq!(beside, answer.included, "{query}");
        }
    });
}

#[test]
fn an_order_that_the_sort_does_not_allow_is_told() {
    let mut told = 0;
    in_worlds(20, Features::ALL, |_, world| {
        for sort in ["birthdate", "-birthdate", "family"] {
            let query = format!("Patient?_sort={sort}");
            let mut matches = world.server.search(&query).unwrap().matches;
            matches.reverse();
            told += usize::from(world.server.same_order(&query, &matches) == Ok(false));
        }
    });
    proves(told, 30);
}

#[test]
fn a_compartment_has_what_refers_to_its_patient() {
    let mut found = 0;
    in_worlds(60, Features::ALL, |_, world| {
        let everything = world.matches("Patient/r0/*").unwrap();
        let observations = world.matches("Patient/r0/Observation").unwrap();
        let subject = world.matches("Observation?subject=Patient/r0").unwrap();
        let performer = world.matches("Observation?performer=Patient/r0").unwrap();
        assert_eq!(observations, &subject | &performer);
        assert!(observations.is_subset(&everything));
        let itself = "Patient/r0".to_string();
        assert_eq!(
            everything.contains(&itself),
            world.all("Patient").contains(&itself)
        );
        found += everything.len();
    });
    proves(found, 100);
}

#[test]
fn a_filter_says_the_same_as_parameters_do() {
    let mut found = 0;
    in_worlds(60, Features::ALL, |chance, world| {
        let code = chance.of(&["b", "b2", "mid", "http://loinc.org|b"]);
        let pairs = [
            (
                format!("code={code}&patient=r0"),
                format!("code eq {code} and patient re r0"),
            ),
            ("code=a,A".into(), "code eq A".into()),
            (format!("code:not={code}"), format!("not (code eq {code})")),
            (
                "patient.gender=male".into(),
                "patient.gender eq male".into(),
            ),
            (
                "date=ge2019-05-14T10:00:00Z".into(),
                "(date ge 2019-05-14T10:00:00Z)".into(),
            ),
            ("patient:missing=true".into(), "patient pr false".into()),
            ("code:in=ValueSet/v0".into(), "code in ValueSet/v0".into()),
            (
                "code:not-in=ValueSet/v0".into(),
                "code ni ValueSet/v0".into(),
            ),
            ("code:below=top".into(), "code ss top".into()),
        ];
        for (parameters, filter) in pairs {
            let by_parameters = world.matches(&format!("Observation?{parameters}")).unwrap();
            let by_filter = world.matches(&format!("Observation?_filter={}", encoded(&filter)));
            found += by_parameters.len();
            assert_eq!(by_filter, Some(by_parameters), "{parameters} {filter}");
        }
    });
    proves(found, 500);
}

/// Nothing that is chosen is wholly refused or wholly in vain.
#[test]
fn chosen_queries_are_answered_and_find_something() {
    let (mut asked, mut answered, mut found) = (0, 0, 0);
    in_worlds(60, Features::ALL, |chance, world| {
        for _ in 0..50 {
            let query = world.asker.query(chance);
            let answer = Answers::search(&world.server, &query);
            asked += 1;
            answered += usize::from(answer.is_ok());
            found += usize::from(answer.is_ok_and(|names| !names.is_empty()));
        }
    });
    assert!(answered * 10 > asked * 9, "{answered} of {asked} answered");
    assert!(found * 4 > asked, "{found} of {asked} find something");
}
