//! From a row to a DynamoDB item and back.
//!
//! A field that is text, a whole number or a truth value is an attribute of that type. A fraction is a list of its text:
//! DynamoDB gives numbers back with other zeros (`100.0` as `100`). Everything with an inner form is one
//! string of JSON, because DynamoDB's own maps nest to 32 levels and a state may nest deeper. Such a string begins with
//! `{` or `[`; text that itself begins so, or with `"`, is written as a JSON string, so that nothing is mistaken.

use aws_sdk_dynamodb::types::AttributeValue;
use backout_engine::{code::Code, fault::Fault, journal::SCHEMA};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Number, Value};

use super::Item;

/// The largest item that is sent, in bytes as DynamoDB counts them. It takes 400 KB at most.
const LARGEST: usize = 380 * 1024;

/// The attributes of a row, without its key.
pub fn attributes(row: &impl Serialize) -> Result<Item, Fault> {
    let unwritable = |why: String| Fault::refused(format!("a row of the journal cannot be written: {why}"));
    let Value::Object(fields) = serde_json::to_value(row).map_err(|error| unwritable(error.to_string()))? else {
        return Err(unwritable("it is not a map of fields".into()));
    };
    Ok(fields.into_iter().map(|(name, value)| (name, attribute(value))).collect())
}

/// The row of an item. Attributes that the row does not know (its key, its writer) are passed over.
pub fn row<T: DeserializeOwned>(item: &Item) -> Result<T, Fault> {
    let mut fields = Map::new();
    for (name, attribute) in item {
        fields.insert(name.clone(), field(name, attribute).map_err(|why| unreadable(item, &why))?);
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| unreadable(item, &error.to_string()))
}

/// Refuses an item that DynamoDB would not take, before anything is sent.
pub fn weigh(what: &str, item: &Item) -> Result<(), Fault> {
    let weight = |(name, value): (&String, &AttributeValue)| name.len() + size(value);
    let whole: usize = item.iter().map(weight).sum();
    if whole <= LARGEST {
        return Ok(());
    }
    let heaviest = item.iter().max_by_key(|&entry| weight(entry));
    let culprit =
        heaviest.map_or_else(String::new, |(name, value)| format!("; `{name}` alone has {} KB", size(value) / 1024));
    Err(Fault::refused(format!(
        "the journal's row of {what} would have {} KB and may have {} KB{culprit}",
        whole / 1024,
        LARGEST / 1024
    ))
    .with_code(Code::StateTooLarge.as_str())
    .with_advice("let several smaller steps change the resource, each a part of it"))
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(truth) => AttributeValue::Bool(truth),
        Value::Number(number) if number.is_f64() => AttributeValue::L(vec![AttributeValue::S(number.to_string())]),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) if !text.starts_with(['{', '[', '"']) => AttributeValue::S(text),
        inner => AttributeValue::S(inner.to_string()),
    }
}

fn field(name: &str, attribute: &AttributeValue) -> Result<Value, String> {
    Ok(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(truth) => Value::Bool(*truth),
        AttributeValue::N(number) => parsed(name, number)?,
        AttributeValue::L(list) => match list.as_slice() {
            [AttributeValue::S(number)] => parsed(name, number)?,
            _ => return Err(format!("`{name}` is a list that backout does not write")),
        },
        AttributeValue::S(text) if text.starts_with(['{', '[', '"']) => {
            serde_json::from_str(text).map_err(|error| format!("`{name}`: {error}"))?
        }
        AttributeValue::S(text) => Value::String(text.clone()),
        _ => return Err(format!("`{name}` has a type that backout does not write")),
    })
}

fn parsed(name: &str, number: &str) -> Result<Value, String> {
    let number: Number = number.parse().map_err(|error| format!("`{name}`: {error}"))?;
    Ok(Value::Number(number))
}

fn unreadable(item: &Item, why: &str) -> Fault {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    let newer = item
        .get("schema")
        .and_then(|value| value.as_n().ok()?.parse::<u32>().ok())
        .filter(|schema| *schema > SCHEMA)
        .map_or_else(String::new, |schema| format!(" (it has form {schema}, this version of backout knows {SCHEMA})"));
    Fault::refused(format!("the ledger's row `{}` `{}` cannot be read{newer}: {why}", text("pk"), text("sk")))
}

/// As DynamoDB counts: bytes of UTF-8; a number's digits take half a byte each, and two more.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len() / 2 + 2,
        // Three bytes of a list, and one for each of its elements.
        AttributeValue::L(list) => 3 + list.iter().map(|element| 1 + size(element)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whatever_is_written_reads_back_equal() {
        let row_of = json!({
            "text": "plain", "empty": "", "brace": "{not json", "list": "[1", "quoted": "\"x\"", "umlaut": "ação",
            "number": 3, "large": u64::MAX, "fraction": 0.25, "truth": true,
            "object": {"a": {"$sensitive": "s"}, "n": [1, null]}, "array": [], "none": null,
        });
        let item = attributes(&row_of).expect("writes");
        assert_eq!(item["text"], AttributeValue::S("plain".into()));
        assert_eq!(item["object"], AttributeValue::S(r#"{"a":{"$sensitive":"s"},"n":[1,null]}"#.into()));
        assert_eq!(row::<Value>(&item).expect("reads"), row_of);
    }

    #[test]
    fn a_fraction_comes_back_as_it_was_whatever_dynamodb_makes_of_numbers() {
        let fractions = [100.0, 0.907_303_832_202_868_9, 1e300, 5e-324, -0.0, 18_446_744_073_709_551_616.0];
        for fraction in fractions {
            let row_of = json!({"before": fraction, "after": {"rate": fraction}});
            let item = attributes(&row_of).expect("writes");
            assert!(!item.values().any(AttributeValue::is_n), "{item:?}");
            // As texts: `-0.0` and `0.0` are equal values.
            let read = backout_engine::json::sorted(&row::<Value>(&item).expect("reads"));
            assert_eq!(read.to_string(), backout_engine::json::sorted(&row_of).to_string());
        }
        let strange = Item::from([("before".to_owned(), AttributeValue::L(Vec::new()))]);
        assert!(row::<Value>(&strange).is_err());
    }

    #[test]
    fn a_state_may_nest_deeper_than_dynamodb_does() {
        let deep = (0..40).fold(json!("leaf"), |inner, _| json!({"inner": inner}));
        let item = attributes(&json!({"before": deep})).expect("writes");
        assert_eq!(row::<Value>(&item).expect("reads")["before"], deep);
    }

    #[test]
    fn a_row_too_large_is_refused_and_says_what_is_large() {
        let fits = attributes(&json!({"before": "x".repeat(LARGEST - 100)})).expect("writes");
        assert_eq!(weigh("step `s`", &fits), Ok(()));
        let item = attributes(&json!({"before": {"k": "x".repeat(LARGEST)}, "id": "s"})).expect("writes");
        let fault = weigh("step `s`", &item).expect_err("refused");
        assert_eq!(fault.code, "state-too-large");
        assert!(fault.message.contains("step `s`") && fault.message.contains("`before`"), "{fault}");
    }

    #[test]
    fn a_row_of_a_later_form_says_so() {
        let item = attributes(&json!({"schema": SCHEMA + 1, "pk": "run#r", "sk": "run"})).expect("writes");
        let fault = row::<backout_engine::journal::Run>(&item).expect_err("refused");
        assert!(
            fault.message.contains("`run#r` `run`") && fault.message.contains(&format!("form {}", SCHEMA + 1)),
            "{fault}"
        );
    }
}
