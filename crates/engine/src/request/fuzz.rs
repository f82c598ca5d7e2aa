//! Whatever starts a run, and whatever the rows of a journal hold, is read or refused.

use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    decide::decide,
    journal::{Journal, Run, Stage, StageKind, Step},
    plan::OnGuard,
    report::{self, Report},
    testing::{at, run, stage, step, steps_stage},
};

fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "",
        "p",
        "apply",
        "undo",
        "rehearse",
        "run-1",
        "Divert traffic",
        "2026-11-20T03:00:00Z",
        "-009999-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9223372036854775807s",
        "30s",
        "started",
        "applied",
        "planned",
        "take_back",
        "\0",
        "é‹›",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        proptest::sample::select(WORDS).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![3 => proptest::sample::select(KEYS).prop_map(str::to_owned), 1 => ".{0,6}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

const KEYS: &[&str] =
    &["plan", "mode", "reason", "inputs", "only", "undo", "resume", "sealed", "requested_by", "level", "id", "kind"];

/// A value with another one somewhere in it, or without a part of it.
fn changed(value: Value) -> impl Strategy<Value = Value> {
    let changes = proptest::collection::vec((any::<Index>(), proptest::option::of(any_json())), 0..4);
    changes.prop_map(move |changes| {
        let mut value = value.clone();
        for (at, new) in changes {
            let mut pointers = Vec::new();
            pointers_of(&value, String::new(), &mut pointers);
            let Some(pointer) = pointers.get(at.index(pointers.len().max(1))) else { continue };
            match (new, pointer.rsplit_once('/')) {
                (Some(new), _) => drop(value.pointer_mut(pointer).map(|place| *place = new)),
                (None, Some((parent, key))) => {
                    if let Some(Value::Object(map)) = value.pointer_mut(parent) {
                        map.remove(key);
                    }
                }
                (None, None) => {}
            }
        }
        value
    })
}

fn pointers_of(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, part)| pointers_of(part, format!("{at}/{key}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, part)| pointers_of(part, format!("{at}/{index}"), all));
        }
        _ => {}
    }
    all.push(at);
}

fn whole_request() -> Value {
    json!({
        "plan": "p", "reason": "why", "mode": "apply", "inputs": {"hold": "30s", "n": 1}, "only": ["Divert traffic"],
        "undo": "run-0", "resume": "run-1", "sealed": "run-2", "requested_by": "somebody",
    })
}

fn stages() -> Vec<Stage> {
    let guards = StageKind::Guards { ramp: 1, hold: crate::duration::Duration::seconds(30), on_guard: OnGuard::Hold };
    vec![steps_stage("one"), stage("rung", StageKind::Rung { ramp: 1 }), stage("guards", guards)]
}

fn handle(input: &Value) {
    let unreadable = Request::unreadable(input);
    assert!(!unreadable.plan.is_empty() || input.get("plan") == Some(&json!("")));
    match Request::read(input) {
        Ok(request) => {
            let kept = serde_json::to_value(&request).expect("writes");
            assert_eq!(serde_json::from_value::<Request>(kept).expect("reads"), request);
        }
        Err(refusal) => {
            assert_eq!(refusal.code, Code::WrongRequest);
            assert!(!refusal.what.is_empty() && refusal.help.is_some());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request(input in any_json()) {
        handle(&input);
    }

    #[test]
    fn a_good_request_with_something_wrong(input in changed(whole_request())) {
        handle(&input);
    }

    #[test]
    fn a_request_of_text(text in ".{0,60}") {
        if let Ok(input) = serde_json::from_str(&text) {
            handle(&input);
        }
    }

    /// A row that another version wrote, or a hand.
    #[test]
    fn any_rows(
        row in changed(serde_json::to_value(run(stages())).expect("writes")),
        one in changed(serde_json::to_value(step("one", 0)).expect("writes")),
        other in changed(serde_json::to_value(step("other", 1)).expect("writes")),
        now in 0..100_000i64,
    ) {
        let Ok(run) = serde_json::from_value::<Run>(row) else { return Ok(()) };
        let steps: Vec<Step> = [one, other].into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect();
        for step in &steps {
            let kept = serde_json::to_value(step).expect("writes");
            assert_eq!(&serde_json::from_value::<Step>(kept).expect("reads"), step);
        }
        let journal = Journal::new(run, steps);
        let _ = decide(&journal, at(now));
        let report = Report::of(&journal, at(now));
        let _ = report::markdown(&report);
        let _ = report::message(&report, "somewhere");
    }
}

#[test]
fn a_good_request_and_good_rows_are_read() {
    let request = Map::from_iter(
        whole_request()
            .as_object()
            .expect("a map")
            .clone()
            .into_iter()
            .filter(|(key, _)| !["undo", "resume", "sealed"].contains(&key.as_str())),
    );
    Request::read(&Value::Object(request)).expect("a request whose changes are worth a look");
    let row = serde_json::to_value(run(stages())).expect("writes");
    serde_json::from_value::<Run>(row).expect("a row whose changes are worth a look");
}
