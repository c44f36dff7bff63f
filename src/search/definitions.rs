//! Which search parameters a type has, from HL7's own definitions.
//!
//! The table is made by `scripts/definitions.mjs` from the R4 definitions and checked in: a row is
//! type, code, kind, expression, targets; or a type's name alone where it has none. A type's rows are compiled when the type is first met.

use std::cell::OnceCell;

use super::parameter::{Parameter, ParameterKind};
use super::path;
use super::plan::Plan;

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
    /// In the order of their names.
    types: Vec<Type>,
    unknown: TypeDefinition,
}

#[derive(Debug)]
struct Type {
    name: &'static str,
    rows: Vec<&'static str>,
    compiled: OnceCell<TypeDefinition>,
}

impl Definitions {
    /// FHIR R4.
    pub fn r4() -> Self {
        let rows: Vec<&str> = include_str!("r4.tsv").lines().collect();
        let name = |row: &&'static str| row.split('\t').next().unwrap_or_default();
        let types = rows.chunk_by(|a, b| name(a) == name(b)).map(|rows| Type {
            name: name(&rows[0]),
            rows: rows.to_vec(),
            compiled: OnceCell::new(),
        });
        Definitions {
            types: types.collect(),
            unknown: TypeDefinition::default(),
        }
    }

    /// Whether there is such a type.
    pub fn knows(&self, kind: &str) -> bool {
        self.find(kind).is_some()
    }

    /// The definition of `kind`; one without parameters where the type is not known.
    pub fn of(&self, kind: &str) -> &TypeDefinition {
        let compile = |found: &'_ Type| TypeDefinition::compile(&found.rows);
        match self.find(kind) {
            Some(found) => found.compiled.get_or_init(|| compile(found)),
            None => &self.unknown,
        }
    }

    fn find(&self, kind: &str) -> Option<&Type> {
        let at = self.types.binary_search_by(|known| known.name.cmp(kind));
        at.ok().map(|at| &self.types[at])
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
        for Type {
            name,
            rows: expected,
            ..
        } in &definitions.types
        {
            let parameters = expected.iter().filter(|row| row.contains('\t')).count();
            assert_eq!(definitions.of(name).parameters.len(), parameters, "{name}");
            assert!(definitions.knows(name));
            rows += parameters;
        }
        assert!(definitions.types.is_sorted_by_key(|known| known.name));
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
