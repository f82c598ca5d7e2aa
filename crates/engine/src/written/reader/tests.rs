use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::written::{MARKER, value};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    #[serde(default)]
    texts: BTreeMap<String, String>,
    #[serde(default)]
    rate: Option<f64>,
    #[serde(default)]
    count: Option<u32>,
    #[serde(default)]
    on: Option<bool>,
    #[serde(default)]
    body: Value,
}

fn read_one(with: &Value) -> Result<With, (String, String)> {
    read(with).map_err(|wrong| (wrong.path.join("."), wrong.message))
}

#[test]
fn a_text_is_as_it_is_written() {
    for written in ["3.10", "012345678901", "12e34567", "12345678901234567890", "+441234", "5", "True", "false", "0.5"]
    {
        let with = read_one(&json!({"texts": {"a": value(written)}})).expect("reads");
        assert_eq!(with.texts["a"], written);
    }
    let nothing = read_one(&json!({"texts": {"a": null}})).expect_err("no text");
    assert_eq!(nothing.0, "texts.a");
}

#[test]
fn a_number_is_its_value_and_a_truth_value_its_truth() {
    let with = json!({"rate": value("1.50"), "count": value("0x1F"), "on": value("TRUE")});
    let with = read_one(&with).expect("reads");
    assert_eq!((with.rate, with.count, with.on), (Some(1.5), Some(31), Some(true)));
}

#[test]
fn a_number_that_cannot_be_kept_and_one_of_another_form_are_refused() {
    for (field, written, said) in [
        (
            "rate",
            "12345678901234567890123",
            "the number 12345678901234567890123 is larger or has more digits than is kept",
        ),
        ("count", "1.50", "invalid type: floating point `1.5`, expected u32"),
        ("count", "True", "invalid type: True, expected u32"),
        ("on", "3.10", "invalid type: 3.10, expected a boolean"),
        ("texts", "3.10", "invalid type: 3.10, expected a map"),
    ] {
        let (path, message) = read_one(&json!({field: value(written)})).expect_err("refused");
        assert_eq!((path.as_str(), message.as_str()), (field, said));
    }
}

#[test]
fn where_any_json_may_stand_it_is_refused_with_what_to_write() {
    let refused = |written: &str| read_one(&json!({"body": {"list": [1, value(written)]}})).expect_err("refused");
    let (path, said) = refused("3.10");
    assert_eq!(path, "body.list.1");
    assert_eq!(said, "3.10 would become 3.1; write it in quotes to keep it, or write 3.1");
    assert_eq!(refused("012").1, "012 would become 12; write it in quotes to keep it, or write 12");
    assert_eq!(refused("True").1, "True would become true; write it in quotes to keep it, or write true");
    assert_eq!(refused("12e34567").1, "the number 12e34567 cannot be kept as it is written; write it in quotes");
    let exact = json!({"list": [1, 2.5, true, "3.10", null]});
    assert_eq!(read_one(&json!({"body": exact})).expect("reads").body, exact);
}

#[test]
fn in_a_section_of_a_plan_it_stays_as_it_is_for_whoever_reads_it_next() {
    let section: With =
        read_section(&json!({"body": {"a": value("3.10")}, "texts": {"b": value("3.10")}})).expect("reads");
    assert_eq!(section.body, json!({"a": {MARKER: "3.10"}}));
    assert_eq!(section.texts["b"], "3.10");
}
