//! `_include` and `_revinclude`: what else an answer has (R5 search.html#include).

use std::rc::Rc;

use super::{known, unknown};
use crate::search::definitions::Definitions;
use crate::search::matcher::{bad, shown};
use crate::search::parameter::{Parameter, ParameterKind};
use crate::{Code, Error, Result};

/// Resources that are answered beside the matches.
#[derive(Clone, Debug)]
pub struct Include {
    /// Whether those that refer to a match are wanted, rather than those that it refers to.
    pub reverse: bool,
    /// Whether those that were included count like matches.
    pub iterate: bool,
    /// The type that refers; none: every type.
    pub kind: Option<String>,
    /// By which reference; none: by any.
    pub by: Option<Rc<Parameter>>,
    /// Only of or to this type.
    pub target: Option<String>,
}

impl Include {
    /// Everything that a match refers to.
    pub fn all() -> Include {
        Include {
            reverse: false,
            iterate: false,
            kind: None,
            by: None,
            target: None,
        }
    }

    /// Reads `Type:parameter[:Target]`, `Type:*` or `*`.
    pub(super) fn parse(
        definitions: &Definitions,
        name: &str,
        modifier: &str,
        value: &str,
    ) -> Result<Include> {
        let iterate = match modifier {
            "" => false,
            // `:recurse` is what DSTU2 called it.
            "iterate" | "recurse" => true,
            _ => {
                let sentence = format!("`{name}` has a modifier that is none of its own.");
                return Err(Error::new(Code::Unsupported, sentence));
            }
        };
        let mut include = Include {
            reverse: name == "_revinclude",
            iterate,
            kind: None,
            by: None,
            target: None,
        };
        let parts: Vec<&str> = value.split(':').collect();
        let (kind, code) = match parts.as_slice() {
            ["*"] => return Ok(include),
            [kind, code] => (*kind, *code),
            [kind, code, target] => {
                known(definitions, target)?;
                include.target = Some(target.to_string());
                (*kind, *code)
            }
            _ => {
                return Err(bad(format!(
                    "`{name}` is given as `Type:parameter`, as in `Observation:subject`."
                )));
            }
        };
        known(definitions, kind)?;
        include.kind = Some(kind.to_string());
        if code != "*" {
            let by = definitions
                .of(kind)
                .parameter(code)
                .ok_or_else(|| unknown(kind, code))?;
            if by.kind != ParameterKind::Reference {
                return Err(bad(format!(
                    "`{name}` goes by references, and `{}` is none.",
                    shown(code)
                )));
            }
            include.by = Some(Rc::clone(by));
        }
        Ok(include)
    }
}
