//! Conditions on other resources: chains and `_has` (R5 search.html#chaining, search.html#has).

use serde_json::Value;

use super::definitions::{Kind, Parameter};
use super::evaluate::{Item, evaluate};
use super::reference::{Target, target};
use super::{Condition, Refusal, Server};

impl Server {
    /// A name with all that can stand in it, for resources of a type.
    pub(crate) fn condition<'s>(
        &'s self,
        kind: &str,
        name: &str,
        values: &str,
    ) -> Result<Condition<'s>, Refusal> {
        if let Some(has) = name.strip_prefix("_has:") {
            return self.has(has, values);
        }
        if let Some((first, rest)) = name.split_once('.') {
            return self.chain(kind, first, rest, values);
        }
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        if let Some(special) = self.special(code, modifier, values)? {
            return Ok(special);
        }
        let parameter = self.known(kind, code)?;
        self.parameter(kind, parameter, modifier, values)
    }

    pub(crate) fn known(&self, kind: &str, code: &str) -> Result<&'static Parameter, Refusal> {
        let found = self.definitions.parameter(kind, code);
        // Membership of a group, list or team (R5 resource.html#search), not the id it looks at.
        let found = found.filter(|parameter| parameter.code != "_in");
        found.ok_or_else(|| Refusal::Unsupported(code.to_string()))
    }

    pub(crate) fn known_reference(
        &self,
        kind: &str,
        code: &str,
    ) -> Result<&'static Parameter, Refusal> {
        let parameter = self.known(kind, code)?;
        let is_reference = parameter.kind == Kind::Reference;
        is_reference
            .then_some(parameter)
            .ok_or_else(|| Refusal::BadInput(format!("`{code}` is no reference")))
    }

    /// `subject:Patient.name`: some resource that `subject` points to fulfils `name`. Each type that
    /// it may point to has its own `name`; those that have none are not meant.
    fn chain<'s>(
        &'s self,
        kind: &str,
        first: &str,
        rest: &str,
        values: &str,
    ) -> Result<Condition<'s>, Refusal> {
        let (code, only) = match first.split_once(':') {
            Some((code, only)) => (code, Some(only)),
            None => (first, None),
        };
        let parameter = self.known_reference(kind, code)?;
        let meant = |target: &&String| only.is_none_or(|only| only == target.as_str());
        let mut conditions = Vec::new();
        let mut refusal = Refusal::Unsupported(first.to_string());
        for target in parameter.targets.iter().filter(meant) {
            match self.condition(target, rest, values) {
                Ok(condition) => conditions.push((target, condition)),
                Err(error) => refusal = error,
            }
        }
        if conditions.is_empty() {
            return Err(refusal);
        }
        Ok(Box::new(move |resource| {
            let mut pointed = self.pointed(parameter, resource).into_iter();
            pointed.any(|other| {
                let of_type = conditions
                    .iter()
                    .filter(|(kind, _)| other["resourceType"] == kind.as_str());
                of_type.into_iter().any(|(_, condition)| condition(other))
            })
        }))
    }

    /// `Observation:patient:code`: some Observation whose `patient` points to the resource fulfils
    /// `code`.
    fn has<'s>(&'s self, text: &str, values: &str) -> Result<Condition<'s>, Refusal> {
        let mut parts = text.splitn(3, ':');
        let (Some(kind), Some(code), Some(name)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::BadInput(
                "`_has` wants a type, a reference and a parameter".into(),
            ));
        };
        self.known_type(kind)?;
        let parameter = self.known_reference(kind, code)?;
        let condition = self.condition(kind, name, values)?;
        let kind = kind.to_string();
        Ok(Box::new(move |resource| {
            let mut others = self.of_type(&kind);
            others.any(|other| self.points_to(parameter, other, resource) && condition(other))
        }))
    }

    /// The resources that a reference parameter of `resource` leads to.
    pub(crate) fn pointed<'s>(&'s self, parameter: &Parameter, resource: &Value) -> Vec<&'s Value> {
        let others = self.resources.iter();
        let pointed = others.filter(|other| self.points_to(parameter, resource, other));
        pointed.collect()
    }

    pub(crate) fn points_to(&self, parameter: &Parameter, from: &Value, to: &Value) -> bool {
        let items = evaluate(&parameter.path, &Item::of(from), from);
        let mut targets = items
            .iter()
            .filter_map(|item| target(&self.base, &item.value));
        let kind = to["resourceType"].as_str().unwrap_or_default();
        // Resources of several types can have one canonical URL.
        let meant = |target: &Target| match target {
            Target::Own { .. } => true,
            Target::Url { .. } => parameter.targets.iter().any(|target| target == kind),
        };
        targets.any(|target| meant(&target) && self.is_target(&target, to))
    }
}
