//! One statement of a role, as the template has it.

use std::collections::BTreeSet;

use backout_catalogue::CATALOGUE;
use backout_engine::action::{By, Calls, Host, On, Reach, Under};

use super::region::{indented, wrapped};

/// How wide the template is.
const WIDTH: usize = 120;

/// Calls of several actions for one purpose.
pub struct Statement {
    /// The first of them: in all else they are alike.
    calls: &'static Calls,
    actions: Vec<&'static str>,
    permissions: BTreeSet<String>,
}

/// The statements of a function's role, in the order of the actions.
pub fn of(host: Host) -> Vec<Statement> {
    let mut found: Vec<Statement> = Vec::new();
    for entry in CATALOGUE.0.iter().filter(|entry| entry.host == host) {
        for calls in entry.calls {
            if let Some(same) = found.iter_mut().find(|it| it.calls.purpose == calls.purpose) {
                let alike = |it: &Calls| (it.on, it.under, it.by);
                assert_eq!(alike(same.calls), alike(calls), "{}: two statements of one name", calls.purpose);
                same.actions.push(entry.uses);
                same.permissions.extend(calls.permissions());
            } else {
                let permissions = calls.permissions().into_iter().collect();
                found.push(Statement { calls, actions: vec![entry.uses], permissions });
            }
        }
    }
    found
}

/// What a function's role denies, as items of a list that far to the right. A statement allows what is named in the
/// template's parameter, and a part of it only by default: whoever names one API names all of it.
pub fn limits(host: Host, indent: usize) -> Vec<String> {
    let statements = of(host);
    let permissions: BTreeSet<_> = statements.iter().flat_map(|it| &it.permissions).collect();
    let limit = |permission: &String| {
        let (mut named, mut parts) = (BTreeSet::new(), Vec::new());
        for statement in statements.iter().filter(|it| it.permissions.contains(permission)) {
            match statement.calls.on {
                On::Part(reach, part) => {
                    named.insert(reach.parameter);
                    parts.push(part);
                }
                On::Arn(arn) => parts.push(arn),
                // All of what is named is meant.
                On::Listed(_) | On::Everything(_) | On::EverythingOnce(..) => return None,
            }
        }
        let named = named.into_iter().collect::<Vec<_>>().join(" and ");
        (!named.is_empty()).then(|| denied(permission, &named, &parts))
    };
    indented(permissions.into_iter().filter_map(limit).flatten(), indent)
}

/// Everything but these parts of what the parameter names.
fn denied(permission: &str, named: &str, parts: &[&str]) -> Vec<String> {
    let (_, name) = permission.split_once(':').expect("service:Name");
    // Of API Gateway it is a method: `PATCH`.
    let name = if name.chars().all(|c| c.is_ascii_uppercase()) {
        format!("{}{}", &name[..1], name[1..].to_lowercase())
    } else {
        name.to_owned()
    };
    let mut lines = vec![
        format!("Sid: {name}NothingElse"),
        "Effect: Deny".into(),
        format!("Action: {permission}"),
        "NotResource:".into(),
    ];
    lines.extend(parts.iter().map(|part| format!("  - {}", substituted(part))));
    [format!("# Whatever {named} names, no more of it than this.")].into_iter().chain(item(lines)).collect()
}

impl Statement {
    /// Its lines, as an item of a list that far to the right.
    pub fn lines(&self, indent: usize) -> Vec<String> {
        let mut lines: Vec<_> =
            wrapped(&self.comment(), WIDTH - indent - 2).into_iter().map(|line| format!("# {line}")).collect();
        match self.calls.on {
            // Nothing is listed until somebody does, and a statement without a resource is none.
            On::Listed(reach) | On::Part(reach, _) | On::EverythingOnce(reach, _) if reach.all.is_none() => {
                lines.push("- !If".into());
                lines.push(format!("  - {}", condition(reach)));
                lines.extend(indented(item(self.body(indent + 4)), 2));
                lines.push("  - !Ref AWS::NoValue".into());
            }
            _ => lines.extend(item(self.body(indent + 2))),
        }
        indented(lines, indent)
    }

    /// For whom it is, and why it is not less.
    fn comment(&self) -> String {
        let actions = self.actions.join(", ");
        match (self.calls.on, self.calls.by) {
            (On::Everything(reason) | On::EverythingOnce(_, reason), _) => format!("{actions}: {reason}."),
            (_, By::Aws(when)) => format!("{actions}, when {when}."),
            _ => format!("{actions}."),
        }
    }

    fn body(&self, indent: usize) -> Vec<String> {
        let permissions: Vec<_> = self.permissions.iter().map(String::as_str).collect();
        let mut lines = vec![format!("Sid: {}", self.calls.purpose), "Effect: Allow".into()];
        lines.extend(list("Action", &permissions, indent));
        lines.extend(resource(self.calls.on));
        lines.extend(demanded(self.calls));
        lines
    }
}

/// The name of the condition on a parameter.
pub fn condition(reach: &Reach) -> String {
    let stem = reach.parameter.strip_suffix("Arns").expect("lists of ARNs are called so");
    format!("{}{stem}s", if reach.all.is_some() { "All" } else { "Has" })
}

/// One value after its key, or several of them, in one line if there is room.
pub fn list(key: &str, values: &[&str], indent: usize) -> Vec<String> {
    let quoted: Vec<_> =
        values.iter().map(|it| if it.contains('*') { format!("\"{it}\"") } else { (*it).to_owned() }).collect();
    let line = match quoted.as_slice() {
        [one] => format!("{key}: {one}"),
        several => format!("{key}: [{}]", several.join(", ")),
    };
    if indent + line.len() <= WIDTH {
        return vec![line];
    }
    [format!("{key}:")].into_iter().chain(quoted.iter().map(|it| format!("  - {it}"))).collect()
}

fn item(lines: Vec<String>) -> Vec<String> {
    let bullet = |(number, line)| format!("{}{line}", if number == 0 { "- " } else { "  " });
    lines.into_iter().enumerate().map(bullet).collect()
}

fn resource(on: On) -> Vec<String> {
    let (reach, all) = match on {
        On::Everything(_) | On::EverythingOnce(..) => return vec!["Resource: \"*\"".into()],
        On::Arn(arn) => return vec![format!("Resource: {}", substituted(arn))],
        On::Listed(reach) => (reach, reach.all),
        On::Part(reach, part) => (reach, reach.all.map(|_| part)),
    };
    let Some(all) = all else { return vec![format!("Resource: !Ref {}", reach.parameter)] };
    vec![
        "Resource: !If".into(),
        format!("  - {}", condition(reach)),
        format!("  - {}", substituted(all)),
        format!("  - !Ref {}", reach.parameter),
    ]
}

fn substituted(arn: &str) -> String {
    match arn.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        Some(whole) if !whole.contains('}') => format!("!GetAtt {whole}"),
        _ => format!("!Sub \"{arn}\""),
    }
}

fn demanded(calls: &Calls) -> Vec<String> {
    let (key, value) = match calls.under {
        Under::Nothing => return in_this_account(calls.on),
        Under::Via(service) => ("kms:ViaService", format!("!Sub \"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}\"")),
        Under::PassedTo(service) => ("iam:PassedToService", service.to_owned()),
        Under::Invoker(service) => ("lambda:Principal", service.to_owned()),
    };
    vec![format!("Condition: {{ StringEquals: {{ \"{key}\": {value} }} }}")]
}

/// The ARN of a bucket does not say whose it is.
fn in_this_account(on: On) -> Vec<String> {
    match on {
        On::Listed(reach) if reach.all.is_some_and(|all| all.ends_with(":::*")) => vec![
            "Condition: !If".into(),
            format!("  - {}", condition(reach)),
            "  - { StringEquals: { \"aws:ResourceAccount\": !Ref AWS::AccountId } }".into(),
            "  - !Ref AWS::NoValue".into(),
        ],
        _ => Vec::new(),
    }
}
