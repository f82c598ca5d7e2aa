//! Whatever arrives, each record of it is a notice or is said not to be one, without a word of its values.

use proptest::{prelude::*, sample::Index};

use super::*;

const SECRET: &str = "hunter2";

fn any_json() -> impl Strategy<Value = Value> {
    const KEYS: &[&str] = &[
        "Records",
        "Sns",
        "Message",
        "alarmData",
        "detail",
        "state",
        "value",
        "AlarmName",
        "NewStateValue",
        "alarmName",
        "Timestamp",
        "source",
        "configuration",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(|text| json!(format!("{SECRET}{text}"))),
        Just(json!("ALARM")),
        Just(json!("{\"AlarmName\": \"hunter2\"}")),
        Just(json!("2026-11-20T10:00:00.200Z")),
    ];
    leaf.prop_recursive(5, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(KEYS), inner), 0..6).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}

/// One of the three envelopes, or the third in the first.
fn envelopes() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"Records": [topic(&metric_message().to_string())]})),
        Just(direct(json!(null))),
        Just(event_bridge(json!(null))),
        Just(json!({"Records": [topic(&event_bridge(json!(null)).to_string()), topic("hello")]})),
    ]
}

fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, part)| pointers(part, format!("{at}/{key}"), all)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, part)| pointers(part, format!("{at}/{index}"), all));
        }
        _ => {}
    }
    all.push(at);
}

fn handle(event: &Value) {
    let read = read(event);
    let expected = event.get("Records").and_then(Value::as_array).map_or(1, Vec::len);
    assert_eq!(read.len(), expected);
    for result in read {
        if let Err(NoNotice::Unknown(what)) = result {
            assert!(!what.is_empty() && !what.contains(SECRET), "{what}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event(event in any_json()) {
        handle(&event);
    }

    #[test]
    fn any_record_and_any_message(record in any_json(), message in any_json(), text in ".{0,40}") {
        handle(&json!({"Records": [record, topic(&message.to_string()), topic(&text)]}));
    }

    #[test]
    fn an_envelope_with_other_things_in_it(
        envelope in envelopes(),
        changes in proptest::collection::vec((any::<Index>(), any_json()), 1..4),
    ) {
        let mut event = envelope;
        for (at, new) in changes {
            let mut all = Vec::new();
            pointers(&event, String::new(), &mut all);
            if let Some(place) = event.pointer_mut(&all[at.index(all.len())]) {
                *place = new;
            }
        }
        handle(&event);
    }
}
