//! The paths of all parameters of a type, merged into one tree, so that a resource is walked once.

use super::parameter::ParameterKind;
use super::path::Path;

/// The tree; the root stands for the resource.
#[derive(Debug, Default)]
pub struct Plan {
    /// Where the walk starts.
    pub root: Node,
}

/// An element on the way to some value.
#[derive(Debug, Default)]
pub struct Node {
    children: Vec<Child>,
    /// The parameters whose value stands here.
    pub leaves: Vec<Leaf>,
}

#[derive(Debug)]
struct Child {
    element: String,
    /// The type that is meant; of a choice element without one any type will do.
    only: Option<String>,
    node: Node,
}

/// A parameter that takes the value of an element.
#[derive(Debug)]
pub struct Leaf {
    /// The parameter's number in its type.
    pub parameter: usize,
    /// How to read the value.
    pub kind: ParameterKind,
    /// For references: only those to this type.
    pub target: Option<String>,
}

/// The types that name the variants of a choice element and can hold a searchable value.
const TYPES: [&str; 24] = [
    "Address",
    "Age",
    "Annotation",
    "Boolean",
    "Canonical",
    "Code",
    "CodeableConcept",
    "Coding",
    "ContactPoint",
    "Date",
    "DateTime",
    "Decimal",
    "HumanName",
    "Id",
    "Identifier",
    "Instant",
    "Integer",
    "Markdown",
    "Period",
    "Quantity",
    "Range",
    "Reference",
    "String",
    "Timing",
];

impl Plan {
    /// Adds one path of one parameter.
    pub fn add(&mut self, path: &Path, parameter: usize, kind: ParameterKind) {
        let mut node = &mut self.root;
        for step in &path.steps {
            node = node.child_or_new(&step.element, step.only.as_deref());
        }
        node.leaves.push(Leaf {
            parameter,
            kind,
            target: path.target.clone(),
        });
    }
}

impl Node {
    /// The node for the JSON member `key`: the element itself, or a choice element of some type.
    #[inline]
    pub fn child(&self, key: &[u8]) -> Option<&Node> {
        let found = self.children.iter().find(|child| child.is(key))?;
        Some(&found.node)
    }

    /// Whether the walk goes on below.
    pub fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    fn child_or_new(&mut self, element: &str, only: Option<&str>) -> &mut Node {
        let same = |child: &Child| child.element == element && child.only.as_deref() == only;
        let at = self.children.iter().position(same).unwrap_or_else(|| {
            self.children.push(Child {
                element: element.to_string(),
                only: only.map(str::to_string),
                node: Node::default(),
            });
            self.children.len() - 1
        });
        &mut self.children[at].node
    }
}

impl Child {
    #[inline]
    fn is(&self, key: &[u8]) -> bool {
        let Some(suffix) = key.strip_prefix(self.element.as_bytes()) else {
            return false;
        };
        match &self.only {
            // `as(dateTime)` names the type as FHIR does, the member's suffix begins upper case.
            Some(only) => suffix.eq_ignore_ascii_case(only.as_bytes()),
            None => suffix.is_empty() || TYPES.iter().any(|name| name.as_bytes() == suffix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::compile;
    use super::*;

    fn plan(expression: &str) -> Plan {
        let mut plan = Plan::default();
        for path in compile(expression).unwrap() {
            plan.add(&path, 0, ParameterKind::Date);
        }
        plan
    }

    #[test]
    fn a_choice_element_is_found_under_each_of_its_types_and_nothing_else() {
        let plan = plan("Observation.effective");
        for key in [
            "effective",
            "effectiveDateTime",
            "effectivePeriod",
            "effectiveTiming",
        ] {
            assert!(plan.root.child(key.as_bytes()).is_some(), "{key}");
        }
        for key in ["effectiveness", "effectiveX", "_effectiveDateTime", "eff"] {
            assert!(plan.root.child(key.as_bytes()).is_none(), "{key}");
        }
    }

    #[test]
    fn a_narrowed_choice_element_is_found_under_that_type_only() {
        let plan = plan("(A.occurrence as dateTime)");
        assert!(plan.root.child(b"occurrenceDateTime").is_some());
        assert!(plan.root.child(b"occurrencePeriod").is_none());
        assert!(plan.root.child(b"occurrence").is_none());
    }
}
