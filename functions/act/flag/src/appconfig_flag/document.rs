//! The content of a feature-flag profile, read and edited without touching what is not asked for.
//!
//! The format is that of `AWS.AppConfig.FeatureFlags`, version 1: `{"version", "flags": {key: definition},
//! "values": {key: {"enabled": bool, …attributes}}}`.

use std::collections::BTreeMap;

use backout_engine::{fault::Fault, json::same, plan::nearest};
use serde_json::{Error, Map, Value};

use super::splice::{remove, set};

/// Whether flags are on; `None` where a flag is defined and has no value.
pub(super) type Switches = BTreeMap<String, Option<bool>>;

/// The content of one version of a profile. It is edited as a text: what is not asked for stays as it is, to the last
/// digit of a number and the order of the keys.
#[derive(Debug, Clone)]
pub(super) struct Document {
    text: String,
    content: Map<String, Value>,
}

impl Document {
    /// Reads a version's content.
    pub(super) fn parse(content: &[u8]) -> Result<Self, Fault> {
        let unfit =
            |why: String| Fault::refused(format!("the deployed content is not a document of feature flags: {why}"));
        let text = String::from_utf8(content.to_vec()).map_err(|error| unfit(error.to_string()))?;
        match serde_json::from_str(&text).map_err(|error| unfit(error.to_string()))? {
            Value::Object(content) if content.get("flags").is_some_and(Value::is_object) => Ok(Self { text, content }),
            _ => Err(unfit("it has no `flags`".into())),
        }
    }

    /// As it is written to a new version.
    pub(super) fn content(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }

    /// Whether another one says the same, whatever its spaces and the order of its keys.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        same(&self.text, &other.text)
    }

    /// How the named flags stand.
    pub(super) fn switches<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Result<Switches, Fault> {
        names.into_iter().map(|name| Ok((name.clone(), self.switch(name)?))).collect()
    }

    fn switch(&self, name: &str) -> Result<Option<bool>, Fault> {
        let defined = self.section("flags");
        if !defined.is_some_and(|flags| flags.contains_key(name)) {
            return Err(unknown(name, defined));
        }
        let Some(value) = self.section("values").and_then(|values| values.get(name)) else { return Ok(None) };
        if value.get("_variants").is_some() {
            return Err(Fault::refused(format!(
                "the flag `{name}` has variants, and nobody said which of them to switch"
            ))
            .with_advice("switch it by hand, or give the plan a flag without variants"));
        }
        Ok(value.get("enabled").and_then(Value::as_bool))
    }

    /// The same content with flags switched. Definitions, attributes and all other flags stay.
    pub(super) fn switched(&self, switches: &Switches) -> Result<Self, Fault> {
        let mut text = self.text.clone();
        for (name, on) in switches {
            text = switched(&text, name, *on).map_err(|error| {
                Fault::refused(format!("the flag `{name}` cannot be switched in the deployed content: {error}"))
            })?;
        }
        Self::parse(text.as_bytes())
    }

    fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.content.get(name).and_then(Value::as_object)
    }
}

/// The text with one flag switched.
fn switched(text: &str, name: &str, on: Option<bool>) -> Result<String, Error> {
    match on {
        Some(on) => set(text, &["values", name, "enabled"], if on { "true" } else { "false" }),
        // It had no value before: what a switch brought in goes again, and nothing else. AppConfig notes in it when it
        // was made and changed (`_createdAt`, `_updatedAt`), which is no value either.
        None => {
            let without = remove(text, &["values", name, "enabled"])?;
            let left: Value = serde_json::from_str(&without)?;
            let nothing_left = left["values"].get(name).and_then(Value::as_object);
            let nothing_left = nothing_left.is_some_and(|value| value.keys().all(|key| key.starts_with('_')));
            if nothing_left { remove(&without, &["values", name]) } else { Ok(without) }
        }
    }
}

fn unknown(name: &str, defined: Option<&Map<String, Value>>) -> Fault {
    let mut known: Vec<&str> = defined.into_iter().flat_map(Map::keys).map(String::as_str).collect();
    known.sort_unstable();
    let meant = nearest(name, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
    Fault::refused(format!("there is no flag `{name}`.{meant}"))
        .with_advice(format!("the deployed version defines these flags: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployed() -> Value {
        json!({
            "version": "1",
            "flags": {
                "use_influxdb": {"name": "use_influxdb"},
                "query_cache": {"name": "query_cache", "attributes": {"ttl": {"constraints": {"type": "number"}}}},
                "fresh": {"name": "fresh"},
                "split": {"name": "split"},
            },
            "values": {
                "use_influxdb": {"enabled": true, "_updatedAt": "2026-01-01T00:00:00Z"},
                "query_cache": {"enabled": true, "ttl": 60.5},
                "split": {"_variants": [{"name": "a", "enabled": true}]},
            },
        })
    }

    fn document() -> Document {
        Document::parse(deployed().to_string().as_bytes()).expect("reads")
    }

    fn switches(list: &[(&str, Option<bool>)]) -> Switches {
        list.iter().map(|(name, on)| ((*name).to_owned(), *on)).collect()
    }

    fn read_back(document: &Document) -> Value {
        serde_json::from_slice(&document.content()).expect("JSON")
    }

    #[test]
    fn only_the_named_flag_changes_and_what_was_written_reads_back_equal() {
        let wanted = switches(&[("use_influxdb", Some(false)), ("fresh", Some(true))]);
        let edited = document().switched(&wanted).expect("edited");
        let mut expected = deployed();
        expected["values"]["use_influxdb"]["enabled"] = json!(false);
        expected["values"]["fresh"] = json!({"enabled": true});
        assert_eq!(read_back(&edited), expected);
        let again = Document::parse(&edited.content()).expect("reads");
        assert_eq!(again.switches(wanted.keys()).expect("known"), wanted);
    }

    #[test]
    fn going_back_leaves_the_content_as_it_was() {
        let names = ["use_influxdb".to_owned(), "fresh".to_owned()];
        let before = document().switches(&names).expect("known");
        assert_eq!(before, switches(&[("use_influxdb", Some(true)), ("fresh", None)]));
        let there =
            document().switched(&switches(&[("use_influxdb", Some(false)), ("fresh", Some(true))])).expect("edited");
        let back = there.switched(&before).expect("edited");
        assert_eq!(back.content(), document().content());
        assert!(back.says_the_same(&document()) && !there.says_the_same(&document()));
    }

    #[test]
    fn what_nobody_switched_stays_to_the_last_byte() {
        let text = r#"{"values": {"z": {"share": 0.9073038322028689, "limit": 18446744073709551616, "enabled" : true},
  "fresh": {"ratio": 1.10}}, "flags": {"z": {}, "fresh": {}, "new": {}}, "version": "1"}"#;
        let document = Document::parse(text.as_bytes()).expect("reads");
        let wanted = switches(&[("z", Some(false)), ("fresh", Some(true)), ("new", Some(true))]);
        let edited = document.switched(&wanted).expect("edited");
        let expected = text
            .replace(r#""enabled" : true"#, r#""enabled" : false"#)
            .replace(r#"{"ratio": 1.10}}"#, r#"{"ratio": 1.10,"enabled":true},"new":{"enabled":true}}"#);
        assert_eq!(String::from_utf8(edited.content()).expect("UTF-8"), expected);
        let before = document.switches(wanted.keys()).expect("known");
        assert_eq!(edited.switched(&before).expect("edited").content(), text.as_bytes());
    }

    #[test]
    fn what_appconfig_notes_in_a_value_is_none() {
        let mut content = deployed();
        content["values"]["fresh"] = json!({"enabled": true, "_createdAt": "2026-01-01", "_updatedAt": "2026-01-01"});
        let document = Document::parse(content.to_string().as_bytes()).expect("reads");
        let back = document.switched(&switches(&[("fresh", None)])).expect("edited");
        assert_eq!(read_back(&back), deployed());
    }

    #[test]
    fn an_attribute_that_somebody_gave_meanwhile_stays() {
        let mut content = deployed();
        content["values"]["fresh"] = json!({"enabled": true, "limit": 5});
        let document = Document::parse(content.to_string().as_bytes()).expect("reads");
        let back = document.switched(&switches(&[("fresh", None)])).expect("edited");
        assert_eq!(read_back(&back)["values"]["fresh"], json!({"limit": 5}));
    }

    #[test]
    fn an_unknown_flag_is_refused_with_the_nearest_and_the_list() {
        let fault = document().switches([&"use_influx".to_owned()]).expect_err("unknown");
        assert!(fault.message.contains("Did you mean `use_influxdb`?"), "{fault}");
        assert_eq!(
            fault.advice.as_deref(),
            Some("the deployed version defines these flags: fresh, query_cache, split, use_influxdb")
        );
        assert!(!fault.is_transient());
    }

    #[test]
    fn a_flag_with_variants_and_content_that_is_no_flags_are_refused() {
        assert!(document().switches([&"split".to_owned()]).expect_err("variants").message.contains("variants"));
        assert!(Document::parse(b"{\"a\": 1}").is_err());
        assert!(Document::parse(b"yaml: no").is_err());
    }
}
