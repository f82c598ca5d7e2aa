//! What is generated of an action's page, and its row in the index.

use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::{Entry, Looked, Nature},
    plan::Document,
};
use serde_json::Value;

use super::{page_name, parameters};

/// Its parameters, its resource, what AWS serialises and who hosts it.
pub fn about(entry: &Entry, page: &str) -> String {
    let Looked { resource, serialised_by, .. } = example(entry, page);
    let here = if serialised_by == [resource.clone()] {
        String::new()
    } else {
        format!(": here {}", serialised_by.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and "))
    };
    let serialised = match entry.nature {
        Nature::Check => "A check only reads: it may stand beside any step of its stage.".to_owned(),
        Nature::Change | Nature::Command => {
            format!("**AWS serialises** {}. Steps of one stage never share it{here}.", entry.serialised)
        }
    };
    // What an input gives is not known here.
    let here = if resource.as_str().contains("{{") { String::new() } else { format!(": here `{resource}`") };
    format!(
        "{}\n**One resource** is {}{here}. {serialised} Hosted by `{}`.\n",
        parameters::table(entry),
        entry.resource,
        entry.host
    )
}

/// What the example of its page says, which has to be a good one.
fn example(entry: &Entry, page: &str) -> Looked {
    let yaml = page.split_once("```yaml\n").and_then(|(_, rest)| rest.split_once("```"));
    let (yaml, _) = yaml.unwrap_or_else(|| panic!("the page of {} begins with an example", entry.uses));
    let read = Document::read("example", yaml).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", entry.uses));
    let step = uses(&read.value, entry.uses).unwrap_or_else(|| panic!("the example uses {}", entry.uses));
    let looked = entry.look(&step["with"]).unwrap_or_else(|wrong| panic!("{}: {wrong}", entry.uses));
    // A template that is not rendered says nothing.
    let faults: Vec<_> = looked.faults.iter().filter(|fault| !fault.contains("{{")).collect();
    assert!(faults.is_empty(), "the example of {}: {faults:?}", entry.uses);
    looked
}

/// The step that uses an action, wherever it stands.
fn uses<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) if fields.get("uses").is_some_and(|uses| uses == name) => Some(value),
        Value::Object(fields) => fields.values().find_map(|value| uses(value, name)),
        Value::Array(items) => items.iter().find_map(|value| uses(value, name)),
        _ => None,
    }
}

/// The rows of all actions of a nature.
pub fn rows(nature: Nature) -> String {
    let entries: Vec<_> = CATALOGUE.0.iter().filter(|entry| entry.nature == nature).collect();
    let (head, line) = match nature {
        Nature::Check => ("| action | what it does | one resource is | function |", "|---|---|---|---|"),
        _ => ("| action | what it does | one resource is | AWS serialises | function |", "|---|---|---|---|---|"),
    };
    let row = |entry: &&Entry| {
        let serialised = if entry.nature == Nature::Check {
            String::new()
        } else {
            // Why it does stands on the page.
            format!(" {} |", parameters::cell(entry.serialised.split(':').next().unwrap_or_default()))
        };
        let Entry { uses, about, resource, host, .. } = entry;
        format!(
            "| [`{uses}`]({}) | {} | {} |{serialised} `{host}` |\n",
            page_name(entry),
            parameters::cell(about.trim_end_matches('.')),
            parameters::cell(resource)
        )
    };
    format!("{head}\n{line}\n{}", entries.iter().map(row).collect::<String>())
}
