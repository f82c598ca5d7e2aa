//! What a plan expands to.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::json;

use super::{GOOD, but};
use crate::{
    journal::{StageKind, Status},
    plan::{Chosen, Expansion, InputValues, OnFailure, expand, parse},
    testing::catalogue::CATALOGUE,
};

fn expanded(text: &str, chosen: &Chosen) -> Expansion {
    let parsed = parse("plan.yaml", text, &CATALOGUE).expect("parses");
    let inputs = InputValues::known(
        [("api".into(), json!("abc")), ("hold".into(), json!("30s")), ("rate".into(), json!(5))].into(),
    );
    expand(&parsed, &CATALOGUE, &inputs, chosen).expect("expands")
}

/// The stages and steps, one line each.
fn shown(expansion: &Expansion) -> String {
    let mut text = String::new();
    for (index, stage) in expansion.stages.iter().enumerate() {
        writeln!(text, "{}: {:?}", stage.name, stage.kind).expect("writes");
        for step in expansion.steps.iter().filter(|step| step.stage == index) {
            write!(text, "  {} {} {} {}", step.position, step.id, step.uses, step.with).expect("writes");
            for (name, value) in [
                ("status", (step.status != Status::Planned).then(|| step.status.to_string())),
                ("resource", step.resource.as_ref().map(ToString::to_string)),
                ("within", step.within.map(|it| it.to_string())),
                ("every", step.every.map(|it| it.to_string())),
                ("since", step.since.as_ref().map(ToString::to_string)),
                ("original of", step.original_of.as_ref().map(ToString::to_string)),
                ("deferred on", step.deferred.as_ref().map(|needs| format!("{needs:?}"))),
                ("item", step.item.as_ref().map(ToString::to_string)),
                ("failing", (step.on_failure != OnFailure::Halt).then(|| format!("{:?}", step.on_failure))),
            ] {
                if let Some(value) = value {
                    write!(text, " · {name} {value}").expect("writes");
                }
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn for_each_ramps_guards_and_what_is_deferred() {
    insta::assert_snapshot!(shown(&expanded(GOOD, &Chosen::All)));
}

#[test]
fn only_what_was_chosen_runs_and_the_preflight_always_does() {
    let chosen = Chosen::Only(BTreeSet::from(["Restore".to_owned()]));
    insta::assert_snapshot!(shown(&expanded(GOOD, &chosen)));
}

#[test]
fn a_step_that_needs_one_which_was_not_chosen_is_refused() {
    let text = but("status }}", "status }}/{{ steps.maintenance-on.says }}");
    let parsed = parse("plan.yaml", &text, &CATALOGUE).expect("parses");
    let chosen = Chosen::Only(BTreeSet::from(["Purge".to_owned()]));
    let problems = expand(&parsed, &CATALOGUE, &InputValues::unknown(&parsed.plan), &chosen).expect_err("refused");
    insta::assert_snapshot!(problems.to_string());
}

#[test]
fn it_expands_alike_every_time() {
    let (one, other) = (expanded(GOOD, &Chosen::All), expanded(GOOD, &Chosen::All));
    assert_eq!((one.stages, one.steps), (other.stages, other.steps));
}

#[test]
fn a_plan_of_500_steps_in_20_stages_is_not_too_large() {
    let mut text = GOOD.split("stages:").next().expect("a part").to_owned() + "stages:\n";
    for stage in 0..20 {
        writeln!(text, "  - name: Stage {stage}\n    steps:").expect("writes");
        for step in 0..25 {
            let with = format!("{{ api: \"{stage}-{step}\", rate: 1 }}");
            writeln!(text, "      - {{ id: s{stage}-{step}, uses: gateway/throttle, with: {with} }}").expect("writes");
        }
    }
    let expansion = expanded(&text, &Chosen::All);
    assert_eq!(expansion.steps.len(), 501);
    assert_eq!(expansion.stages.iter().filter(|stage| stage.kind == StageKind::Steps).count(), 20);
}

#[test]
fn a_null_item_is_an_item() {
    let text = but("for_each: [one, two]", "for_each: [~, two]");
    let expansion = expanded(&text, &Chosen::All);
    let step = expansion.steps.iter().find(|step| step.id.as_str() == "purge-null").expect("it is there");
    let kept = serde_json::from_value::<crate::journal::Step>(json!(step)).expect("reads");
    assert_eq!(kept.item, Some(json!(null)));
}

#[test]
fn only_what_comes_from_nowhere_but_the_plan_counts_as_stated() {
    let stated = |inputs: serde_json::Value| {
        let text = but(
            "with: { api: \"{{ inputs.api }}\", rate: \"{{ inputs.rate }}\" }",
            "with: { api: \"{{ inputs.api }}\", rate: \"{{ inputs.rate }}\" }\n      - id: plain-{{ item.name }}\n        for_each: [{ name: a, of: b }, { name: \"{{ inputs.api }}\", of: c }]\n        uses: gateway/throttle\n        with: { api: \"{{ item.of }}\", rate: 1 }",
        );
        let parsed = parse("plan.yaml", &text, &CATALOGUE).expect("parses");
        let inputs = InputValues::known(serde_json::from_value(inputs).expect("a map"));
        let expansion = expand(&parsed, &CATALOGUE, &inputs, &Chosen::All).expect("expands");
        let of = |id: &str| {
            let step = expansion.steps.iter().find(|step| step.id.as_str() == id).expect(id);
            step.stated.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        [of("maintenance-on"), of("throttle-down"), of("plain-a"), of("plain-abc"), of("purge-one")]
    };
    let by_default = json!({"api": "abc", "hold": "30s", "rate": 5});
    // An input from Parameter Store may be anything; the item that holds one too; and what an earlier step found.
    assert_eq!(stated(by_default), ["name on", "rate", "api rate", "rate", ""]);
    // A value that a request gave is not the plan's.
    assert_eq!(stated(json!({"api": "abc", "hold": "30s", "rate": 6}))[1], "");
}

#[test]
fn a_number_that_json_would_write_otherwise_is_stated_under_its_own_key() {
    let text = but("rate: \"{{ inputs.rate }}\" }", "rate: 5.10 }");
    let expansion = expanded(&text, &Chosen::All);
    let step = expansion.steps.iter().find(|step| step.id.as_str() == "throttle-down").expect("it is there");
    assert_eq!(step.with["rate"], json!({"$backout::written": "5.10"}), "the very case");
    assert!(step.stated.contains("rate") && !step.stated.contains("$backout::written"), "{:?}", step.stated);
}
