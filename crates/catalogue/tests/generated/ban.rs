//! What no action may change, whatever the parameters allow: the stack that it is part of.

use std::collections::BTreeSet;

use backout_catalogue::CATALOGUE;
use backout_engine::action::{Host, On};

use super::{region::indented, statement::list};

/// The functions of a run.
const OF_A_RUN: [&str; 4] = ["trigger", "prepare", "advance", "conclude"];

/// The resources of the stack that belong to a service, by its name in IAM. `tests/infra` holds them against the template:
/// it fails when an action changes what this knows nothing of.
fn own(service: &str) -> Vec<String> {
    let arn = |rest: &str| {
        format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}")
            .replace("<stack>", "${AWS::StackName}")
    };
    match service {
        "events" => ["execution-ended", "sweeper"].map(|rule| arn(&format!("rule/<stack>-{rule}"))).into(),
        "lambda" => OF_A_RUN
            .into_iter()
            .chain(Host::ALL.map(Host::as_str))
            // By its name, and by each of its versions and aliases.
            .flat_map(|name| ["", ":*"].map(|which| arn(&format!("function:<stack>-{name}{which}"))))
            .collect(),
        "states" => ["execution:<stack>:*", "stateMachine:<stack>", "stateMachine:<stack>:*"].map(arn).into(),
        _ => Vec::new(),
    }
}

/// The permissions to change something that actions have. What they have on the stack's own resources alone, like
/// keeping evidence, is meant.
fn changing() -> BTreeSet<String> {
    let calls = CATALOGUE.0.iter().flat_map(|entry| entry.calls);
    calls
        .filter(|calls| !matches!(calls.on, On::Arn(arn) if arn.starts_with("${")))
        .flat_map(|calls| calls.changing())
        .collect()
}

/// The actions and the resources of the statement.
pub fn lines(indent: usize) -> Vec<String> {
    let service = |permission: &str| permission.split(':').next().unwrap_or_default().to_owned();
    let denied: Vec<_> = changing().into_iter().filter(|it| !own(&service(it)).is_empty()).collect();
    let services: BTreeSet<_> = denied.iter().map(|it| service(it)).collect();
    let mut lines = list("Action", &denied.iter().map(String::as_str).collect::<Vec<_>>(), indent);
    lines.push("Resource:".into());
    lines.extend(services.iter().flat_map(|it| own(it)).map(|arn| format!("  - !Sub {arn}")));
    indented(lines, indent)
}
