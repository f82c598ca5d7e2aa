//! The content of a feature-flag profile, read and edited without touching what is not asked for.
//!
//! The format is that of `AWS.AppConfig.FeatureFlags`, version 1: `{"version", "flags": {key: definition},
//! "values": {key: {"enabled": bool, …attributes}}}`.

use std::collections::BTreeMap;

use backout_engine::{fault::Fault, plan::nearest};
use serde_json::{Map, Value};

/// Whether flags are on; `None` where a flag is defined and has no value.
pub(super) type Switches = BTreeMap<String, Option<bool>>;

/// The content of one version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document(Map<String, Value>);

impl Document {
    /// Reads a version's content.
    pub(super) fn parse(content: &[u8]) -> Result<Self, Fault> {
        let unfit =
            |why: String| Fault::refused(format!("the deployed content is not a document of feature flags: {why}"));
        match serde_json::from_slice(content).map_err(|error| unfit(error.to_string()))? {
            Value::Object(map) if map.get("flags").is_some_and(Value::is_object) => Ok(Self(map)),
            _ => Err(unfit("it has no `flags`".into())),
        }
    }

    /// As it is written to a new version.
    pub(super) fn content(&self) -> Vec<u8> {
        Value::Object(self.0.clone()).to_string().into_bytes()
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
    pub(super) fn switched(&self, switches: &Switches) -> Self {
        let mut edited = self.0.clone();
        let values = edited.entry("values").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(values) = values {
            for (name, on) in switches {
                set(values, name, *on);
            }
        }
        Self(edited)
    }

    fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name).and_then(Value::as_object)
    }
}

fn set(values: &mut Map<String, Value>, name: &str, on: Option<bool>) {
    match on {
        Some(on) => {
            let value = values.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(value) = value {
                value.insert("enabled".into(), on.into());
            }
        }
        // It had no value before: what a switch brought in goes again, and nothing else. AppConfig notes in it when it
        // was made and changed (`_createdAt`, `_updatedAt`), which is no value either.
        None => {
            if let Some(Value::Object(value)) = values.get_mut(name) {
                value.remove("enabled");
                if value.keys().all(|key| key.starts_with('_')) {
                    values.remove(name);
                }
            }
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
        let edited = document().switched(&wanted);
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
        let there = document().switched(&switches(&[("use_influxdb", Some(false)), ("fresh", Some(true))]));
        assert_eq!(read_back(&there.switched(&before)), deployed());
    }

    #[test]
    fn what_appconfig_notes_in_a_value_is_none() {
        let mut content = deployed();
        content["values"]["fresh"] = json!({"enabled": true, "_createdAt": "2026-01-01", "_updatedAt": "2026-01-01"});
        let document = Document::parse(content.to_string().as_bytes()).expect("reads");
        assert_eq!(read_back(&document.switched(&switches(&[("fresh", None)]))), deployed());
    }

    #[test]
    fn an_attribute_that_somebody_gave_meanwhile_stays() {
        let mut content = deployed();
        content["values"]["fresh"] = json!({"enabled": true, "limit": 5});
        let document = Document::parse(content.to_string().as_bytes()).expect("reads");
        let back = document.switched(&switches(&[("fresh", None)]));
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
