//! `backout plans list`.

use backout_aws::{ListedPlan, NOT_TEXT, StoredPlan};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    clock::Timestamp,
    fault::Fault,
    ids::{PlanName, SystemName},
    plan::{Plan, Trigger, check},
    shown::line,
};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit},
    layout::columns,
    output::Output,
    paint::Paint,
    stack::Stack,
};

/// The arguments of `backout plans list`.
#[derive(Debug, Args)]
pub struct List {}

#[derive(Debug, Serialize)]
struct Listed {
    plans: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: PlanName,
    /// `None` where the stored text is no valid plan (any more).
    system: Option<SystemName>,
    description: Option<String>,
    /// The alarms that start it.
    alarms: Vec<String>,
    stored_at: Option<Timestamp>,
}

impl List {
    /// Lists them.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let stored = stack.cloud.plans();
        let mut listed = Listed { plans: Vec::new() };
        for ListedPlan { name, stored_at } in stored.list().await? {
            listed.plans.extend(found(name.clone(), stored_at, stored.get(&name).await)?);
        }
        output.result(&listed, |paint| text(&listed, paint));
        Ok(Exit::Completed)
    }
}

/// What is to be said of a stored plan, as it was read; `None` if it was taken away since it was listed. What is wrong with
/// one is no reason to keep the others back.
fn found(
    name: PlanName,
    stored_at: Option<Timestamp>,
    read: Result<Option<StoredPlan>, Fault>,
) -> Result<Option<Row>, Fault> {
    let plan = match read {
        Ok(None) => return Ok(None),
        Ok(Some(plan)) => check(name.as_str(), &plan.text, &CATALOGUE).ok().map(|(plan, _)| plan),
        Err(fault) if fault.code == NOT_TEXT => None,
        Err(fault) => return Err(fault),
    };
    Ok(Some(row(name, plan, stored_at)))
}

fn row(name: PlanName, plan: Option<Plan>, stored_at: Option<Timestamp>) -> Row {
    let Some(plan) = plan else {
        return Row { name, system: None, description: None, alarms: Vec::new(), stored_at };
    };
    let alarms = plan.triggers.into_iter().map(|Trigger::Alarm(alarm)| alarm).collect();
    Row { name, system: Some(plan.system), description: Some(plan.description), alarms, stored_at }
}

fn text(listed: &Listed, paint: Paint) -> String {
    if listed.plans.is_empty() {
        return "no plan is stored yet: backout plans push FILE".into();
    }
    let head = ["PLAN", "SYSTEM", "STARTED BY", "STORED", "WHAT IT DOES"].map(|title| paint.faint(title).to_string());
    let mut rows = vec![head];
    for plan in &listed.plans {
        let system = plan.system.as_ref().map_or_else(|| paint.bad("not valid").to_string(), ToString::to_string);
        let alarms = if plan.alarms.is_empty() { "by hand".to_owned() } else { line(&plan.alarms.join(", ")) };
        let stored = plan.stored_at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
        let about = plan
            .description
            .as_deref()
            .map(line)
            .unwrap_or_else(|| format!("backout plans show {} says what is wrong", plan.name));
        rows.push([plan.name.to_string(), system, alarms, stored, about]);
    }
    columns(&rows).join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_not_valid_and_keeps_nothing_back() {
        let name = || "blob".parse().expect("a name");
        let fault = Fault::refused("it is not UTF-8 text").with_code(NOT_TEXT);
        let row = found(name(), None, Err(fault)).expect("no fault of the others").expect("a row");
        let told = text(&Listed { plans: vec![row] }, Paint::Plain);
        assert!(told.contains("not valid") && told.contains("backout plans show blob says what is wrong"), "{told}");
        assert!(found(name(), None, Err(Fault::unanswered("no answer"))).is_err());
        assert!(found(name(), None, Ok(None)).expect("fine").is_none(), "it was taken away");
    }
}
