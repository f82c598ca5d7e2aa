//! Numbers and truth values as a plan writes them.
//!
//! JSON keeps a number's value and not its text: `3.10` would come out as `3.1`, `012345678901` without its zero. So a
//! value without quotes which JSON would write otherwise is kept as the text that stands in the plan, marked. What it
//! is read as decides what becomes of it ([`read`]): a text is the text as written, a number is the number, and
//! where any JSON may stand it is refused, because nobody can tell which of the two is meant.

mod reader;

use std::borrow::Cow;

use saphyr::Scalar;
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

pub(crate) use reader::read_section;
pub use reader::{IN_QUOTES, read};

/// The key that marks such a text. No plan may use it.
pub(crate) const MARKER: &str = "$backout::written";

/// The value of a scalar without quotes: itself where JSON writes it just so, else its text, marked.
pub(crate) fn value(text: &str) -> Value {
    let exact = match Scalar::parse_from_cow(Cow::Borrowed(text)) {
        Scalar::Null => return Value::Null,
        Scalar::String(text) => return Value::String(text.into_owned()),
        Scalar::Boolean(truth) => (truth.to_string() == text).then_some(Value::Bool(truth)),
        Scalar::Integer(_) | Scalar::FloatingPoint(_) => {
            number(text).filter(|number| number.to_string() == text).map(Value::Number)
        }
    };
    exact.unwrap_or_else(|| Value::Object(Map::from_iter([(MARKER.to_owned(), text.into())])))
}

/// The text of a marked value.
pub(crate) fn marked(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) if map.len() == 1 => map.get(MARKER)?.as_str(),
        _ => None,
    }
}

/// A value as text, as it is put between other characters.
pub(crate) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => marked(other).map_or_else(|| Cow::Owned(other.to_string()), Cow::Borrowed),
    }
}

/// The same value with every marked part as a text.
pub(crate) fn shown(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(map) => match marked(value) {
            Some(text) => text.into(),
            None => map.iter().map(|(key, item)| (key.clone(), shown(item))).collect(),
        },
        plain => plain.clone(),
    }
}

/// For a field that may hold marked parts: people are shown texts.
pub(crate) fn serialize_shown<T: Serialize, S: Serializer>(field: &T, to: S) -> Result<S::Ok, S::Error> {
    let value = serde_json::to_value(field).map_err(serde::ser::Error::custom)?;
    shown(&value).serialize(to)
}

/// The number that a text writes, if a number can hold its very value.
pub(crate) fn number(text: &str) -> Option<Number> {
    // Hexadecimal and octal, and a sign before: as YAML reads them.
    if let Scalar::Integer(whole) = Scalar::parse_from_cow(Cow::Borrowed(text)) {
        return Some(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Some(whole.into());
    }
    let number = Number::from_f64(text.parse().ok()?)?;
    (Decimal::of(&number.to_string())? == Decimal::of(text)?).then_some(number)
}

/// The truth value that a text writes.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match Scalar::parse_from_cow(Cow::Borrowed(text)) {
        Scalar::Boolean(truth) => Some(truth),
        _ => None,
    }
}

/// What JSON would make of a text, for people; `None` if it has nothing for it.
fn otherwise(text: &str) -> Option<String> {
    truth(text).map(|truth| truth.to_string()).or_else(|| number(text).map(|number| number.to_string()))
}

/// A decimal number, whatever its zeros and its exponent: digits without zeros at either end, and the power of ten that
/// the last of them counts.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    power: i64,
}

impl Decimal {
    fn of(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power = power.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        let digits = [whole, fraction].concat();
        if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let shorter = digits.trim_end_matches('0');
        let zeros = i64::try_from(digits.len() - shorter.len()).ok()?;
        let digits = shorter.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, power: 0 });
        }
        Some(Self { negative, digits, power: power.checked_add(zeros)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_json_writes_alike_is_a_number_and_the_rest_is_kept_as_written() {
        for (text, plain) in [
            ("3", json!(3)),
            ("-0.5", json!(-0.5)),
            ("0.9073038322028689", json!(0.907_303_832_202_868_9)),
            ("true", json!(true)),
        ] {
            assert_eq!(value(text), plain);
        }
        for text in
            ["3.10", "012345678901", "12e34567", "12345678901234567890123", "+441234", "1.0e3", "0x1F", ".5", "True"]
        {
            assert_eq!(marked(&value(text)), Some(text));
            assert_eq!(shown(&json!({"a": [value(text)]})), json!({"a": [text]}));
        }
        assert_eq!(value("12345678901234567890"), json!(12_345_678_901_234_567_890_u64));
        assert_eq!((value("yes"), value("~")), (json!("yes"), json!(null)));
    }

    #[test]
    fn a_number_has_the_very_value_that_is_written_or_there_is_none() {
        for (text, exact) in [
            ("3.10", Some("3.1")),
            ("+441234", Some("441234")),
            ("1e3", Some("1000.0")),
            ("0x1F", Some("31")),
            ("-0.0", Some("-0.0")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("18446744073709551616", None),
            ("12345678901234567890123", None),
            ("0.90730383220286891", None),
            ("12e34567", None),
            (".nan", None),
            ("five", None),
        ] {
            assert_eq!(number(text).map(|number| number.to_string()).as_deref(), exact, "{text}");
        }
    }
}
