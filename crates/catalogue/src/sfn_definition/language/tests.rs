use serde_json::json;

use super::*;

fn told(definition: &Value) -> Vec<String> {
    let definition = definition.as_object().expect("an object");
    wrong(definition).iter().map(|wrong| wrong.under("definition")).collect()
}

/// A machine of these states that begins with `A`.
fn of(states: Value) -> Value {
    json!({"StartAt": "A", "States": states})
}

#[test]
fn what_step_functions_takes_is_taken() {
    let task = "arn:aws:states:::lambda:invoke";
    for right in [
        of(
            json!({"A": {"Type": "Task", "Resource": task, "Parameters": {"x.$": "$.x"}, "ResultPath": "$.y", "End": true}}),
        ),
        of(json!({"A": {"Type": "Pass", "Next": "B", "End": false}, "B": {"Type": "Succeed"}})),
        of(json!({
            "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}], "Default": "C"},
            "B": {"Type": "Wait", "Seconds": 10, "Next": "A"},
            "C": {"Type": "Fail", "Error": "E", "CausePath": "$.why"},
        })),
        of(
            json!({"A": {"Type": "Task", "Resource": task, "TimeoutSeconds": 60, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "End": true}, "B": {"Type": "Fail"}}),
        ),
        of(json!({"A": {"Type": "Wait", "TimestampPath": "$.at", "End": true}})),
        json!({"QueryLanguage": "JSONata", "TimeoutSeconds": 3600, "StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": task, "Arguments": {"x": "{% $states.input.x %}"}, "Output": "{% 1 %}", "TimeoutSeconds": "{% 2 * 30 %}", "Next": "B"},
            "B": {"Type": "Wait", "Seconds": "{% $wait %}", "QueryLanguage": "JSONata", "End": true},
        }}),
        of(json!({"A": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": true}})),
        of(json!({"A": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 0, "End": true, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}},
        }}})),
        of(json!({"A": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
            {"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}},
        ]}})),
        // An iteration in a state that overrides the machine's language: in which it is, nobody says.
        of(json!({"A": {"Type": "Map", "QueryLanguage": "JSONata", "End": true, "ItemProcessor": {
            "StartAt": "B", "States": {"B": {"Type": "Pass", "Output": 1, "End": true}},
        }}})),
        of(
            json!({"A": {"Type": "Pass", "Next": "‹inputs.next›"}, "B": {"Type": "Succeed"}, "‹inputs.next›": {"Type": "Succeed"}}),
        ),
        of(
            json!({"A": {"Type": "‹inputs.type›"}, "B": {"Type": "Task", "Resource": "‹steps.a›", "TimeoutSeconds": "‹inputs.t›", "End": true}}),
        ),
    ] {
        let told: Vec<_> = told(&right).into_iter().filter(|told| !told.contains("never reached")).collect();
        assert!(told.is_empty(), "{right}: {told:#?}");
    }
}

#[test]
fn what_step_functions_refuses_is_told_with_its_place() {
    let long = "x".repeat(81);
    for (definition, said) in [
        (json!({"States": {}}), "`definition` needs `StartAt`"),
        (json!({"StartAt": "A", "States": []}), "`definition.States` is no object"),
        (of(json!({"A": {"End": true}})), "`definition.States.A.Type` is missing: it is one of Choice, "),
        (
            of(json!({"A": {"Type": "Pas", "End": true}})),
            "`definition.States.A.Type` is `Pas`, which is not a type of state; is it `Pass`?",
        ),
        (of(json!({"A": {"Type": "Pass"}})), "`definition.States.A` leads nowhere: give it `Next`"),
        (of(json!({"A": {"Type": "Pass", "End": false}})), "`definition.States.A` leads nowhere"),
        (
            of(json!({"A": {"Type": "Pass", "Next": "A", "End": true}})),
            "`definition.States.A` has `Next` and `End: true`",
        ),
        (
            of(json!({"A": {"Type": "Pass", "End": "yes"}})),
            "`definition.States.A.End` is neither true nor false: write `true`",
        ),
        (of(json!({"A": {"Type": "Pass", "Next": "A"}})), "`definition.States` has no state to end with"),
        (
            of(json!({"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}})),
            "`definition.States.B` is never reached: no `Next`",
        ),
        (
            of(json!({"A": {"Type": "Pass", "Next": "Z"}})),
            "`definition.States.A.Next` names the state `Z`, which is not there",
        ),
        (
            of(json!({"A": {"Type": "Choice", "Choices": [{"Next": "Laod"}]}, "Load": {"Type": "Succeed"}})),
            "`definition.States.A.Choices.0.Next` names the state `Laod`, which is not there; is it `Load`?",
        ),
        (
            json!({"QueryLanguage": "Jsonata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
            r#"`definition.QueryLanguage` is "Jsonata": write `JSONata` or `JSONPath`"#,
        ),
        (
            json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$", "End": true}}}),
            "`definition.States.A.InputPath` is a field of JSONPath, and the state is in JSONata",
        ),
        (
            json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": true}}}),
            "`definition.States.A.QueryLanguage` is `JSONPath` in a machine of `JSONata`",
        ),
        (
            of(json!({"A": {"Type": "Pass", "Output": 1, "End": true}})),
            "`definition.States.A.Output` is a field of JSONata, and the state is in JSONPath",
        ),
        (
            of(json!({"A": {"Type": "Wait", "Seconds": "10", "End": true}})),
            "`definition.States.A.Seconds` has to be a whole number without quotes, and is a text",
        ),
        (
            of(json!({"A": {"Type": "Task", "TimeoutSeconds": 1.5, "End": true}})),
            "`definition.States.A.TimeoutSeconds` has to be a whole number without quotes, and is not one",
        ),
        (
            of(json!({"A": {"Type": "Task", "Resource": "${LambdaArn}", "End": true}})),
            "`definition.States.A.Resource` is `${LambdaArn}`, with a placeholder",
        ),
        (
            json!({"StartAt": long, "States": {&long: {"Type": "Succeed"}}}),
            "has a name of 81 characters: a state's has at most 80",
        ),
        (
            of(json!({"A": {"Type": "Parallel", "End": true, "Branches": [of(json!({"A": {"Type": "Pass"}}))]}})),
            "`definition.States.A.Branches.0.States.A` leads nowhere",
        ),
        (
            of(json!({"A": {"Type": "Map", "End": true, "ItemProcessor": {"States": {}}}})),
            "`definition.States.A.ItemProcessor` needs `StartAt`",
        ),
    ] {
        let told = told(&definition);
        assert!(matches!(told.as_slice(), [one] if one.contains(said)), "{definition}: {told:#?}");
    }
}

#[test]
fn of_a_definition_elsewhere_the_place_is_told_inside_it() {
    let wrong = wrong(json!({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}).as_object().expect("an object"));
    assert!(wrong[0].under("").starts_with("`States.A` leads nowhere"), "{wrong:?}");
}

#[test]
fn a_whole_machine_of_jsonata_is_taken() {
    let text = include_str!("../../../../../statemachine/backout.asl.json").replace("${", "arn:");
    assert_eq!(told(&serde_json::from_str(&text).expect("JSON")), [""; 0]);
}
