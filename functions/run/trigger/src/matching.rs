//! Which plans name an alarm.

use backout_aws::{Plans, StoredPlan};
use backout_engine::{
    fault::Fault,
    ids::PlanName,
    plan::{Document, Trigger},
};
use futures::{StreamExt, stream};
use wildmatch::WildMatch;

/// How many plans are read at once.
const AT_ONCE: usize = 8;

/// A plan and the alarms that start it.
pub type Triggered = (PlanName, Vec<Trigger>);

/// The stored plans with their triggers, and the faults of those that could not be fetched. A plan whose triggers are
/// wrong is logged; neither stops the others.
pub async fn triggers(plans: &Plans) -> Result<(Vec<Triggered>, Vec<Fault>), Fault> {
    let names = plans.names().await?;
    let mut fetched = stream::iter(names).map(|name| async move { plans.get(&name).await }).buffered(AT_ONCE);
    let (mut triggered, mut faults) = (Vec::new(), Vec::new());
    while let Some(plan) = fetched.next().await {
        match plan {
            // It was taken away since it was listed.
            Ok(None) => {}
            Ok(Some(StoredPlan { name, text, .. })) => match read_triggers(&text) {
                Ok(triggers) => triggered.push((name, triggers)),
                Err(why) => {
                    tracing::error!(plan = name.as_str(), "its triggers are wrong, so no alarm starts it: {why}")
                }
            },
            Err(fault) => faults.push(fault),
        }
    }
    Ok((triggered, faults))
}

/// The triggers of a plan's text. Nothing else of it is looked at: a plan that is wrong elsewhere is started, and the
/// run that refuses it tells people what is wrong. Not to start it would tell nobody.
fn read_triggers(text: &str) -> Result<Vec<Trigger>, String> {
    let document = Document::read("plan", text)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))?;
    document.triggers().map_err(|error| format!("`triggers`: {error}"))
}

/// The plans that name the alarm.
pub fn matching<'a>(plans: &'a [Triggered], alarm: &str) -> Vec<&'a PlanName> {
    let names_it = |Trigger::Alarm(pattern): &Trigger| WildMatch::new(pattern).matches(alarm);
    plans.iter().filter(|(_, triggers)| triggers.iter().any(names_it)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans(given: &[(&str, &str)]) -> Vec<Triggered> {
        given.iter().map(|(name, text)| (name.parse().expect("a name"), read_triggers(text).expect("reads"))).collect()
    }

    #[test]
    fn every_plan_that_names_the_alarm_is_meant() {
        let plans = plans(&[
            ("exact", "triggers: [{ alarm: ons-influxdb-unavailable }]"),
            ("glob", "triggers: [{ alarm: other }, { alarm: 'ons-*' }]"),
            ("mark", "triggers: [{ alarm: 'ons-influxdb-unavailabl?' }]"),
            ("prefix", "triggers: [{ alarm: ons-influxdb }]"),
            ("none", "name: none"),
            ("empty", "triggers:"),
        ]);
        let names: Vec<&str> = matching(&plans, "ons-influxdb-unavailable").into_iter().map(PlanName::as_str).collect();
        assert_eq!(names, ["exact", "glob", "mark"]);
        assert!(matching(&plans, "something-else").is_empty());
    }

    #[test]
    fn a_plan_that_is_wrong_elsewhere_is_still_started_and_refused_aloud() {
        let triggers = read_triggers("nonsense: true\ntriggers: [{ alarm: a }]\nstages: 5\n").expect("reads");
        assert_eq!(triggers, [Trigger::Alarm("a".into())]);
    }

    #[test]
    fn triggers_that_cannot_be_read_say_why() {
        assert!(read_triggers("triggers: [{ alarm: a").expect_err("broken").contains("broken-yaml"));
        assert!(read_triggers("triggers: [{ alrm: a }]").expect_err("wrong").contains("alrm"));
    }
}
