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

#[test]
fn of_a_long_line_what_stands_around_the_mistake_is_shown() {
    let long = format!("{}x{}", "a".repeat(300), "b".repeat(300));
    let (shown, before) = excerpt(&long, 300);
    assert_eq!(shown, format!("…{}x{}…", "a".repeat(60), "b".repeat(59)));
    assert_eq!(before, " ".repeat(61));
    assert_eq!(excerpt(&long, 0), (format!("{}…", "a".repeat(120)), String::new()));
    assert_eq!(excerpt(&long, 601), (format!("…{}", "b".repeat(120)), " ".repeat(1 + 120)));
    assert_eq!(excerpt("日本\tx\u{1b}y", 5), ("日本\tx\\u{1b}y".into(), "    \t       ".into()));
}

#[test]
fn many_mistakes_on_one_line_are_short() {
    let step = |n| format!(r#"{{"id": "step-{n}", "uses": "no/such", "with": {{"note": "{}"}}}}"#, "x".repeat(70));
    let steps: Vec<String> = (0..60).map(step).collect();
    let plan = format!(
        r#"{{"name": "shop", "system": "shop", "stages": [{{"name": "All", "steps": [{}]}}]}}"#,
        steps.join(", ")
    );
    let checked = Checked::of("plans/a\nb.yaml".into(), plan);
    assert!(checked.problems.len() >= 60, "{checked:?}");
    let told = told(checked);
    assert!(told.lines().all(|line| line.chars().count() < 400) && told.len() < 60_000, "{told}");
    assert!(told.starts_with(r"plans/a\nb.yaml:1:"), "{told}");
}

#[test]
fn the_name_of_a_file_stays_on_its_line() {
    let error = read(Path::new("no\n::error::such")).expect_err("no such file");
    assert!(error.message.starts_with(r"`no\n::error::such` cannot be read: "), "{error}");
}
