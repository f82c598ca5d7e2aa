use backout_engine::code::Code;

use super::*;
use crate::commands::plans::testing::PLAN_WITH_A_COMMAND;

/// A plan that is fine; tests break one part of it.
const PLAN: &str = r#"name: shop-backout
system: shop
description: Sends the shop back to its old database.
inputs:
  api: { from: "ssm:/shop/api" }
stages:
  - name: Divert traffic
    steps:
      - id: throttle-down
        uses: apigateway/throttle
        with: { api: "{{ inputs.api }}", stage: prod, rate: 1 }
      - id: maintenance-on
        uses: appconfig/flag
        with: { application: shop, environment: production, profile: flags, flags: { maintenance: true } }
  - name: Roll back
    steps:
      - id: code
        uses: lambda/code
        with: { function: loader, s3: "s3://artifacts/loader-v5.zip" }
"#;

fn broken(part: &str, by: &str) -> Checked {
    assert!(PLAN.contains(part), "{part}");
    Checked::of("plans/shop.yaml".into(), PLAN.replace(part, by))
}

fn told(checked: Checked) -> String {
    text(&[checked], Paint::Plain)
}

#[test]
fn a_plan_that_is_fine() {
    assert_eq!(told(broken("shop-backout", "shop-backout")), "the plan shop-backout is fine");
}

#[test]
fn broken_yaml() {
    insta::assert_snapshot!(told(broken(
        "    steps:\n      - id: throttle-down",
        "    steps: [\n      - id: throttle-down"
    )));
}

#[test]
fn a_tab() {
    insta::assert_snapshot!(told(broken("        uses: lambda/code", "\tuses: lambda/code")));
}

#[test]
fn an_unquoted_template() {
    insta::assert_snapshot!(told(broken("\"{{ inputs.api }}\"", "{{ inputs.api }}")));
}

#[test]
fn an_unknown_action() {
    insta::assert_snapshot!(told(broken("appconfig/flag", "appconfig/flg")));
}

#[test]
fn an_action_that_is_like_no_other() {
    insta::assert_snapshot!(told(broken("appconfig/flag", "kubernetes/rollout")));
}

#[test]
fn a_misspelt_parameter() {
    insta::assert_snapshot!(told(broken("rate: 1", "rte: 1")));
}

#[test]
fn a_parameter_of_the_wrong_type() {
    insta::assert_snapshot!(told(broken("rate: 1", "rate: slow")));
}

#[test]
fn a_parameter_that_makes_no_sense() {
    insta::assert_snapshot!(told(broken("rate: 1", "rate: -1")));
}

#[test]
fn an_undefined_input() {
    insta::assert_snapshot!(told(broken("{{ inputs.api }}", "{{ inputs.apy }}")));
}

#[test]
fn two_steps_on_one_resource() {
    let again = "      - id: environment\n        uses: lambda/environment\n        with: { function: loader, set: { DATABASE: old } }\n";
    insta::assert_snapshot!(told(broken("loader-v5.zip\" }\n", &format!("loader-v5.zip\" }}\n{again}"))));
}

#[test]
fn two_stages_of_one_api_side_by_side() {
    let integration = |id: &str, stage: &str| {
        format!(
            "      - id: {id}\n        uses: apigateway/integration\n        with: {{ api: \"{{{{ inputs.api }}}}\", stage: {stage}, \
             integrations: [{{ path: /{stage}, method: GET, function: loader }}] }}\n"
        )
    };
    let both = format!("loader-v5.zip\" }}\n{}{}", integration("prod", "prod"), integration("beta", "beta"));
    insta::assert_snapshot!(told(broken("loader-v5.zip\" }\n", &both)));
}

#[test]
fn a_stage_without_steps_and_a_misspelt_key() {
    let by = "  - name: Roll back\n    step: []\n  - name: Then\n    steps:\n";
    insta::assert_snapshot!(told(broken("  - name: Roll back\n    steps:\n", by)));
}

#[test]
fn many_problems_are_told_at_once_in_the_order_of_the_file() {
    let text = PLAN
        .replace("lambda/code", "lambda/cod")
        .replace("name: shop-backout", "name: shop backout")
        .replace("appconfig/flag", "flag");
    let checked = Checked::of("p.yaml".into(), text);
    assert!(checked.problems.is_sorted_by_key(|problem| problem.place));
    let codes: Vec<_> = checked.problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [Code::WrongValue, Code::UnknownAction, Code::UnknownAction]);
    insta::assert_snapshot!(told(checked));
}

#[test]
fn the_form_for_programs_has_places_codes_and_help() {
    insta::assert_json_snapshot!(super::told(&[broken("appconfig/flag", "appconfig/flg"), broken("loader", "loader")]));
}

#[test]
fn the_point_of_no_return_is_a_note() {
    let checked = || Checked::of("plans/shop.yaml".into(), PLAN_WITH_A_COMMAND.into());
    insta::assert_snapshot!(told(checked()));
    let json = serde_json::to_value(super::told(&[checked()])).expect("writes");
    assert_eq!(json["problems"], 0);
    assert_eq!(json["files"][0]["point_of_no_return"]["step"], "flush");
}

#[test]
fn a_file_that_is_not_there_is_wrong_use() {
    let checked = check_files(&["no/such/plan.yaml".into(), "../plans/influxdb-to-timestream.yaml".into()]);
    let error = checked[0].unreadable.as_ref().expect("refused");
    assert_eq!((error.code, error.exit), (WhatFailed::File, Exit::WrongUse));
    assert!(checked[1].plan.is_some(), "the other one is checked all the same");
    let told = text(&checked, Paint::Plain);
    assert!(told.contains("`no/such/plan.yaml` cannot be read") && told.ends_with("1 problem in 1 file"), "{told}");
    let json = serde_json::to_value(super::told(&checked)).expect("writes");
    assert_eq!((&json["files"][0]["unreadable"]["code"], &json["problems"]), (&"unreadable-file".into(), &1.into()));
}
