//! Which cases are run: whoever names some names any that there are; by itself the matrix runs what is worth its time.

use std::fmt;

use super::{
    cases::Cases,
    touched::{PARTS, Touched, Turn},
};

/// Which cases are run.
#[derive(Debug, Clone)]
pub enum Choice {
    /// Those whose names begin so, of all there are.
    Named(String),
    /// All there are.
    Full,
    /// Those of all actions, by turns at most reads.
    InTurn,
    /// The same of the actions that were changed, and a part of the others'.
    Touched(Turn),
}

/// One worker's share of them.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    pub number: usize,
    pub of: usize,
}

impl Choice {
    /// As the environment wants it.
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        match (set("BACKOUT_FAULT"), set("BACKOUT_MATRIX").as_deref()) {
            (Some(named), _) => Self::Named(named),
            (None, Some("full")) => Self::Full,
            (None, Some("touched")) => Self::Touched(Turn::of_this_commit()),
            (None, None) => Self::InTurn,
            (None, Some(other)) => panic!("BACKOUT_MATRIX is `{other}`; it may be `full` or `touched`"),
        }
    }

    /// What is tried at each call.
    pub const fn cases(&self) -> Cases {
        match self {
            Self::Named(_) | Self::Full => Cases::All,
            Self::InTurn | Self::Touched(_) => Cases::InTurn,
        }
    }

    /// Whether any case of a fixture may be wanted.
    pub fn has_any_of(&self, title: &str) -> bool {
        match self {
            Self::Named(named) => named.starts_with(title) || title.starts_with(named.as_str()),
            Self::Full | Self::InTurn | Self::Touched(_) => true,
        }
    }

    /// Whether every fixture of an action is wanted.
    pub fn has_all_of(&self, uses: &str) -> bool {
        match self {
            Self::Named(named) => uses.starts_with(named.as_str()),
            Self::Full | Self::InTurn | Self::Touched(_) => true,
        }
    }

    /// Whether a case is wanted, by its name and its place among those of its fixture.
    pub fn has(&self, uses: &str, name: &str, index: usize) -> bool {
        match self {
            Self::Named(named) => name.starts_with(named),
            Self::Full | Self::InTurn => true,
            Self::Touched(turn) => turn.has(uses, index),
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const IN_TURN: &str = "at most reads by turns";
        match self {
            Self::Named(named) => write!(f, "those of {named}"),
            Self::Full => f.write_str("all there are"),
            Self::InTurn | Self::Touched(Turn { touched: Touched::Everything, .. }) => f.write_str(IN_TURN),
            Self::Touched(Turn { touched: Touched::Actions(actions), part }) => {
                let whole = actions.iter().copied().collect::<Vec<_>>().join(", ");
                let whole = if whole.is_empty() { "no action".to_owned() } else { whole };
                write!(f, "{IN_TURN}; whole: {whole}; of the others part {} of {PARTS}", part + 1)
            }
        }
    }
}

#[test]
fn whoever_names_a_case_gets_any_there_is() {
    let choice = Choice::Named("lambda/code:lambda.GetFunction#2".into());
    assert!(choice.has_any_of("lambda/code") && !choice.has_any_of("lambda/invoke"));
    assert!(choice.has("lambda/code", "lambda/code:lambda.GetFunction#2:slow", 7));
    assert_eq!(choice.cases(), Cases::All);
}
