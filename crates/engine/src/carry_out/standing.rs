//! Where a resource stands between two states.

use serde_json::Value;

/// Where a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the step wants it.
    AsWanted,
    /// As it was before.
    AsWas,
    /// Every part is as it was or as wanted: our own half-finished write.
    Between,
    /// Some part is neither: somebody else's hand.
    Drifted,
}

/// Compares a state with the two ends of a change, part by part. Lists are compared whole.
pub fn standing(before: &Value, after: &Value, now: &Value) -> Standing {
    if now == after {
        Standing::AsWanted
    } else if now == before {
        Standing::AsWas
    } else if between(Some(before), Some(after), Some(now)) {
        Standing::Between
    } else {
        Standing::Drifted
    }
}

fn between(before: Option<&Value>, after: Option<&Value>, now: Option<&Value>) -> bool {
    if now == before || now == after {
        return true;
    }
    let Some(Value::Object(map)) = now else { return false };
    let part = |end: Option<&Value>, key: &str| end.and_then(Value::as_object).and_then(|map| map.get(key)).cloned();
    // A part may also be absent now, because one of the ends lacks it.
    let keys = [before, after].into_iter().flatten().filter_map(Value::as_object).flat_map(|map| map.keys());
    map.keys().chain(keys).all(|key| between(part(before, key).as_ref(), part(after, key).as_ref(), map.get(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_mixture_of_the_two_ends_is_between_and_nothing_else_is() {
        let before = json!({"a": 1, "b": {"x": 1, "y": null}, "gone": 1});
        let after = json!({"a": 2, "b": {"x": 2, "y": 3}, "new": [1, 2]});
        let stand = |now| standing(&before, &after, &now);
        assert_eq!(stand(after.clone()), Standing::AsWanted);
        assert_eq!(stand(before.clone()), Standing::AsWas);
        assert_eq!(stand(json!({"a": 2, "b": {"x": 1, "y": 3}, "gone": 1, "new": [1, 2]})), Standing::Between);
        assert_eq!(stand(json!({"a": 1, "b": {"x": 2, "y": 3}})), Standing::Between);
        assert_eq!(stand(json!({"a": 9, "b": {"x": 2, "y": 3}})), Standing::Drifted);
        assert_eq!(stand(json!({"a": 1, "b": {"x": 1, "y": null}, "gone": 1, "foreign": 1})), Standing::Drifted);
        assert_eq!(stand(json!({"a": 1, "b": {"x": 1, "y": null}, "gone": 1, "new": [1]})), Standing::Drifted);
    }

    #[test]
    fn a_part_that_both_ends_have_may_not_be_absent() {
        let (before, after) = (json!({"k": {"a": 1, "b": 1}}), json!({"k": {"a": 2, "b": 2}}));
        assert_eq!(standing(&before, &after, &json!({"k": {"a": 1}})), Standing::Drifted);
    }
}
