//! Edits of a JSON text that leave every other byte of it as it is.

use std::fmt;

use serde::{
    Deserialize, Deserializer as _,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Error, value::RawValue};

/// The text of an object in which the value that these keys lead to is `value`, itself JSON. Objects on the way are made
/// where they are missing.
pub(super) fn set(object: &str, keys: &[&str], value: &str) -> Result<String, Error> {
    let Some((key, rest)) = keys.split_first() else { return Ok(value.to_owned()) };
    let members = Members::of(object)?;
    let old = members.find(key);
    let inner = old.map_or("{}", RawValue::get);
    let new = if rest.is_empty() { value.to_owned() } else { set(inner, rest, value)? };
    if let Some(old) = old {
        let (start, end) = members.span(old);
        return Ok([&object[..start], &new, &object[end..]].concat());
    }
    let (at, comma) = match members.list.last() {
        Some((_, last)) => (members.span(last).1, ","),
        None => (members.opened(), ""),
    };
    let key = serde_json::to_string(key)?;
    Ok([&object[..at], comma, &key, ":", &new, &object[at..]].concat())
}

/// The text of an object without the member that these keys lead to.
pub(super) fn remove(object: &str, keys: &[&str]) -> Result<String, Error> {
    let Some((key, rest)) = keys.split_first() else { return Ok(object.to_owned()) };
    let members = Members::of(object)?;
    let Some(index) = members.list.iter().rposition(|(name, _)| name == key) else { return Ok(object.to_owned()) };
    let (start, end) = members.list.get(index).map_or((0, 0), |(_, value)| members.span(value));
    if !rest.is_empty() {
        let inner = &object[start..end];
        let new = if inner.starts_with('{') { remove(inner, rest)? } else { inner.to_owned() };
        return Ok([&object[..start], &new, &object[end..]].concat());
    }
    let before = index.checked_sub(1).and_then(|index| members.list.get(index));
    let (from, to) = match (before, members.list.get(index + 1)) {
        // With the comma before it.
        (Some((_, before)), _) => (members.span(before).1, end),
        // With the comma behind it: nothing but spaces stands between.
        (None, Some(_)) => (members.opened(), end + object[end..].find(',').map_or(0, |comma| comma + 1)),
        (None, None) => (members.opened(), end),
    };
    Ok([&object[..from], &object[to..]].concat())
}

/// The members of an object in their order, with the texts of their values.
struct Members<'a> {
    object: &'a str,
    list: Vec<(String, &'a RawValue)>,
}

impl<'a> Members<'a> {
    fn of(object: &'a str) -> Result<Self, Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut list = Vec::new();
                while let Some(member) = map.next_entry()? {
                    list.push(member);
                }
                Ok(list)
            }
        }

        let whole: &RawValue = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(object))?;
        if !whole.get().starts_with('{') {
            return Err(Error::custom("it is not an object"));
        }
        let list = serde_json::Deserializer::from_str(object).deserialize_map(InOrder)?;
        Ok(Self { object, list })
    }

    /// The last of that name, as readers of JSON have it.
    fn find(&self, key: &str) -> Option<&'a RawValue> {
        self.list.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value)
    }

    /// Where a value begins and ends in the object's text, of which it is a part.
    fn span(&self, value: &RawValue) -> (usize, usize) {
        let start = value.get().as_ptr() as usize - self.object.as_ptr() as usize;
        (start, start + value.get().len())
    }

    /// Where the first member would begin.
    fn opened(&self) -> usize {
        self.object.find('{').map_or(0, |brace| brace + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_set_in_its_place_or_added_behind_the_others() {
        for (object, keys, result) in [
            (r#" { "a" : 1.10 , "b":2 } "#, ["a"].as_slice(), r#" { "a" : true , "b":2 } "#),
            (r#"{"a": {"b": [1.10]}, "c": 3}"#, &["a", "x"], r#"{"a": {"b": [1.10],"x":true}, "c": 3}"#),
            ("{ }", &["a", "b"], r#"{"a":{"b":true} }"#),
            (r#"{"a": 1, "a": 2}"#, &["a"], r#"{"a": 1, "a": true}"#),
            (r#"{"\u0061": "}{"}"#, &["a"], r#"{"\u0061": true}"#),
        ] {
            assert_eq!(set(object, keys, "true").expect("edited"), result);
        }
        assert!(set(r#"{"a": 1}"#, &["a", "b"], "true").is_err());
    }

    #[test]
    fn a_member_is_taken_out_with_one_comma() {
        for (object, keys, result) in [
            (r#"{"a": 1.10, "b": 2, "c": 3}"#, ["b"].as_slice(), r#"{"a": 1.10, "c": 3}"#),
            (r#"{"a": 1.10 , "b": 2}"#, &["a"], r#"{ "b": 2}"#),
            (r#"{"a": 1.10, "b": 2 }"#, &["b"], r#"{"a": 1.10 }"#),
            (r#"{"a": {"b": 1 }, "c": 3}"#, &["a", "b"], r#"{"a": { }, "c": 3}"#),
            (r#"{"a": 1}"#, &["b"], r#"{"a": 1}"#),
            (r#"{"a": 1}"#, &["a", "b"], r#"{"a": 1}"#),
        ] {
            assert_eq!(remove(object, keys).expect("edited"), result);
        }
    }
}
