//! Plans as people write them: the good ones and what they expand to, the bad ones and what is said about them.

mod bad;
mod expansion;
mod fuzz;
mod mutations;
mod schema;
mod values;

use super::InputValues;
use crate::testing::catalogue::CATALOGUE;

/// A plan with a bit of everything.
const GOOD: &str = r#"
name: back-to-timestream
system: platform
description: Sends the platform back.
deadline: 30m
users_see: Errors.
triggers:
  - alarm: influxdb-*
inputs:
  api: { from: "ssm:/platform/api-id" }
  hold: { default: 30s }
  rate: { type: number, default: 5 }
preflight:
  - id: alive
    uses: http/health
    with: { url: "https://example.com/{{ inputs.api }}" }
    within: 1m
stages:
  - name: Divert
    users_see: A notice.
    steps:
      - id: maintenance-on
        uses: config/flag
        with: { name: maintenance, on: true }
      - id: throttle-down
        uses: gateway/throttle
        with: { api: "{{ inputs.api }}", rate: "{{ inputs.rate }}" }
  - name: Purge
    steps:
      - id: purge-{{ item }}
        for_each: [one, two]
        uses: cache/purge
        with: { paths: ["/{{ item }}/{{ steps.alive.status }}"] }
  - name: Restore
    users_see: Answers.
    ramp:
      id: traffic
      uses: gateway/throttle
      with: { api: "{{ inputs.api }}" }
      through: [{ rate: 10 }, { rate: 50 }, original]
      hold: "{{ inputs.hold }}"
      guard:
        - { uses: http/health, with: { url: "https://example.com" } }
report:
  - "It was {{ steps.alive.says }}"
"#;

/// The good plan with one thing changed.
fn but(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from}");
    GOOD.replace(from, to)
}

/// All that is said about a plan.
fn said(text: &str) -> String {
    match super::check("plan.yaml", text, &CATALOGUE) {
        Ok((_, warnings)) => format!("fine, with {} warnings", warnings.warnings.len()),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn the_good_plan_is_fine() {
    assert_eq!(said(GOOD), "fine, with 0 warnings");
}

#[test]
fn a_check_that_has_a_timeout_is_told_that_it_means_nothing() {
    let text = but("    within: 1m", "    within: 10m\n    timeout: 5m");
    let (_, expansion) = super::check("plan.yaml", &text, &CATALOGUE).expect("fine");
    let warnings: Vec<_> = expansion.warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"));
}

#[test]
fn a_plan_that_was_stored_with_what_is_refused_now_still_runs() {
    for text in [
        but("  hold: { default: 30s }", "  hold: { description: How long. }"),
        but("{{ steps.alive.says }}", "{{ run.mode }}"),
    ] {
        let parsed = super::parse("plan.yaml", &text, &CATALOGUE).expect("reads");
        let inputs = InputValues::unknown(&parsed.plan);
        super::expand(&parsed, &CATALOGUE, &inputs, &super::Chosen::All).expect("expands");
    }
}
