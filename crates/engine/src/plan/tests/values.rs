//! What values and templates become on their way from the plan to an action.

use serde_json::{Value, json};

use super::said;
use crate::{
    journal::Step,
    plan::{Chosen, Document, InputValues, Trigger, expand, parse},
    testing::catalogue::{CATALOGUE, PurgeWith, ThrottleWith},
    written::read,
};

/// A plan of these steps, with inputs.
fn plan(steps: &str) -> String {
    let steps: String = steps.lines().map(|line| format!("      {line}\n")).collect();
    format!(
        "name: p\nsystem: s\ndescription: d\ninputs:\n  version: {{ default: 3.10 }}\n  rate: {{ type: number, default: 1.50 }}\n\
         stages:\n  - name: one\n    steps:\n{steps}"
    )
}

/// The steps of a run of it.
fn steps(text: &str) -> Vec<Step> {
    let parsed = parse("plan.yaml", text, &CATALOGUE).unwrap_or_else(|problems| panic!("{problems}"));
    let inputs = InputValues::unknown(&parsed.plan);
    expand(&parsed, &CATALOGUE, &inputs, &Chosen::All).unwrap_or_else(|problems| panic!("{problems}")).steps
}

/// The paths that a purge is asked for, by step, as the function reads them from the journal.
fn paths(steps_of_plan: &str) -> Vec<Vec<String>> {
    let read_back = |step: &Step| {
        let kept = serde_json::to_string(step).expect("writes");
        let kept: Step = serde_json::from_str(&kept).expect("reads");
        read::<PurgeWith>(&kept.with).expect("reads").paths
    };
    steps(&plan(steps_of_plan)).iter().map(read_back).collect()
}

#[test]
fn a_text_without_quotes_arrives_as_it_is_written() {
    let written =
        ["3.10", "012345678901", "12e34567", "12345678901234567890", "+441234", "0x1F", ".5", "True", "5", "false"];
    let arrived = paths(&format!("- {{ id: a, uses: cache/purge, with: {{ paths: [{}] }} }}", written.join(", ")));
    assert_eq!(arrived, [written]);
}

#[test]
fn an_item_arrives_as_it_is_written_alone_and_among_other_characters() {
    let arrived = paths(
        "- id: purge-{{ item }}\n  for_each: [3.10, 012345678901, 12e34567]\n  uses: cache/purge\n  \
         with: { paths: [\"{{ item }}\", \"v{{ item }}/{{ item ~ '-x' }}\"] }",
    );
    assert_eq!(
        arrived,
        [
            ["3.10", "v3.10/3.10-x"],
            ["012345678901", "v012345678901/012345678901-x"],
            ["12e34567", "v12e34567/12e34567-x"]
        ]
    );
    let nested = paths(
        "- id: purge-{{ item.version }}\n  for_each: [{ version: 3.10 }]\n  uses: cache/purge\n  \
         with: { paths: [\"{{ item.version }}\"] }",
    );
    assert_eq!(nested, [["3.10"]]);
    let exact = paths(
        "- id: purge-{{ item }}\n  for_each: [12345678901234567890, 0.9073038322028689, 1.5]\n  uses: cache/purge\n  \
         with: { paths: [\"{{ item }}\", \"v{{ item }}\"] }",
    );
    let written = ["12345678901234567890", "0.9073038322028689", "1.5"];
    assert_eq!(exact, written.map(|text| [text.to_owned(), format!("v{text}")]));
}

#[test]
fn the_default_of_an_input_is_a_text_as_written_or_a_number() {
    let arrived =
        paths("- { id: a, uses: cache/purge, with: { paths: [\"{{ inputs.version }}\", \"{{ inputs.rate }}\"] } }");
    assert_eq!(arrived, [["3.10", "1.5"]]);
}

#[test]
fn a_number_is_a_number_however_it_is_written() {
    for rate in ["1.50", "\"{{ inputs.rate }}\"", "\"{{ item.rate }}\"", "+1.5"] {
        let text = plan(&format!(
            "- id: \"{{{{ item.id }}}}\"\n  for_each: [{{ id: a, rate: 1.50 }}]\n  uses: gateway/throttle\n  with: {{ api: 007, rate: {rate} }}"
        ));
        let with: ThrottleWith = read(&steps(&text)[0].with).expect("reads");
        assert_eq!((with.rate, with.api.as_str()), (1.5, "007"), "{rate}");
    }
}

#[test]
fn keys_are_as_they_are_written_and_may_be_templates() {
    let step = "- id: \"{{ item }}\"\n  for_each: [one]\n  uses: test/panel\n  with: { set: { 012: 1, \"{{ item }}\": 2, \"v{{ inputs.version }}\": 3 } }";
    assert_eq!(steps(&plan(step))[0].with, json!({"set": {"012": 1, "one": 2, "v3.10": 3}}));
    let same = step.replace("012", "one");
    insta::assert_snapshot!(said(&plan(&same)), @r#"
    plan.yaml:13:46: two keys of this mapping come out as `one` [broken-template]
        templates hold one expression over `inputs`, `item` and `steps`: "{{ inputs.name }}"
    "#);
}

#[test]
fn braces_are_written_in_quotes_within_a_template() {
    let arrived = paths(
        "- id: a\n  uses: cache/purge\n  with: { paths: [\"{{ '{{.tag}}' }}\", \"a{{ '{{' }}b}}\", '{{ \"it''s }}\" }}'] }",
    );
    assert_eq!(arrived, [["{{.tag}}", "a{{b}}", "it's }}"]]);
}

#[test]
fn a_merge_key_adds_what_the_mapping_has_not_itself() {
    let text = plan(
        "- id: a\n  uses: test/panel\n  with: { set: &shared { one: 1, two: 2 } }\n\
         - id: b\n  uses: gateway/throttle\n  with: { api: x, rate: 1 }",
    ) + "  - name: two\n    steps:\n      - id: c\n        uses: test/panel\n        with: { set: { <<: *shared, two: 3, \"<<\": 4 } }\n\
         \x20 - name: three\n    steps:\n      - id: d\n        uses: test/panel\n        with: { set: { <<: [{ two: 5 }, *shared] } }\n\
         \x20 - name: four\n    steps:\n      - id: e\n        uses: test/panel\n        with: { set: { <<: { <<: *shared, one: 6 } } }\n";
    let steps = steps(&text);
    let with = |id: &str| steps.iter().find(|step| step.id.as_str() == id).map(|step| step.with["set"].clone());
    assert_eq!(with("c"), Some(json!({"one": 1, "two": 3, "<<": 4})));
    assert_eq!(with("d"), Some(json!({"one": 1, "two": 5})));
    assert_eq!(with("e"), Some(json!({"one": 6, "two": 2})));
}

#[test]
fn a_plan_that_is_shown_shows_what_is_written() {
    let text = plan("- id: \"{{ item }}\"\n  for_each: [3.10]\n  uses: cache/purge\n  with: { paths: [3.10] }");
    let parsed = parse("plan.yaml", &text, &CATALOGUE).expect("a plan");
    let shown = serde_json::to_value(&parsed.plan.stages[0].steps[0]).expect("writes");
    assert_eq!((&shown["for_each"], &shown["with"]), (&json!(["3.10"]), &json!({"paths": ["3.10"]})));
}

#[test]
fn triggers_are_read_as_the_plan_is() {
    let document = Document::read("p.yaml", "triggers: [{ alarm: 0123 }, { alarm: 3.10 }]").expect("YAML");
    let alarms: Vec<_> =
        document.triggers().expect("triggers").into_iter().map(|Trigger::Alarm(alarm)| alarm).collect();
    assert_eq!(alarms, ["0123", "3.10"]);
    assert_eq!(document.value["triggers"][0].get("alarm").map(Value::is_object), Some(true));
}
