//! Whether an answer holds what is wanted of it, at any depth.

use serde_json::Value;

/// How much of a found value is shown.
const LONGEST_VALUE: usize = 80;

/// Where an answer is not as wanted, a sentence each. Fields that nobody wants do not matter; the items of a list are
/// compared one by one; a text that holds JSON is looked into where an object or a list is wanted, as the `body` of an
/// answer for API Gateway is.
pub(super) fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut all = Vec::new();
    compare(wanted, found, "", &mut all);
    all
}

/// Of what was found only that which the plan names, at any depth: `None` where it has none of the wanted shape. Where
/// the plan wants one plain value, no object or list is handed out.
pub(super) fn projected(wanted: &Value, found: &Value) -> Option<Value> {
    match (wanted, found) {
        (Value::Object(_) | Value::Array(_), Value::String(text)) => projected(wanted, &held(text)?),
        (Value::Object(fields), Value::Object(has)) => {
            let named = fields.iter().filter_map(|(key, value)| Some((key.clone(), projected(value, has.get(key)?)?)));
            Some(Value::Object(named.collect()))
        }
        (Value::Array(items), Value::Array(has)) if items.len() == has.len() => {
            // A gap, so that the others keep their places.
            let items = items.iter().zip(has).map(|(item, found)| projected(item, found).unwrap_or(Value::Null));
            Some(Value::Array(items.collect()))
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => None,
        _ => Some(found.clone()),
    }
}

/// What a text holds as JSON, unless that is a text again.
fn held(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|inner: &Value| !inner.is_string())
}

fn compare(wanted: &Value, found: &Value, path: &str, all: &mut Vec<String>) {
    let within = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (wanted, found) {
        (Value::Object(_) | Value::Array(_), Value::String(text)) => match held(text) {
            Some(inner) => compare(wanted, &inner, path, all),
            None => all.push(other(path, wanted, found)),
        },
        (Value::Object(fields), Value::Object(has)) => {
            for (key, value) in fields {
                match has.get(key) {
                    Some(found) => compare(value, found, &within(key), all),
                    None => all.push(format!("{} is missing, wanted {value}", within(key))),
                }
            }
        }
        (Value::Array(items), Value::Array(has)) if items.len() == has.len() => {
            for (index, (item, found)) in items.iter().zip(has).enumerate() {
                compare(item, found, &within(&index.to_string()), all);
            }
        }
        (Value::Number(one), Value::Number(two)) if one.as_f64() == two.as_f64() => {}
        (one, two) if one == two => {}
        _ => all.push(other(path, wanted, found)),
    }
}

fn other(path: &str, wanted: &Value, found: &Value) -> String {
    // The plan names this place, but nothing below it: what an unexpected object, list or text holds may be anything.
    let found = match (projected(wanted, found), found) {
        (Some(value), _) => backout_aws::shortened(&value.to_string(), LONGEST_VALUE),
        (None, Value::Object(_)) => "an object".into(),
        (None, Value::Array(items)) => format!("a list of {}", items.len()),
        (None, Value::String(_)) => "a text".into(),
        (None, plain) => plain.to_string(),
    };
    let what = if path.is_empty() { "the answer" } else { path };
    format!("{what} is {found}, wanted {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn other_fields_do_not_matter() {
        let answer = json!({"ok": true, "store": {"name": "timestream", "rows": 3}, "list": [1, {"a": 1, "b": 2}]});
        for wanted in [
            json!({}),
            json!({"ok": true}),
            json!({"store": {"name": "timestream"}}),
            json!({"store": {"rows": 3.0}}),
            json!({"list": [1, {"a": 1}]}),
        ] {
            assert_eq!(differences(&wanted, &answer), Vec::<String>::new(), "{wanted}");
        }
    }

    #[test]
    fn every_difference_is_said_with_its_place() {
        let answer = json!({"ok": false, "store": {"name": "influxdb"}, "list": [1]});
        let wanted = json!({"ok": true, "store": {"name": "timestream", "rows": 1}, "list": [1, 2]});
        let said = differences(&wanted, &answer);
        assert!(said.contains(&"ok is false, wanted true".to_owned()), "{said:?}");
        assert!(said.contains(&"store.name is \"influxdb\", wanted \"timestream\"".to_owned()), "{said:?}");
        assert!(said.contains(&"store.rows is missing, wanted 1".to_owned()), "{said:?}");
        assert!(said.contains(&"list is a list of 1, wanted [1,2]".to_owned()), "{said:?}");
        assert_eq!(differences(&json!({"ok": true}), &json!(null)), ["the answer is null, wanted {\"ok\":true}"]);
    }

    #[test]
    fn a_body_for_api_gateway_is_looked_into() {
        let answer = json!({"statusCode": 200, "body": "{\"backend\": \"timestream\"}"});
        assert!(differences(&json!({"body": {"backend": "timestream"}}), &answer).is_empty());
        assert_eq!(differences(&json!({"body": {"backend": "influxdb"}}), &answer).len(), 1);
        assert_eq!(differences(&json!({"body": {"a": 1}}), &json!({"body": "text"})).len(), 1);
    }

    #[test]
    fn only_what_is_named_is_handed_out() {
        let answer = json!({
            "ok": true,
            "key": "hunter2",
            "store": {"name": "influxdb", "url": "https://user:hunter2@host"},
            "body": "{\"ok\": false, \"key\": \"hunter2\"}",
            "list": [{"a": 1, "key": "hunter2"}, "hunter2"],
        });
        for (wanted, handed_out) in [
            (json!({"ok": false}), json!({"ok": true})),
            (json!({"store": {"name": "timestream"}}), json!({"store": {"name": "influxdb"}})),
            (json!({"body": {"ok": true}}), json!({"body": {"ok": false}})),
            (json!({"list": [{"a": 1}, {"b": 1}]}), json!({"list": [{"a": 1}, null]})),
            // Another shape than what is named, and what is not there.
            (json!({"store": "timestream", "list": [1], "key": {"ok": true}, "rows": 1}), json!({})),
        ] {
            assert_eq!(projected(&wanted, &answer), Some(handed_out), "{wanted}");
            let said = differences(&wanted, &answer).join("; ");
            assert!(!said.contains("hunter2"), "{said}");
        }
        assert_eq!(projected(&json!({"ok": true}), &json!("hunter2")), None);
        assert_eq!(
            differences(&json!({"ok": true}), &json!("hunter2")),
            ["the answer is a text, wanted {\"ok\":true}"]
        );
    }
}
