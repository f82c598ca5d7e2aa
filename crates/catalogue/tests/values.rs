//! Values without quotes arrive as they are written, or are refused: never changed.

use backout_catalogue::{CATALOGUE, LambdaEnvironmentWith};
use backout_engine::{
    action::read_with,
    plan::{Chosen, InputValues, check, expand, parse},
};

/// Each of them was another text once it had been a number.
const WRITTEN: &[&str] = &["3.10", "012345678901", "12e34567", "12345678901234567890123", "+441234"];

fn plan(step: &str) -> String {
    format!("name: p\nsystem: s\ndescription: d\nstages:\n  - name: one\n    steps:\n      - {step}\n")
}

#[test]
fn in_an_environment_they_are_the_text_that_is_written() {
    for written in WRITTEN {
        for (items, value) in [("x", (*written).to_owned()), (*written, "\"{{ item.value }}\"".to_owned())] {
            let text = plan(&format!(
                "{{ id: \"a-{{{{ item.name }}}}\", for_each: [{{ name: x, value: {items} }}], uses: lambda/environment, with: {{ function: f, set: {{ NAME: {value} }} }} }}"
            ));
            let parsed = parse("p.yaml", &text, &CATALOGUE).expect("a plan");
            let inputs = InputValues::unknown(&parsed.plan);
            let expanded = expand(&parsed, &CATALOGUE, &inputs, &Chosen::All);
            let expanded = expanded.unwrap_or_else(|problems| panic!("{text}{problems}"));
            let with: LambdaEnvironmentWith = read_with(&expanded.steps[0].with).expect("reads");
            assert_eq!(with.set["NAME"].as_str(), *written, "{text}");
        }
    }
}

#[test]
fn in_bodies_payloads_events_and_definitions_they_are_refused_with_what_to_write() {
    for written in WRITTEN {
        for step in [
            format!(
                "{{ id: a, uses: lambda/invoke, with: {{ function: f, repeat: safe, payload: {{ a: [{written}] }} }} }}"
            ),
            format!(
                "{{ id: a, uses: http/health, with: {{ url: \"https://example.com\", method: POST, body: {{ a: {written} }} }} }}"
            ),
            format!("{{ id: a, uses: lambda/probe, with: {{ function: f, event: {{ a: {written} }} }} }}"),
            format!(
                "{{ id: a, uses: sfn/definition, with: {{ state_machine: m, definition: {{ StartAt: A, States: {{ A: {{ Type: Pass, Result: {written}, End: true }} }} }} }} }}"
            ),
        ] {
            let problems = check("p.yaml", &plan(&step), &CATALOGUE).expect_err("refused").to_string();
            assert!(
                problems.contains(&format!("{written} ")) && problems.contains("write it in quotes"),
                "{step}: {problems}"
            );
            let quoted = plan(&step.replace(written, &format!("\"{written}\"")));
            check("p.yaml", &quoted, &CATALOGUE).unwrap_or_else(|problems| panic!("{quoted}{problems}"));
        }
    }
}

#[test]
fn in_patterns_they_are_refused_with_the_advice_to_give_a_text_of_json() {
    for written in WRITTEN {
        let step = format!(
            "{{ id: a, uses: events/rule, with: {{ name: r, state: enabled, pattern: {{ a: [{written}] }} }} }}"
        );
        let problems = check("p.yaml", &plan(&step), &CATALOGUE).expect_err("refused").to_string();
        assert!(problems.contains("give the whole pattern as a text of JSON"), "{problems}");
        assert!(!problems.contains("in quotes"), "{problems}");
    }
}
