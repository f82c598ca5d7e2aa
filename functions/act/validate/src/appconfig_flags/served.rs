//! The document of flags that clients are given.
//!
//! It is JSON as long as no flag of the profile has variants. With the first one, all of it is Amazon Ion: a plain flag is
//! a text annotated with the flag's key, one with variants a list of `[rule, text]` that ends with the text of the default.
//! Each text is JSON, as it would stand for the flag in the other form:
//! <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-agent-how-to-use-local-development-samples.html>

use std::collections::BTreeMap;

use ion_rs::Element;
use serde_json::{Map, Value};

/// By key, whether each of a flag's variants is on; a plain flag has one. `None` where it does not say.
pub(super) type Flags = BTreeMap<String, Vec<Option<bool>>>;

/// Reads a document; `None` if it is none of flags.
pub(super) fn flags(content: &[u8]) -> Option<Flags> {
    match serde_json::from_slice::<Map<String, Value>>(content) {
        Ok(flags) => Some(flags.into_iter().map(|(key, flag)| (key, vec![is_on(&flag)])).collect()),
        Err(_) => ion(content),
    }
}

fn ion(content: &[u8]) -> Option<Flags> {
    let elements = Element::read_all(content).ok()?;
    let flags: Option<Flags> = elements
        .elements()
        .map(|element| {
            let key = element.annotations().first()?.to_owned();
            let variants = match element.as_list() {
                Some(variants) => variants.elements().map(variant).collect(),
                None => vec![variant(element)],
            };
            Some((key, variants))
        })
        .collect();
    flags.filter(|flags| !flags.is_empty())
}

/// Whether a variant is on: a text, or a rule and a text.
fn variant(element: &Element) -> Option<bool> {
    let text = match element.as_list() {
        Some(pair) => pair.elements().last()?.as_string()?,
        None => element.as_string()?,
    };
    is_on(&serde_json::from_str(text).ok()?)
}

fn is_on(flag: &Value) -> Option<bool> {
    flag.get("enabled").and_then(Value::as_bool)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ION: &str = r#"
        use_influxdb::"{\"enabled\":false}"
        'new-search'::[
            [(and (eq "$country" "GB") (split "$user" 50)), "{\"_variant\":\"uk\",\"enabled\":true,\"limit\":5}"],
            "{\"_variant\":\"default\",\"enabled\":false}"
        ]
    "#;

    fn wanted() -> Option<Flags> {
        let key = |key: &str, variants: &[bool]| (key.to_owned(), variants.iter().copied().map(Some).collect());
        Some([key("use_influxdb", &[false]), key("new-search", &[true, false])].into())
    }

    #[test]
    fn a_profile_with_variants_is_read_as_text_and_as_binary() {
        assert_eq!(flags(ION.as_bytes()), wanted());
        let elements = Element::read_all(ION).expect("Ion");
        let binary = elements.encode_as(ion_rs::v1_0::Binary).expect("writes");
        assert_eq!(flags(&binary), wanted());
    }

    #[test]
    fn what_is_no_document_of_flags_is_none() {
        for content in ["", "plain text", "[]", "yaml: no", "'unclosed"] {
            assert_eq!(flags(content.as_bytes()), None, "{content}");
        }
    }
}
