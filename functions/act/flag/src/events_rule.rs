//! `events/rule`: enables and disables a rule, and sets its pattern.

use aws_sdk_eventbridge::{Client, operation::describe_rule::DescribeRuleOutput, types::RuleState};
use backout_aws::{Cloud, Vocabulary, Word, fault, in_time, lookup_fault};
use backout_catalogue::{EventPattern, EventsRule, EventsRuleWith, RuleState as Wanted};
use backout_engine::{
    action::{At, Change, Reading},
    fault::Fault,
};
use serde::{Deserialize, Serialize};

/// The action, with its clients.
#[derive(Debug)]
pub(crate) struct Rule {
    reads: Client,
    writes: Client,
}

/// The rule's state, and its pattern if the plan gives one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// As EventBridge says it: `ENABLED`, `DISABLED`, `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`.
    state: String,
    /// The pattern, canonical; `None` if the plan does not give one, or the rule has none (a schedule).
    pattern: Option<String>,
}

/// What else is known of the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    arn: String,
}

impl Rule {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { reads: Client::new(cloud.reads()), writes: Client::new(cloud.writes()) }
    }

    async fn describe(&self, with: &EventsRuleWith) -> Result<DescribeRuleOutput, Fault> {
        self.reads.describe_rule().name(&with.name).event_bus_name(&with.bus).send().await.map_err(|error| {
            let if_missing =
                "check the rule's name and bus: this action switches a rule that is there, it creates none";
            lookup_fault(&format!("read the rule {} of bus {}", with.name, with.bus), error, if_missing)
        })
    }

    /// Everything of the rule as it is, but for what `to` says: what a `PutRule` leaves out is lost.
    async fn put(&self, at: &At<'_, EventsRuleWith>, to: &State) -> Result<(), Fault> {
        let rule = self.describe(at.with).await?;
        let pattern = if at.with.pattern.is_some() { to.pattern.clone() } else { rule.event_pattern };
        let role = rule.role_arn;
        in_time(at.deadline)?;
        self.writes
            .put_rule()
            .name(&at.with.name)
            .event_bus_name(&at.with.bus)
            .state(RuleState::from(to.state.as_str()))
            .set_event_pattern(pattern)
            .set_schedule_expression(rule.schedule_expression)
            .set_description(rule.description)
            .set_role_arn(role.clone())
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                let fault = CODES.explain(fault(&format!("change the rule {}", at.with.name), error), &at.with.name);
                match role {
                    Some(role) if fault.code == "AccessDeniedException" => fault.with_advice(format!(
                        "EventBridge wants the rule's role handed over with a new pattern: name {role} in the stack's \
                         parameter EventRuleRoleArns"
                    )),
                    _ => fault,
                }
            })
    }
}

impl Change for Rule {
    type Kind = EventsRule;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, EventsRuleWith>) -> Result<Reading<State, Facts>, Fault> {
        let rule = self.describe(at.with).await?;
        let state = rule.state().map_or(RuleState::Enabled.as_str(), RuleState::as_str).to_owned();
        let pattern = match (&at.with.pattern, rule.event_pattern()) {
            (Some(_), Some(pattern)) => Some(canonical(pattern)),
            _ => None,
        };
        let facts = Facts { arn: rule.arn().unwrap_or_default().to_owned() };
        Ok(Reading::Settled { state: State { state, pattern }, facts })
    }

    async fn desired(&self, at: &At<'_, EventsRuleWith>, now: &State) -> Result<State, Fault> {
        Ok(desired(at.with, now))
    }

    async fn write(&self, at: &At<'_, EventsRuleWith>, (now, _): (&State, &Facts), to: &State) -> Result<(), Fault> {
        match plain_switch(now, to) {
            Some(Wanted::Enabled) => {
                in_time(at.deadline)?;
                let sent = self.writes.enable_rule().name(&at.with.name).event_bus_name(&at.with.bus).send().await;
                sent.map_err(|error| {
                    CODES.explain(fault(&format!("enable the rule {}", at.with.name), error), &at.with.name)
                })?;
            }
            Some(Wanted::Disabled) => {
                in_time(at.deadline)?;
                let sent = self.writes.disable_rule().name(&at.with.name).event_bus_name(&at.with.bus).send().await;
                sent.map_err(|error| {
                    CODES.explain(fault(&format!("disable the rule {}", at.with.name), error), &at.with.name)
                })?;
            }
            None => self.put(at, to).await?,
        }
        Ok(())
    }
}

fn desired(with: &EventsRuleWith, now: &State) -> State {
    let state = match with.state {
        // Enabled for management events too is more than enabled, and stays.
        Wanted::Enabled if now.state.starts_with("ENABLED") => now.state.clone(),
        Wanted::Enabled => RuleState::Enabled.as_str().to_owned(),
        Wanted::Disabled => RuleState::Disabled.as_str().to_owned(),
    };
    State { state, pattern: with.pattern.as_ref().map(|pattern| pattern.canonical().to_owned()) }
}

/// Where only the state differs, and `EnableRule` or `DisableRule` can make it so.
fn plain_switch(now: &State, to: &State) -> Option<Wanted> {
    if now.pattern != to.pattern {
        return None;
    }
    match to.state.as_str() {
        "ENABLED" => Some(Wanted::Enabled),
        "DISABLED" => Some(Wanted::Disabled),
        _ => None,
    }
}

/// A stored pattern in the form in which patterns compare; one that cannot be read compares as it stands.
fn canonical(stored: &str) -> String {
    stored.parse::<EventPattern>().map_or_else(|_| stored.to_owned(), |pattern| pattern.canonical().to_owned())
}

const CODES: Vocabulary =
    Vocabulary(&[Word::new("ManagedRuleException", "an AWS service made this rule and manages it: switch it there")]);

#[cfg(test)]
mod tests {
    use super::*;
    use backout_aws::testing::{Kept, cloud};
    use backout_engine::{action::Claim, clock::Timestamp};
    use serde_json::{Value, json};

    const ALL_EVENTS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

    fn with(extra: serde_json::Value) -> EventsRuleWith {
        let mut with = json!({"name": "r"});
        with.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        serde_json::from_value(with).expect("reads")
    }

    fn state(state: &str, pattern: Option<&str>) -> State {
        State { state: state.into(), pattern: pattern.map(str::to_owned) }
    }

    #[test]
    fn a_rule_that_is_more_than_enabled_is_enabled() {
        let enable = with(json!({"state": "enabled"}));
        assert_eq!(desired(&enable, &state(ALL_EVENTS, None)), state(ALL_EVENTS, None));
        assert_eq!(desired(&enable, &state("DISABLED", None)), state("ENABLED", None));
        let disable = with(json!({"state": "disabled"}));
        assert_eq!(desired(&disable, &state(ALL_EVENTS, None)), state("DISABLED", None));
    }

    #[test]
    fn only_what_enable_and_disable_can_do_is_left_to_them() {
        let (on, off) = (state("ENABLED", None), state("DISABLED", None));
        assert_eq!(plain_switch(&off, &on), Some(Wanted::Enabled));
        assert_eq!(plain_switch(&on, &off), Some(Wanted::Disabled));
        assert_eq!(plain_switch(&off, &state(ALL_EVENTS, None)), None);
        assert_eq!(plain_switch(&off, &state("ENABLED", Some("{}"))), None);
    }

    #[tokio::test]
    async fn a_pattern_is_compared_and_given_back_with_its_numbers_as_they_are_written() {
        const STORED: &str = r#"{"detail": {"version": [1.10], "limit": [3.0e2]}}"#;
        let (cloud, asks) = cloud(|asked| {
            let rule = json!({"Name": "r", "State": "ENABLED", "EventPattern": STORED, "Arn": "arn:r"});
            (200, if asked.what.ends_with("DescribeRule") { rule.to_string() } else { "{}".to_owned() })
        });
        let rule = Rule::new(&cloud);
        let other = r#"{"detail": {"version": [1.1], "limit": [300.0]}}"#;
        let with = with(json!({"state": "enabled", "pattern": other}));
        let claim = Claim { run: "r".parse().expect("an id"), step: "s".parse().expect("an id") };
        let (kept, now) = (Kept::default(), Timestamp::UNIX_EPOCH);
        let deadline = Timestamp::MAX;
        let at = At {
            with: &with,
            claim: &claim,
            evidence: &kept,
            now,
            issued_at: now,
            started_at: None,
            since: now,
            deadline,
        };
        let Ok(Reading::Settled { state: before, facts }) = rule.read(&at).await else { panic!("not settled") };
        let after = rule.desired(&at, &before).await.expect("a state");
        assert_ne!(after, before);
        // As the journal hands it to whoever takes it back.
        let kept = serde_json::to_string(&before).expect("writes");
        let back: State = serde_json::from_str(&kept).expect("reads");
        rule.write(&at, (&after, &facts), &back).await.expect("written");
        let asks = asks.lock().expect("asks");
        let put = asks.iter().find(|asked| asked.what.ends_with("PutRule")).expect("put");
        let body: Value = serde_json::from_str(&put.body).expect("JSON");
        assert_eq!(body["EventPattern"], r#"{"detail":{"limit":[3.0e2],"version":[1.10]}}"#);
    }

    #[test]
    fn what_is_stored_and_what_is_wanted_compare_whatever_their_spaces() {
        let with = with(json!({"state": "enabled", "pattern": {"source": ["aws.s3"], "detail": {"a": [1]}}}));
        let stored = canonical("{ \"detail\": {\"a\": [1]},\n \"source\": [\"aws.s3\"] }");
        let now = state("ENABLED", Some(&stored));
        assert_eq!(desired(&with, &now), now);
    }
}
