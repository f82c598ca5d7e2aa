//! `events/rule`: enables or disables an EventBridge rule, and may set its event pattern.

use backout_engine::{
    action::{Calls, Host, IN_QUOTES, Kind, Nature, On, Under},
    json::{canonical, unambiguous},
    resource::Resource,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use crate::{
    names::{BUS, RULE, misnamed},
    reach::{EVENT_RULE_ROLES, EVENT_RULES},
};

mod pattern;

/// Enables or disables an EventBridge rule, and may set its event pattern.
#[derive(Debug, Clone, Copy)]
pub struct EventsRule;

/// The parameters of `events/rule`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventsRuleWith {
    /// The rule's name. It has to exist: creating rules is not this action's business.
    #[schemars(example = &"ons-data-platform-timestream-processing")]
    pub name: String,
    /// The event bus the rule belongs to, by name or ARN.
    #[serde(default = "default_bus")]
    pub bus: String,
    /// Whether the rule is to match events or not.
    pub state: RuleState,
    /// The event pattern it is to have, as an object or as a text of JSON. Without it, the rule keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<EventPattern>,
}

/// Whether a rule matches events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It matches events.
    Enabled,
    /// It does not.
    Disabled,
}

/// An event pattern: the text of a JSON object. `EventBridge` compares numbers by how they are written, so they are kept so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventPattern(String);

impl EventPattern {
    /// The pattern in the one form in which two patterns that are the same compare equal: without spaces, keys
    /// sorted, numbers as they are written. Lists keep their order, as EventBridge keeps it.
    pub fn canonical(&self) -> &str {
        &self.0
    }

    fn fields(&self) -> pattern::Fields<'_> {
        // It was read as an object before it became a pattern.
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl std::str::FromStr for EventPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        serde_json::from_str::<pattern::Fields<'_>>(text)
            .and_then(|_| unambiguous(text))
            .and_then(|()| canonical(text))
            .map(Self)
            .map_err(|error| format!("this is not an event pattern, a JSON object: {error}"))
    }
}

impl<'de> Deserialize<'de> for EventPattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from).map_err(as_json_text)? {
            Value::String(text) => text.parse().map_err(D::Error::custom),
            object @ Value::Object(_) => object.to_string().parse().map_err(D::Error::custom),
            _ => Err(D::Error::custom("invalid type: expected an event pattern, a JSON object")),
        }
    }
}

/// Of a number that JSON would write otherwise: in quotes, as it is said elsewhere, it would be a text to EventBridge.
fn as_json_text<E: serde::de::Error>(error: E) -> E {
    match error.to_string().split_once(IN_QUOTES) {
        Some((what, _)) => E::custom(format!(
            "{what}; to keep it, give the whole pattern as a text of JSON: `pattern: '{{\"detail\": {{\"version\": [1.10]}}}}'`"
        )),
        None => error,
    }
}

impl JsonSchema for EventPattern {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "EventPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An event pattern: an object whose leaves are lists, or the same as a text of JSON.",
            "type": ["object", "string"],
        })
    }
}

fn default_bus() -> String {
    "default".into()
}

impl Kind for EventsRule {
    const USES: &'static str = "events/rule";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Flag;
    const ABOUT: &'static str = "Enables or disables an EventBridge rule, and may set its event pattern.";
    const RESOURCE: &'static str = "the rule";
    const SERIALISED: &'static str =
        "the rule: `PutRule` replaces it as a whole, and it has no revision that would refuse a second change";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "SwitchRules",
            "EventBridge",
            &["DescribeRule", "DisableRule", "EnableRule", "PutRule"],
            On::Listed(&EVENT_RULES),
        ),
        Calls::of("HandRoleOfRuleOver", "IAM", &["PassRole"], On::Listed(&EVENT_RULE_ROLES))
            .under(Under::PassedTo("events.amazonaws.com"))
            .by_aws("the pattern of a rule with a role of its own is changed"),
    ];
    type With = EventsRuleWith;

    fn resource(with: &EventsRuleWith) -> Resource {
        let bus = with.bus.rsplit_once("event-bus/").map_or(with.bus.as_str(), |(_, name)| name);
        Resource::new("events", "rule", [bus, with.name.as_str()])
    }

    fn summary(with: &EventsRuleWith) -> String {
        let verb = match with.state {
            RuleState::Enabled => "enable",
            RuleState::Disabled => "disable",
        };
        let pattern = if with.pattern.is_some() { ", and set its pattern" } else { "" };
        format!("{verb} rule {}{pattern}", with.name)
    }

    fn faults(with: &EventsRuleWith) -> Vec<String> {
        let mut faults = misnamed([(&RULE, "name", with.name.as_str()), (&BUS, "bus", &with.bus)]);
        faults.extend(with.pattern.iter().flat_map(|given| pattern::faults(&given.fields())));
        faults
    }

    fn warnings(with: &EventsRuleWith) -> Vec<String> {
        with.pattern.iter().flat_map(|given| pattern::warnings(&given.fields())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(extra: Value) -> EventsRuleWith {
        let mut with = json!({"name": "timestream-processing", "state": "enabled"});
        with.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn a_bus_is_one_resource_by_name_or_arn() {
        let by_name = EventsRule::resource(&with(json!({})));
        assert_eq!(by_name.as_str(), "events:rule/default/timestream-processing");
        let arn = "arn:aws:events:us-east-1:123456789012:event-bus/default";
        assert_eq!(EventsRule::resource(&with(json!({"bus": arn}))), by_name);
    }

    #[test]
    fn patterns_compare_whatever_their_spaces_and_order() {
        let object = with(json!({"pattern": {"source": ["aws.s3"], "detail": {"b": ["2"], "a": ["1"]}}}));
        let text = with(json!({"pattern": "{\"detail\": {\"a\": [\"1\"], \"b\": [\"2\"]}, \"source\": [\"aws.s3\"]}"}));
        let canonical = object.pattern.as_ref().map(EventPattern::canonical);
        assert_eq!(canonical, text.pattern.as_ref().map(EventPattern::canonical));
        assert_eq!(canonical, Some(r#"{"detail":{"a":["1"],"b":["2"]},"source":["aws.s3"]}"#));
    }

    #[test]
    fn numbers_compare_by_how_they_are_written() {
        let pattern = |text: &str| with(json!({"pattern": text})).pattern.expect("a pattern");
        let written = pattern(r#"{"detail": {"version": [1.10], "limit": [3.0e2, 18446744073709551616]}}"#);
        assert_eq!(written.canonical(), r#"{"detail":{"limit":[3.0e2,18446744073709551616],"version":[1.10]}}"#);
        assert_ne!(pattern(r#"{"a": [1.10]}"#), pattern(r#"{"a": [1.1]}"#));
        assert_ne!(pattern(r#"{"a": [3.0e2]}"#), pattern(r#"{"a": [300.0]}"#));
        let again: EventPattern =
            serde_json::from_value(serde_json::to_value(&written).expect("writes")).expect("reads");
        assert_eq!(again, written);
    }

    #[test]
    fn a_number_in_a_plan_that_would_be_written_otherwise_is_refused() {
        let plan = "name: p\nsystem: s\ndescription: d\nstages:\n  - name: one\n    steps:\n      - id: a\n        \
                    uses: events/rule\n        with: { name: r, state: enabled, pattern: { detail: { version: [1.10] } } }\n";
        let problems = backout_engine::plan::check("p.yaml", plan, &crate::CATALOGUE).expect_err("refused");
        assert!(
            problems
                .to_string()
                .contains("1.10 would become 1.1; to keep it, give the whole pattern as a text of JSON"),
            "{problems}"
        );
        let text = plan.replace("{ detail: { version: [1.10] } }", r#"'{"detail": {"version": [1.10]}}'"#);
        backout_engine::plan::check("p.yaml", &text, &crate::CATALOGUE).expect("a plan");
    }

    #[test]
    fn what_eventbridge_would_refuse_is_refused_first() {
        let wrong = with(json!({"pattern": {"source": "aws.s3", "detail": {"bucket": {"name": "x"}}}}));
        let faults = EventsRule::faults(&wrong);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains(r#"write `["x"]`"#)), "{faults:?}");
        assert_eq!(EventsRule::faults(&with(json!({"pattern": {}}))).len(), 1);
        assert!(serde_json::from_value::<EventPattern>(json!("not json")).is_err());
        assert!(serde_json::from_value::<EventPattern>(json!(["a"])).is_err());
    }

    #[test]
    fn a_key_that_stands_there_twice_is_refused() {
        for text in [
            r#"{"source": ["aws.s3"], "source": ["aws.ec2"]}"#,
            r#"{"detail": {"$or": [{"a": [1], "a": [2]}, {"b": [1]}]}}"#,
        ] {
            let refused = serde_json::from_value::<EventPattern>(json!(text)).expect_err(text).to_string();
            assert!(refused.contains("there twice"), "{refused}");
        }
    }

    #[test]
    fn what_no_event_could_match_is_refused_wherever_it_stands() {
        for (wrong, said) in [
            (json!({"source": []}), "`pattern.source` is an empty list"),
            (json!({"detail": {}}), "`pattern.detail` is an empty object"),
            (json!({"detail": {"$or": [{"a": [1]}, {"b": []}]}}), "`pattern.detail.$or.b` is an empty list"),
            (json!({"source": [["aws.s3"]]}), "`pattern.source` has a list within a list"),
        ] {
            let faults = EventsRule::faults(&with(json!({"pattern": wrong})));
            assert!(matches!(faults.as_slice(), [one] if one.starts_with(said)), "{faults:?}");
        }
        let fine = json!({"detail": {"$or": [{"a": [{"exists": false}]}, {"b": [1, null]}]}});
        assert!(EventsRule::faults(&with(json!({"pattern": fine}))).is_empty());
        assert!(EventsRule::warnings(&with(json!({"pattern": fine}))).is_empty());
    }

    #[test]
    fn a_way_to_compare_that_nobody_knows_is_worth_a_word() {
        let odd = with(json!({"pattern": {"source": [{"prefx": "aws."}], "detail": {"$or": [{"a": [{"like": 1}]}]}}}));
        assert_eq!(
            EventsRule::warnings(&odd),
            [
                "`pattern.detail.$or.a` compares by `like`, which EventBridge is not known to have",
                "`pattern.source` compares by `prefx`, which EventBridge is not known to have; is it `prefix`?",
            ]
        );
    }

    #[test]
    fn the_summary_mentions_a_pattern_only_when_there_is_one() {
        assert_eq!(EventsRule::summary(&with(json!({}))), "enable rule timestream-processing");
        let both = with(json!({"state": "disabled", "pattern": {"source": ["a"]}}));
        assert_eq!(EventsRule::summary(&both), "disable rule timestream-processing, and set its pattern");
    }
}
