//! Which search parameters a type has, from HL7's own definitions.
//!
//! The table is made by `scripts/definitions.mjs` from the R4 definitions and checked in: a row is
//! type, code, kind, expression, targets; or a type's name alone where it has none. A type's rows are compiled when the type is first met.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::path;
use super::plan::Plan;

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

/// All that is known of one type.
#[derive(Debug, Default)]
pub struct TypeDefinition {
    /// Its parameters; their position is the number that extraction gives.
    pub parameters: Vec<Parameter>,
    /// How to find all their values in one walk.
    pub plan: Plan,
}

/// The definitions of one FHIR version.
#[derive(Debug)]
pub struct Definitions {
    rows: HashMap<&'static str, Vec<&'static str>>,
    compiled: HashMap<&'static str, OnceCell<TypeDefinition>>,
    unknown: TypeDefinition,
}

impl Definitions {
    /// FHIR R4.
    pub fn r4() -> Self {
        let mut rows: HashMap<_, Vec<_>> = HashMap::new();
        for row in include_str!("r4.tsv").lines() {
            let kind = row.split('\t').next().unwrap_or_default();
            rows.entry(kind).or_default().push(row);
        }
        let compiled = rows.keys().map(|kind| (*kind, OnceCell::new())).collect();
        Definitions {
            rows,
            compiled,
            unknown: TypeDefinition::default(),
        }
    }

    /// Whether there is such a type.
    pub fn knows(&self, kind: &str) -> bool {
        self.rows.contains_key(kind)
    }

    /// The definition of `kind`; one without parameters where the type is not known.
    pub fn of(&self, kind: &str) -> &TypeDefinition {
        match (self.rows.get(kind), self.compiled.get(kind)) {
            (Some(rows), Some(cell)) => cell.get_or_init(|| TypeDefinition::compile(rows)),
            _ => &self.unknown,
        }
    }
}

impl TypeDefinition {
    fn compile(rows: &[&'static str]) -> TypeDefinition {
        let mut definition = TypeDefinition::default();
        for row in rows {
            let mut fields = row.split('\t').skip(1);
            let mut field = || fields.next().unwrap_or_default();
            let (code, kind, expression, targets) = (field(), field(), field(), field());
            let kind = match kind {
                "token" => ParameterKind::Token,
                "reference" => ParameterKind::Reference,
                "date" => ParameterKind::Date,
                "string" => ParameterKind::String,
                _ => continue,
            };
            // A test holds that every row of the table compiles; a row that did not would leave its
            // parameter unknown, and a query by it refused.
            let Ok(paths) = path::compile(expression) else {
                continue;
            };
            let number = definition.parameters.len();
            for path in &paths {
                definition.plan.add(path, number, kind);
            }
            let filtered = paths.iter().filter_map(|path| path.target.as_deref());
            let filtered: Vec<_> = filtered.collect();
            let allowed = |target: &&str| filtered.is_empty() || filtered.contains(target);
            definition.parameters.push(Parameter {
                code,
                kind,
                targets: targets.split(',').filter(allowed).collect(),
            });
        }
        definition
    }

    /// The parameter called `code` and its number.
    pub fn parameter(&self, code: &str) -> Option<(usize, &Parameter)> {
        let mut numbered = self.parameters.iter().enumerate();
        numbered.find(|(_, parameter)| parameter.code == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_compiles() {
        let definitions = Definitions::r4();
        let mut rows = 0;
        for (kind, expected) in &definitions.rows {
            let parameters = expected.iter().filter(|row| row.contains('\t')).count();
            assert_eq!(definitions.of(kind).parameters.len(), parameters, "{kind}");
            rows += parameters;
        }
        assert!(rows > 200, "{rows}");
    }

    #[test]
    fn patient_is_the_only_target_where_the_expression_says_so() {
        let definitions = Definitions::r4();
        let (_, patient) = definitions.of("Observation").parameter("patient").unwrap();
        assert_eq!(patient.targets, ["Patient"]);
        let (_, subject) = definitions.of("Observation").parameter("subject").unwrap();
        assert!(subject.targets.contains(&"Group"));
        assert!(definitions.of("NoSuchType").parameters.is_empty());
    }
}
