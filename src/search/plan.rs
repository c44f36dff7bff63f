//! The paths of all parameters of a type, merged into one tree, so that a resource is walked once.

use super::parameter::ParameterKind;
use super::path::{Condition, Path, Step};
use crate::fhir::json::{Broken, Kind, Scanner};

/// The tree; the root stands for the resource.
#[derive(Debug, Default)]
pub struct Plan {
    /// Where the walk starts.
    root: Node,
    /// The columns that say `false` where nothing says `true`.
    pub otherwise_false: Vec<usize>,
}

/// An element on the way to some value.
#[derive(Debug, Default)]
struct Node {
    children: Vec<Child>,
    /// How each child begins, by [`beginning`]: in one place, for most members are none of them.
    beginnings: Vec<u8>,
    /// A bit for each of these.
    marks: u64,
    /// The columns whose value stands here.
    leaves: Vec<Leaf>,
}

#[derive(Debug)]
struct Child {
    step: Step,
    node: Node,
}

/// A column that takes the value of an element.
#[derive(Debug)]
pub struct Leaf {
    /// The column's number in its type.
    pub column: usize,
    /// How to read the value.
    pub kind: ParameterKind,
    /// Only whether there is a value counts.
    pub exists: bool,
    /// What a code without a system means.
    pub system: Box<str>,
}

/// Sees the values that a walk comes to, one by one, arrays taken apart; it must consume each.
pub trait Visitor {
    /// A value that is no array and not `null`.
    fn value(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken>;
}

/// The data types that name the variants of a choice element.
const TYPES: [&str; 52] = [
    "Address",
    "Age",
    "Annotation",
    "Attachment",
    "Availability",
    "Base64Binary",
    "Boolean",
    "Canonical",
    "Code",
    "CodeableConcept",
    "CodeableReference",
    "Coding",
    "ContactDetail",
    "ContactPoint",
    "Contributor",
    "Count",
    "DataRequirement",
    "Date",
    "DateTime",
    "Decimal",
    "Distance",
    "Dosage",
    "Duration",
    "Expression",
    "ExtendedContactDetail",
    "HumanName",
    "Id",
    "Identifier",
    "Instant",
    "Integer",
    "Integer64",
    "Markdown",
    "Meta",
    "Money",
    "Oid",
    "ParameterDefinition",
    "Period",
    "PositiveInt",
    "Quantity",
    "Range",
    "Ratio",
    "RatioRange",
    "Reference",
    "RelatedArtifact",
    "SampledData",
    "Signature",
    "String",
    "Time",
    "Timing",
    "TriggerDefinition",
    "UnsignedInt",
    "Uri",
];
/// Those that sort after the others.
const MORE_TYPES: [&str; 4] = ["Url", "UsageContext", "Uuid", "VirtualServiceDetail"];

/// Elements whose name is that of another with a data type behind it: no choice of types, in any
/// version of FHIR.
const ALONE: [(&[u8], &[u8]); 12] = [
    (b"conclusion", b"Code"),
    (b"data", b"Period"),
    (b"focus", b"Reference"),
    (b"form", b"Code"),
    (b"language", b"Code"),
    (b"resource", b"Reference"),
    (b"response", b"Code"),
    (b"source", b"Id"),
    (b"status", b"Date"),
    (b"subscriber", b"Id"),
    (b"type", b"Canonical"),
    (b"type", b"Reference"),
];

/// Types with those that are special ones of them (FHIRPath `ofType`; R5 datatypes.html).
const SPECIAL: [(&[u8], &[&[u8]]); 4] = [
    (b"uri", &[b"Canonical", b"Oid", b"Url", b"Uuid"]),
    (b"string", &[b"Code", b"Id", b"Markdown"]),
    (b"integer", &[b"PositiveInt", b"UnsignedInt"]),
    (b"quantity", &[b"Age", b"Count", b"Distance", b"Duration"]),
];

impl Plan {
    /// Adds one path of one column.
    pub fn add(&mut self, path: &Path, column: usize, kind: ParameterKind, system: &str) {
        let mut node = &mut self.root;
        for step in &path.steps {
            node = node.child_or_new(step);
        }
        node.leaves.push(Leaf {
            column,
            kind,
            exists: path.exists,
            system: system.into(),
        });
        if path.exists {
            self.otherwise_false.push(column);
        }
    }

    /// Shows `visitor` every value of `resource` that a path leads to.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn walk(&self, resource: &[u8], visitor: &mut dyn Visitor) -> Result<(), Broken> {
        visit(&self.root, &mut Scanner::new(resource), visitor)
    }
}

/// Whatever comes next, taken apart where it is an array.
fn visit(node: &Node, scanner: &mut Scanner<'_>, visitor: &mut dyn Visitor) -> Result<(), Broken> {
    match (scanner.kind()?, node.leaves.as_slice()) {
        (Kind::Array, _) => scanner.array(|scanner| visit(node, scanner, visitor)),
        (Kind::Null, _) => scanner.pass().map(drop),
        (_, [leaf]) if node.children.is_empty() => visitor.value(leaf, scanner),
        (Kind::Object, []) => members(node, scanner, visitor),
        _ => {
            let value = scanner.pass()?;
            for leaf in &node.leaves {
                visitor.value(leaf, &mut Scanner::new(value))?;
            }
            if value.first() == Some(&b'{') && !node.children.is_empty() {
                members(node, &mut Scanner::new(value), visitor)?;
            }
            Ok(())
        }
    }
}

fn members(
    node: &Node,
    scanner: &mut Scanner<'_>,
    visitor: &mut dyn Visitor,
) -> Result<(), Broken> {
    scanner.object(|scanner, key| {
        let mut matching = node.matching(key);
        match (matching.next(), matching.next()) {
            (None, _) => scanner.pass().map(drop),
            (Some(child), None) if child.step.condition.is_none() && !child.is_resource(key) => {
                visit(&child.node, scanner, visitor)
            }
            _ => {
                let value = scanner.pass()?;
                for child in node.matching(key) {
                    child.chosen(key, value, visitor)?;
                }
                Ok(())
            }
        }
    })
}

/// The first two letters of a name, by which elements differ well, as a number below 64. No element
/// of FHIR has less.
#[inline]
fn beginning(name: &[u8]) -> u8 {
    match name {
        [first, second, ..] => (first ^ second << 2) & 63,
        _ => 0,
    }
}

impl Node {
    /// The children that the JSON member `key` may be: the element itself, or a choice element of
    /// some type.
    #[inline]
    fn matching<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = &'a Child> {
        let wanted = beginning(key);
        let beginnings: &[u8] = match self.marks & 1 << wanted {
            0 => &[],
            _ => &self.beginnings,
        };
        let children = beginnings.iter().zip(&self.children);
        let children =
            children.filter(move |(beginning, child)| **beginning == wanted && child.is(key));
        children.map(|(_, child)| child)
    }

    fn child_or_new(&mut self, step: &Step) -> &mut Node {
        let at = self.children.iter().position(|child| child.step == *step);
        let at = at.unwrap_or_else(|| {
            let beginning = beginning(step.element.as_bytes());
            self.beginnings.push(beginning);
            self.marks |= 1 << beginning;
            self.children.push(Child {
                step: step.clone(),
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
        let element = self.step.element.as_bytes();
        // Most differ in that byte; it is asked first since comparing slices is a call.
        if key.get(element.len().wrapping_sub(1)) != element.last() {
            return false;
        }
        let Some(suffix) = key.strip_prefix(element) else {
            return false;
        };
        match &self.step.only {
            _ if suffix.is_empty() => true,
            // `as(dateTime)` names the type as FHIR does, the member's suffix begins upper case.
            Some(only) => is_of(suffix, only.as_bytes()),
            None => is_data_type(suffix) && !ALONE.contains(&(element, suffix)),
        }
    }

    /// `as(Composition)` of an element that holds a resource, whose name has no type.
    fn is_resource(&self, key: &[u8]) -> bool {
        self.step.only.is_some() && key.len() == self.step.element.len()
    }

    /// Goes on with those of the values that count.
    fn chosen(&self, key: &[u8], value: &[u8], visitor: &mut dyn Visitor) -> Result<(), Broken> {
        let mut scanner = Scanner::new(value);
        let mut left = match self.step.condition {
            Some(Condition::First) => 1,
            _ => usize::MAX,
        };
        let mut one = |value: &[u8]| {
            let counts = match &self.step.condition {
                Some(Condition::Equals(member, text)) => has(value, member, text.as_bytes())?,
                Some(Condition::Extension(url)) => extended(value, url)?,
                _ => true,
            };
            let only = self.step.only.as_deref().filter(|_| self.is_resource(key));
            let counts = counts
                && only.map_or(Ok(true), |only| has(value, "resourceType", only.as_bytes()))?;
            if counts && left > 0 {
                left -= 1;
                visit(&self.node, &mut Scanner::new(value), visitor)?;
            }
            Ok(())
        };
        match scanner.kind()? {
            Kind::Array => scanner.array(|scanner| one(scanner.pass()?)),
            _ => one(value),
        }
    }
}

/// Whether an object has this string as its member of that name.
fn has(value: &[u8], member: &str, text: &[u8]) -> Result<bool, Broken> {
    let mut scanner = Scanner::new(value);
    let mut found = false;
    if scanner.kind()? == Kind::Object {
        scanner.object(|scanner, key| match key == member.as_bytes() {
            true => {
                let it = scanner.string_or_skip()?;
                found |= it.is_some_and(|it| it.decode().as_bytes() == text);
                Ok::<(), Broken>(())
            }
            false => scanner.pass().map(drop),
        })?;
    }
    Ok(found)
}

fn extended(value: &[u8], url: &str) -> Result<bool, Broken> {
    let mut scanner = Scanner::new(value);
    let mut found = false;
    if scanner.kind()? == Kind::Object {
        scanner.object(|scanner, key| match (key, scanner.kind()?) {
            (b"extension", Kind::Array) => scanner.array(|scanner| {
                found |= has(scanner.pass()?, "url", url.as_bytes())?;
                Ok::<(), Broken>(())
            }),
            _ => scanner.pass().map(drop),
        })?;
    }
    Ok(found)
}

/// Whether the suffix of a choice element is the type, or a special one of it.
fn is_of(suffix: &[u8], only: &[u8]) -> bool {
    let is_general = |(general, _): &&(&[u8], _)| only.eq_ignore_ascii_case(general);
    suffix.eq_ignore_ascii_case(only)
        || SPECIAL
            .iter()
            .find(is_general)
            .is_some_and(|(_, special)| special.contains(&suffix))
}

/// Whether this is the name of a data type, as it ends the name of a choice element.
pub(super) fn is_data_type(suffix: &[u8]) -> bool {
    let mut types = TYPES.iter().chain(&MORE_TYPES);
    suffix.first().is_some_and(u8::is_ascii_uppercase)
        && types.any(|name| name.as_bytes() == suffix)
}

#[cfg(test)]
mod tests {
    use super::super::path::compile;
    use super::*;

    struct Seen(Vec<String>);

    impl Visitor for Seen {
        fn value(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
            let value = String::from_utf8_lossy(scanner.pass()?).into_owned();
            self.0.push(format!("{}{value}", leaf.column));
            Ok(())
        }
    }

    fn seen(expressions: &[&str], resource: &str) -> Vec<String> {
        let mut plan = Plan::default();
        for (number, expression) in expressions.iter().enumerate() {
            for path in compile(expression).unwrap() {
                plan.add(&path, number, ParameterKind::Date, "");
            }
        }
        let mut seen = Seen(Vec::new());
        plan.walk(resource.as_bytes(), &mut seen).unwrap();
        seen.0
    }

    #[test]
    fn a_choice_element_is_found_under_each_of_its_types_and_nothing_else() {
        let resource = r#"{"effectiveDateTime":1,"effectivePeriod":2,"effectiveTiming":3,
            "effectiveness":4,"effectiveX":5,"_effectiveDateTime":6,"eff":7}"#;
        assert_eq!(
            seen(&["Observation.effective"], resource),
            ["01", "02", "03"]
        );
        assert_eq!(seen(&["(effective as dateTime)"], resource), ["01"]);
        assert_eq!(seen(&["effective.ofType(Period)"], resource), ["02"]);
        let coverage = r#"{"subscriber":1,"subscriberId":2,"sourceCanonical":3,"sourceUri":4,"sourceString":5}"#;
        assert_eq!(seen(&["Coverage.subscriber"], coverage), ["01"]);
        assert_eq!(seen(&["(source as uri)"], coverage), ["03", "04"]);
    }

    #[test]
    fn conditions_choose_among_values() {
        let telecom = r#"{"telecom":[{"system":"phone","value":1},{"system":"email","value":2},{"value":3}]}"#;
        let both = [
            "telecom.where(system='phone').value",
            "telecom.value",
            "telecom[0].value",
        ];
        assert_eq!(seen(&both, telecom), ["01", "11", "12", "13", "21"]);
        let item = r#"{"item":[{"extension":[{"url":"u"}],"answer":[{"valueString":1}]},{"answer":[{"valueString":2}]}],
            "extension":[{"url":"u","valueCode":3},{"url":"v","valueCode":4}]}"#;
        assert_eq!(
            seen(&["item.where(extension('u').exists()).answer.value"], item),
            ["01"]
        );
        assert_eq!(seen(&["X.extension('u').value"], item), ["03"]);
    }

    #[test]
    fn resources_inside_are_chosen_by_their_type() {
        let bundle = r#"{"entry":[{"resource":{"resourceType":"Composition","id":1}},{"resource":{"resourceType":"Composition","id":2}}]}"#;
        assert_eq!(
            seen(&["entry[0].resource.as(Composition).id"], bundle),
            ["01"]
        );
        assert_eq!(
            seen(&["entry[0].resource.as(MessageHeader).id"], bundle),
            [""; 0]
        );
    }
}
