//! Merging variables into an environment, and keeping their values out of messages.

use std::collections::{BTreeMap, HashMap};

use backout_aws::hidden;
use backout_engine::sensitive::Sensitive;

/// Some variables by name; `None` is one that is not there.
pub(super) type Variables = BTreeMap<String, Option<Sensitive<String>>>;

/// A whole environment, as the SDK has it.
pub(super) type All = HashMap<String, String>;

/// How the named variables stand.
pub(super) fn named<'a>(all: &All, names: impl IntoIterator<Item = &'a String>) -> Variables {
    names.into_iter().map(|name| (name.clone(), all.get(name).cloned().map(Sensitive::new))).collect()
}

/// The environment with the given variables set or removed, and all others as they are.
pub(super) fn merged(all: &All, variables: &Variables) -> All {
    let mut merged = all.clone();
    for (name, value) in variables {
        match value {
            Some(value) => merged.insert(name.clone(), value.expose().clone()),
            None => merged.remove(name),
        };
    }
    merged
}

/// A message without what Lambda may have quoted of the environment.
pub(super) fn without_values(message: &str, all: &All) -> String {
    // What follows this is the environment as JSON.
    let message = message.split_once("String measured:").map_or(message, |(before, _)| before).trim_end();
    let values = all.values().map(String::as_str).filter(|value| value.chars().count() >= SHORTEST);
    hidden(message, &values.collect::<Vec<_>>())
}

/// Values shorter than this (`true`, `8086`) are no secrets, and hiding them would garble the message.
const SHORTEST: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pairs: &[(&str, &str)]) -> All {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn variables(pairs: &[(&str, Option<&str>)]) -> Variables {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(|value| Sensitive::new(value.to_owned()))))
            .collect()
    }

    #[test]
    fn a_variable_that_was_not_asked_about_is_never_dropped() {
        let before = all(&[("API_SIGNING_KEY", "s3cret"), ("USE_INFLUXDB", "true"), ("INFLUXDB_URL", "https://x")]);
        let wanted = variables(&[("USE_INFLUXDB", Some("false")), ("INFLUXDB_URL", None), ("DATABASE", Some("ons"))]);
        let after = merged(&before, &wanted);
        assert_eq!(after, all(&[("API_SIGNING_KEY", "s3cret"), ("USE_INFLUXDB", "false"), ("DATABASE", "ons")]));
        assert_eq!(named(&after, wanted.keys()), wanted);
    }

    #[test]
    fn going_back_restores_what_was_there_and_removes_what_was_not() {
        let before = all(&[("USE_INFLUXDB", "true"), ("OTHER", "1")]);
        let wanted = variables(&[("USE_INFLUXDB", Some("false")), ("DATABASE", Some("ons"))]);
        let was = named(&before, wanted.keys());
        assert_eq!(was, variables(&[("USE_INFLUXDB", Some("true")), ("DATABASE", None)]));
        assert_eq!(merged(&merged(&before, &wanted), &was), before);
    }

    #[test]
    fn what_lambda_quotes_of_the_environment_is_cut_out() {
        let environment = all(&[("KEY", "hunter2-hunter2"), ("PREFIX", "hunter2"), ("ON", "true")]);
        let message =
            "could not update f: too large, hunter2-hunter2 is true. String measured: {\"KEY\":\"hunter2-hunter2\"}";
        assert_eq!(without_values(message, &environment), "could not update f: too large, (hidden) is true.");
        assert_eq!(without_values("AccessDenied", &environment), "AccessDenied");
    }
}
