//! The JSON Schema for editors.

use serde_json::Value;

use super::{GOOD, but};
use crate::{
    plan::{Document, json_schema},
    testing::catalogue::CATALOGUE,
};

fn schema() -> Value {
    serde_json::to_value(json_schema(&CATALOGUE)).expect("writes")
}

fn accepts(text: &str) -> bool {
    let document = Document::read("plan.yaml", text).expect("YAML");
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    validator.is_valid(&document.value)
}

#[test]
fn it_stays_as_it_is() {
    // The order of keys depends on what else is built: another crate may switch on serde_json's `preserve_order`.
    insta::with_settings!({sort_maps => true}, { insta::assert_json_snapshot!(schema()) });
}

#[test]
fn a_good_plan_is_accepted() {
    assert!(accepts(GOOD));
}

#[test]
fn what_the_parser_refuses_is_underlined_too() {
    for (from, to) in [
        ("deadline: 30m", "dedline: 30m"),
        ("description: Sends the platform back.\n", ""),
        ("uses: config/flag", "uses: config/flga"),
        ("name: maintenance, on: true", "name: maintenance, onn: true"),
        ("on: true", "on: 1"),
        ("original]", "orignal]"),
    ] {
        assert!(!accepts(&but(from, to)), "{to}");
    }
}
