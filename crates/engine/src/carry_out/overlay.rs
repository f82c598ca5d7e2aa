//! What a resource would be, had an earlier step of a rehearsal been carried out.

use serde_json::{Map, Value};

/// The state `now`, with the change from `before` to `after` made to it: part by part, because the state may be of other
/// parts of the same resource.
pub(super) fn overlay(now: &Value, before: &Value, after: &Value) -> Value {
    match (now, before, after) {
        _ if before == after => now.clone(),
        (Value::Object(now), Value::Object(before), Value::Object(after)) => {
            let mut then: Map<String, Value> = now.clone();
            for key in before.keys().chain(after.keys()) {
                match (now.get(key), before.get(key), after.get(key)) {
                    (_, Some(_), None) => drop(then.remove(key)),
                    (Some(now), Some(before), Some(after)) => {
                        then.insert(key.clone(), overlay(now, before, after));
                    }
                    (_, None, Some(after)) => drop(then.insert(key.clone(), after.clone())),
                    // A part that this state is not about.
                    (None, Some(_), Some(_)) | (_, None, None) => {}
                }
            }
            Value::Object(then)
        }
        _ => after.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_parts_become_what_the_earlier_step_makes_of_them() {
        assert_eq!(overlay(&json!({"rate": 1000}), &json!({"rate": 1000}), &json!({"rate": 1})), json!({"rate": 1}));
        assert_eq!(overlay(&json!("a"), &json!("a"), &json!("b")), json!("b"));
    }

    #[test]
    fn other_parts_stay_as_they_are() {
        let flags = json!({"flags": {"search": true}});
        let other = (json!({"flags": {"loader": false}}), json!({"flags": {"loader": true}}));
        assert_eq!(overlay(&flags, &other.0, &other.1), flags);
    }

    #[test]
    fn what_is_added_or_taken_away_is_so_afterwards() {
        let now = json!({"POST /query": "f", "GET /x": "g"});
        let then = overlay(&now, &json!({"GET /x": "g"}), &json!({"GET /y": "h"}));
        assert_eq!(then, json!({"POST /query": "f", "GET /y": "h"}));
    }
}
