//! The permissions on the page of an action.

use backout_engine::action::{By, Calls, Entry, On, Under};

use super::region::Region;

/// The part of the page.
pub fn regions(entry: &Entry) -> Vec<Region> {
    let lines = if entry.calls.is_empty() {
        vec!["None: it calls no AWS service.".into()]
    } else {
        let head = ["| statement | permissions | on |", "|---|---|---|"].map(str::to_owned);
        head.into_iter().chain(entry.calls.iter().map(row)).collect()
    };
    vec![Region { open: "<!-- permissions -->".into(), close: "<!-- /permissions -->".into(), lines }]
}

fn row(calls: &Calls) -> String {
    let permissions: Vec<_> = calls.permissions().iter().map(|it| permission(calls, it)).collect();
    let on = match calls.on {
        On::Listed(reach) => format!("what `{}` names{}", reach.parameter, unless_named(reach.all.is_none())),
        On::Part(reach, part) => {
            let unless_named = unless_named(reach.all.is_none());
            format!("of what `{}` names{unless_named} no more than `{}`", reach.parameter, shown(part))
        }
        On::Arn(arn) => format!("`{}`", shown(arn)),
        On::Everything(reason) => format!("everything: {reason}"),
        On::EverythingOnce(reach, reason) => {
            format!("everything, once `{}` names something: {reason}", reach.parameter)
        }
    };
    let under = match calls.under {
        Under::Nothing => String::new(),
        Under::Via(service) => format!(", through `{service}` alone"),
        Under::PassedTo(service) => format!(", handed to `{service}` alone"),
        Under::Invoker(service) => format!(", for `{service}` alone"),
    };
    let when = match calls.by {
        By::Function => String::new(),
        By::Aws(when) => format!("; asked for when {when}"),
    };
    format!("| `{}` | {} | {on}{under}{when} |", calls.purpose, permissions.join(", "))
}

/// A permission, with what is called where that has another name.
fn permission(calls: &Calls, permission: &str) -> String {
    let name = permission.split(':').nth(1).unwrap_or_default();
    let called: Vec<_> = calls.operations.iter().filter(|operation| calls.permission(operation) == name).collect();
    if called.iter().all(|operation| **operation == name) {
        return format!("`{permission}`");
    }
    let called: Vec<_> = called.iter().map(|operation| format!("`{operation}`")).collect();
    format!("`{permission}` ({})", called.join(", "))
}

const fn unless_named(nothing: bool) -> &'static str {
    if nothing { " (nothing by default)" } else { "" }
}

/// An ARN for people.
fn shown(arn: &str) -> String {
    let substitutions = [
        ("${AWS::Partition}", "aws"),
        ("${AWS::Region}", "<region>"),
        ("${AWS::AccountId}", "<account>"),
        ("${Bucket.Arn}", "<the stack's bucket>"),
        ("${Key.Arn}", "<the stack's key>"),
    ];
    substitutions.iter().fold(arn.to_owned(), |text, (from, to)| text.replace(from, to))
}
