//! JSON by its text: for documents of others, whose numbers are to be compared and given back as they are written
//! (`1.10` is not `1.1` to EventBridge, and a number of many digits would change its last ones).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Error, Value, value::RawValue};

/// What serde_json itself takes; a document nested deeper would overflow the stack.
const MOST_NESTED: usize = 127;

/// The one form in which two texts that say the same compare equal: without spaces, the keys of every object sorted,
/// texts with no more escapes than they need. Lists keep their order, and numbers are as they are written.
///
/// # Errors
/// When it is not JSON, or is nested too deep.
pub fn canonical(text: &str) -> Result<String, Error> {
    let mut done = String::with_capacity(text.len());
    write(serde_json::from_str(text)?, 0, &mut done)?;
    Ok(done)
}

/// Refuses a text with a key that an object in it has twice: whoever reads it drops one of the two.
///
/// # Errors
/// When there is such a key, with its name, or when it is not JSON.
pub fn unambiguous(text: &str) -> Result<(), Error> {
    serde_json::from_str::<Once>(text).map(|_| ())
}

/// Whether two texts say the same, numbers by how they are written. What is not JSON says the same as itself.
pub fn same(one: &str, other: &str) -> bool {
    match (canonical(one), canonical(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// The same with the keys of every object sorted, whatever order the map type keeps: it depends on what else is built.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        plain => plain.clone(),
    }
}

fn write(value: &RawValue, depth: usize, to: &mut String) -> Result<(), Error> {
    if depth > MOST_NESTED {
        return Err(serde::de::Error::custom("it is nested too deep"));
    }
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            to.push('{');
            for (index, (key, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                to.push_str(&serde_json::to_string(&key)?);
                to.push(':');
                write(value, depth + 1, to)?;
            }
            to.push('}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            to.push('[');
            for (index, value) in items.into_iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                write(value, depth + 1, to)?;
            }
            to.push(']');
        }
        Some(b'"') => to.push_str(&serde_json::to_string(&serde_json::from_str::<String>(text)?)?),
        _ => to.push_str(text),
    }
    Ok(())
}

/// Any JSON whose objects have each of their keys once.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, Self)) = map.next_entry::<String, Self>()? {
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is there twice")));
            }
            keys.insert(key);
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_order_and_escapes_do_not_count_and_numbers_are_as_they_are_written() {
        let text = r#" { "b" : [ 1.10, 3.0e2, 18446744073709551616 ], "a\u0062" : { "z": null, "y": "\u00e9\/" } } "#;
        let canonical = canonical(text).expect("JSON");
        assert_eq!(canonical, r#"{"ab":{"y":"é/","z":null},"b":[1.10,3.0e2,18446744073709551616]}"#);
        assert!(same(text, &canonical));
        assert!(!same("[1.10]", "[1.1]") && !same("[300.0]", "[3.0e2]") && !same("[1, 2]", "[2, 1]"));
    }

    #[test]
    fn a_key_that_an_object_has_twice_is_told_wherever_it_stands() {
        let wrong = unambiguous(r#"{"a": [{"b": 1, "c": 2, "\u0062": 3}]}"#).expect_err("twice").to_string();
        assert!(wrong.starts_with("the key `b` is there twice"), "{wrong}");
        unambiguous(r#"[{"a": {"a": null}, "b": [true, "x", -1.5]}, {"a": 1}]"#).expect("once each");
    }

    #[test]
    fn sorted_is_sorted_at_every_depth() {
        let value: Value = serde_json::from_str(r#"{"b": [{"d": 1, "c": 2}], "a": 3}"#).expect("JSON");
        assert_eq!(sorted(&value).to_string(), r#"{"a":3,"b":[{"c":2,"d":1}]}"#);
    }

    #[test]
    fn what_is_not_json_says_the_same_as_itself_and_what_is_nested_too_deep_is_refused() {
        assert!(same("{", "{") && !same("{", "{}"));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(canonical(&deep).is_err());
        let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(canonical(&nested).expect("JSON"), nested);
    }
}
