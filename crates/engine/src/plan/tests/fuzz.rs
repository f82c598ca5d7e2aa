//! Whatever a plan file holds, it is read or refused: no panic, no end of memory, and every problem has a place in it.

use std::sync::LazyLock;

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    GOOD,
    mutations::{expressions, mutated, texts},
};
use crate::{
    action::{Calls, Catalogue, Entry, Host, Kind, Nature},
    code::Code,
    journal::Step,
    plan::{Chosen, Document, InputValues, Problem, Scope, Text, check, expand, json_schema, parse},
    resource::Resource,
    testing::catalogue::CATALOGUE,
};

const SHIPPED: &str = include_str!("../../../../../plans/influxdb-to-timestream.yaml");

/// The actions of the shipped plan with parameters of any form, so that their templates are rendered whatever they are.
const ANY_PARAMETERS: Catalogue = Catalogue(&[
    Entry::of::<Any<'c', 0>>(),
    Entry::of::<Any<'c', 1>>(),
    Entry::of::<Any<'c', 2>>(),
    Entry::of::<Any<'c', 3>>(),
    Entry::of::<Any<'c', 4>>(),
    Entry::of::<Any<'c', 5>>(),
    Entry::of::<Any<'c', 6>>(),
    Entry::of::<Any<'k', 0>>(),
    Entry::of::<Any<'k', 1>>(),
    Entry::of::<Any<'k', 2>>(),
    Entry::of::<Any<'k', 3>>(),
    Entry::of::<Any<'k', 4>>(),
    Entry::of::<Any<'k', 5>>(),
    Entry::of::<Any<'k', 6>>(),
]);
const CHANGES: [&str; 7] = [
    "appconfig/flag",
    "apigateway/throttle",
    "apigateway/integration",
    "lambda/code",
    "lambda/environment",
    "events/rule",
    "sfn/definition",
];
const CHECKS: [&str; 7] = [
    "timestream-influxdb/status",
    "timestream/query",
    "lambda/state",
    "lambda/probe",
    "http/health",
    "logs/count",
    "appconfig/flags",
];

/// The nth change (`c`) or check (`k`).
struct Any<const NATURE: char, const NUMBER: usize>;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct AnyWith(Map<String, Value>);

impl<const NATURE: char, const NUMBER: usize> Kind for Any<NATURE, NUMBER> {
    const USES: &'static str = if NATURE == 'c' { CHANGES[NUMBER] } else { CHECKS[NUMBER] };
    const NATURE: Nature = if NATURE == 'c' { Nature::Change } else { Nature::Check };
    const HOST: Host = Host::Flag;
    const ABOUT: &'static str = "An action whose parameters do not matter.";
    const RESOURCE: &'static str = "a thing of tests";
    const CALLS: &'static [Calls] = &[];
    type With = AnyWith;

    fn resource(with: &AnyWith) -> Resource {
        Resource::new("any", Self::USES, [Value::Object(with.0.clone()).to_string().as_str()])
    }

    fn summary(_: &AnyWith) -> String {
        Self::ABOUT.into()
    }
}

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::to_value(json_schema(&CATALOGUE)).expect("writes");
    jsonschema::validator_for(&schema).expect("a schema")
});

fn in_the_file(text: &str, problems: &[Problem]) {
    // The end of a text that ends with a line break is on the line behind it.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    for Problem { place, what, .. } in problems {
        let line = place.line.checked_sub(1).and_then(|line| lines.get(line));
        let line = line.unwrap_or_else(|| panic!("line {} of {}: {what}", place.line, lines.len()));
        let columns = line.chars().count() + 1;
        assert!((1..=columns).contains(&place.column), "column {} of {columns}: {what}", place.column);
        assert!(!what.is_empty());
    }
}

/// Everything that is ever done with the text of a plan.
fn handle(text: &str, catalogue: &'static Catalogue) {
    match check("plan.yaml", text, catalogue) {
        Ok((plan, warnings)) => {
            in_the_file(text, &warnings.warnings);
            let parsed = parse("plan.yaml", text, catalogue).expect("it was just read");
            let inputs = InputValues::known(
                plan.inputs.keys().map(|name| (name.clone(), json!({"odd": [name, 1e300, null]}))).collect(),
            );
            let chosen = Chosen::Only(plan.stages.iter().take(2).map(|stage| stage.name.clone()).collect());
            match expand(&parsed, catalogue, &inputs, &chosen) {
                Ok(expansion) => {
                    for step in expansion.steps {
                        let kept = serde_json::to_value(&step).expect("writes");
                        assert_eq!(serde_json::from_value::<Step>(kept).expect("reads"), step);
                    }
                }
                Err(problems) => in_the_file(text, &problems.0),
            }
        }
        Err(problems) => {
            assert!(!problems.0.is_empty());
            in_the_file(text, &problems.0);
            assert!(problems.to_string().starts_with("plan.yaml:"));
        }
    }
    if let Ok(document) = Document::read("plan.yaml", text) {
        let _ = SCHEMA.is_valid(&document.value);
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn any_text(text in texts()) {
        handle(&text, &CATALOGUE);
    }

    #[test]
    fn a_good_plan_with_slips(text in mutated(GOOD)) {
        handle(&text, &CATALOGUE);
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn the_shipped_plan_with_slips(text in mutated(SHIPPED)) {
        handle(&text, &ANY_PARAMETERS);
    }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn any_expression(expression in expressions()) {
        let scope = Scope {
            inputs: [("api".into(), json!("abc")), ("hold".into(), json!(5))].into(),
            item: Some(json!({"function": "loader", "list": [1, 2]})),
            ..Scope::default()
        };
        if let Ok(text) = Text::parse(&format!("{{{{ {expression} }}}}")) {
            let _ = text.references();
            let _ = text.check(&scope);
            let _ = text.render(&scope);
        }
    }
}

#[test]
fn the_shipped_plan_is_fine() {
    check("plan.yaml", SHIPPED, &ANY_PARAMETERS).expect("a plan whose mutations are worth a look");
}

/// What is refused as such.
fn refused(text: &str) -> Code {
    check("plan.yaml", text, &CATALOGUE).expect_err("refused").0[0].code
}

#[test]
fn what_is_nested_beyond_measure_is_refused_and_not_followed() {
    let deep = 100_000;
    for text in [
        format!("name: {}", "[".repeat(deep)),
        format!("name: {}x{}", "[".repeat(200), "]".repeat(200)),
        "- ".repeat(deep),
        "? ".repeat(deep),
        (0..5_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        (0..5_000).map(|level| format!("{}- a:\n", " ".repeat(level))).collect(),
    ] {
        assert_eq!(refused(&text), Code::BrokenYaml);
    }
}

#[test]
fn aliases_that_multiply_are_refused_and_not_expanded() {
    let laughs: String =
        (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(","))).collect();
    assert_eq!(refused(&format!("a0: &a0 ha\n{laughs}")), Code::BrokenYaml);
    let long = "x".repeat(100_000);
    let many = vec!["*a"; 50_000].join(", ");
    assert_eq!(refused(&format!("a: &a {long}\nb: [{many}]\n")), Code::BrokenYaml);
}

#[test]
fn expressions_that_would_not_end_are_refused() {
    for expression in [
        "'x' * 99999999".into(),
        "[0] * 99999999".into(),
        "(0,) * 99999999".into(),
        format!("{}1", "-".repeat(100_000)),
        format!("{}1", "not ".repeat(100_000)),
        format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("1{}", " + 1".repeat(100_000)),
        format!("inputs{}", ".a".repeat(100_000)),
        format!("inputs.a{}", "[0]".repeat(100_000)),
    ] {
        let text = Text::parse(&format!("{{{{ {expression} }}}}")).expect("a template");
        assert!(text.render(&Scope::default()).is_err());
    }
}
