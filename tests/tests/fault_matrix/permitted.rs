//! The calls that an action makes are those of its table in the catalogue, from which its permissions come: no others, and
//! all of them.

use std::collections::{BTreeMap, BTreeSet};

use backout_catalogue::CATALOGUE;
use backout_engine::action::By;

use super::{named::PLAIN_HTTP, watch::Seen};

/// In tables, and made only in situations that no case here brings about.
const NOT_MET: &[(&str, &str, &str, &str)] = &[
    (
        "appconfig/flag",
        "CloudWatch",
        "DescribeAlarms",
        "no environment of the example has alarms that stop a deployment",
    ),
    ("lambda/probe", "Lambda", "GetFunctionConfiguration", "only of a function that failed its log group is looked up"),
    ("timestream/query", "Timestream Query", "DescribeEndpoints", "an endpoint of one's own answers queries itself"),
];
/// The journal's, which every function that acts may make, whatever its actions are; and what is no AWS API.
const NO_BUSINESS: [&str; 2] = ["DynamoDB", PLAIN_HTTP];

/// A call that was made: service and operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    service: String,
    operation: String,
}

impl Made {
    /// What it is that was seen.
    pub fn of(seen: &Seen) -> Self {
        Self { service: seen.service.clone(), operation: seen.call.clone() }
    }
}

/// The calls in the table of an action.
fn table(uses: &str) -> BTreeSet<Made> {
    let calls = CATALOGUE.find(uses).map_or(&[][..], |entry| entry.calls);
    let own = calls.iter().filter(|calls| calls.by == By::Function);
    let made = |service: &str, operation: &str| Made { service: service.to_owned(), operation: operation.to_owned() };
    own.flat_map(|calls| calls.operations.iter().map(move |operation| made(calls.service, operation))).collect()
}

/// What each of these actions called that its table does not have.
pub fn beyond(made: &BTreeMap<&str, BTreeSet<Made>>) -> Vec<String> {
    let beyond = |(uses, made): (&&str, &BTreeSet<Made>)| {
        let table = table(uses);
        let others: Vec<_> = made
            .iter()
            .filter(|it| !NO_BUSINESS.contains(&it.service.as_str()) && !table.contains(it))
            .cloned()
            .collect();
        others
            .into_iter()
            .map(|Made { service, operation }| {
                format!("{uses} called {operation} of {service}, which its table in the catalogue does not have")
            })
            .collect::<Vec<_>>()
    };
    made.iter().flat_map(beyond).collect()
}

/// What each of these actions never called though its table has it, and exceptions that are none.
pub fn idle(made: &BTreeMap<&str, BTreeSet<Made>>) -> Vec<String> {
    let mut found = Vec::new();
    for (uses, made) in made {
        for it in &table(uses) {
            let Made { service, operation } = it;
            let is_excepted = NOT_MET
                .iter()
                .any(|(action, of, call, _)| (action, *of, *call) == (uses, service.as_str(), operation.as_str()));
            match (made.contains(it), is_excepted) {
                (false, false) => found.push(format!(
                    "{uses} never called {operation} of {service}, which its table in the catalogue has: take it out, \
                     or give the action a fixture that needs it"
                )),
                (true, true) => found.push(format!("{uses} does call {operation} of {service}: it is in NOT_MET")),
                _ => {}
            }
        }
    }
    found
}
