//! Names that cannot be mixed up, checked when they are made.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::ContentHash;

/// A name that breaks the rule of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {what}: {rule}")]
pub struct BadName {
    what: &'static str,
    given: String,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $test:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = BadName;

            fn try_from(given: String) -> Result<Self, BadName> {
                let fits: fn(&str) -> bool = $test;
                if fits(&given) {
                    Ok(Self(given))
                } else {
                    Err(BadName { what: $what, given, rule: $rule })
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = BadName;

            fn from_str(given: &str) -> Result<Self, BadName> {
                Self::try_from(given.to_owned())
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// What `StartExecution` does not allow in a name.
fn in_no_execution_name(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c)
}

fn plain(text: &str, longest: usize, extra: &str) -> bool {
    !text.is_empty()
        && text.len() <= longest
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || extra.contains(c))
}

name!(
    /// A run's id: the name of its Step Functions execution.
    RunId,
    "run id",
    "it is an execution's name: 1 to 80 characters without white space, brackets, wildcards and most special characters",
    |text| !text.is_empty() && text.chars().count() <= 80 && !text.chars().any(in_no_execution_name)
);
name!(
    /// The id of a step, unique in its plan once `for_each` is expanded.
    StepId,
    "step id",
    "use 1 to 80 letters, digits, `-`, `_` and `.`",
    |text| plain(text, 80, ".")
);
name!(
    /// The name of a plan; also its file name in the bucket.
    PlanName,
    "plan name",
    "use 1 to 60 letters, digits, `-` and `_`",
    |text| plain(text, 60, "")
);
name!(
    /// The system a plan acts on; at most one run at a time works on it.
    SystemName,
    "system name",
    "use 1 to 60 letters, digits, `-`, `_` and `.`",
    |text| plain(text, 60, ".")
);

impl StepId {
    /// The longest id, in characters.
    const LONGEST: usize = 80;

    /// Whether it is an id as [`Self::about`] makes them, which no step of a plan may have.
    pub fn is_about_another(&self) -> bool {
        ["undo.", "seal."].iter().any(|prefix| self.0.starts_with(prefix))
    }

    /// The id of a step that has to do with another one, e.g. takes it back: `undo.traffic-1`. The same for the same two
    /// names; where it would be too long, the end of the name gives way to its hash.
    pub fn about(purpose: &'static str, other: &Self) -> Self {
        let whole = format!("{purpose}.{other}");
        if whole.len() <= Self::LONGEST {
            return Self(whole);
        }
        // An id is ASCII.
        let hash: String = ContentHash::of(whole.as_bytes()).0.chars().take(12).collect();
        let kept: String = whole.chars().take(Self::LONGEST - 13).collect();
        Self(format!("{kept}.{hash}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_an_execution_name() {
        for good in ["alarm-3f2c_1", "rollback.2026-11-20", "deploy=42", "ação"] {
            assert!(good.parse::<RunId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "a/b", "a:b", "a*", &"x".repeat(81)] {
            let error = bad.parse::<RunId>().expect_err(bad);
            assert!(error.to_string().contains("1 to 80"), "{error}");
        }
    }

    #[test]
    fn an_id_about_another_is_an_id_and_differs_with_it() {
        let id = |text: &str| text.parse::<StepId>().expect("id");
        assert_eq!(StepId::about("undo", &id("traffic-1")).as_str(), "undo.traffic-1");
        assert!(
            StepId::about("undo", &id("a")).is_about_another() && StepId::about("seal", &id("a")).is_about_another()
        );
        assert!(!id("undo").is_about_another());
        let long = |end: &str| StepId::about("undo", &id(&format!("{}{end}", "a".repeat(79))));
        assert_ne!(long("1"), long("2"));
        assert_eq!(long("1").as_str().len(), 80);
        assert!(long("1").as_str().parse::<StepId>().is_ok());
    }

    #[test]
    fn a_bad_name_is_refused_when_read() {
        assert!(serde_json::from_str::<PlanName>("\"../secrets\"").is_err());
    }
}
