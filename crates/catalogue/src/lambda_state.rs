//! `lambda/state`: are functions ready to be invoked?

use std::collections::BTreeSet;

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{names::function_fault, reach::FUNCTIONS};

/// Looks whether functions are active and their last update has succeeded.
#[derive(Debug)]
pub struct LambdaState;

/// The parameters of `lambda/state`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LambdaStateWith {
    /// The functions, by name or ARN, with or without version or alias, e.g. `[loader, query_processor:live]`.
    #[schemars(length(min = 1))]
    pub functions: Vec<String>,
}

impl Kind for LambdaState {
    const USES: &'static str = "lambda/state";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Looks whether functions are active and their last update has succeeded.";
    const RESOURCE: &'static str = "the function; several that are named together are one of their own";
    const CALLS: &'static [Calls] =
        &[Calls::of("ReadFunctions", "Lambda", &["GetFunctionConfiguration"], On::Listed(&FUNCTIONS))];
    type With = LambdaStateWith;

    fn resource(with: &LambdaStateWith) -> Resource {
        match with.functions.as_slice() {
            [only] => Resource::function(only),
            several => Resource::new("lambda", "functions", several.iter().map(String::as_str)),
        }
    }

    fn summary(with: &LambdaStateWith) -> String {
        match with.functions.as_slice() {
            [only] => format!("{only} is active"),
            several => format!("{} are active", several.join(", ")),
        }
    }

    fn faults(with: &LambdaStateWith) -> Vec<String> {
        let mut faults: Vec<_> =
            with.functions.iter().filter_map(|function| function_fault("functions", function)).collect();
        if with.functions.is_empty() {
            faults.push("`functions` lists none, so there is nothing to look at".into());
        }
        let mut seen = BTreeSet::new();
        faults.extend(
            with.functions
                .iter()
                .filter(|function| !seen.insert(*function))
                .map(|function| format!("`functions` lists `{function}` twice")),
        );
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(functions: &[&str]) -> LambdaStateWith {
        LambdaStateWith { functions: functions.iter().map(|&name| name.to_owned()).collect() }
    }

    #[test]
    fn one_function_or_several() {
        assert_eq!(LambdaState::summary(&with(&["loader"])), "loader is active");
        assert_eq!(LambdaState::resource(&with(&["loader"])), Resource::function("loader"));
        assert_eq!(LambdaState::summary(&with(&["a", "b"])), "a, b are active");
        assert!(LambdaState::faults(&with(&["a", "b"])).is_empty());
    }

    #[test]
    fn nothing_to_look_at_is_refused() {
        assert_eq!(LambdaState::faults(&with(&[])).len(), 1);
        assert_eq!(LambdaState::faults(&with(&["a", "a"])), ["`functions` lists `a` twice"]);
    }
}
