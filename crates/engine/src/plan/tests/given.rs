//! What a request gives to a plan.

use serde_json::json;

use super::*;

fn plan(inputs: &Value) -> Plan {
    let stages = json!([{"name": "Switch reads"}, {"name": "Restore traffic"}]);
    let plan = json!({"name": "back", "system": "s", "description": "d", "inputs": inputs, "stages": stages});
    serde_json::from_value(plan).expect("a plan")
}

fn three() -> Plan {
    plan(&json!({
        "api": {"description": "The API's id"},
        "rate": {"type": "number", "default": 5},
        "hard": {"type": "boolean", "from": "ssm:/hard"},
    }))
}

fn judged(plan: &Plan, given: &Value) -> Result<Value, Refusal> {
    let given: BTreeMap<_, _> = given.as_object().expect("a map").clone().into_iter().collect();
    inputs(plan, &given).map(|values| json!(values))
}

fn refused(plan: &Plan, given: &Value) -> (Code, String, String) {
    let Refusal { code, what, help } = judged(plan, given).expect_err("refused");
    (code, what, help.expect("help"))
}

#[test]
fn a_text_is_read_as_the_type_that_the_plan_declares() {
    for (kind, given, read) in [
        (InputType::Number, json!("5"), Some(json!(5))),
        (InputType::Number, json!("2.5\n"), Some(json!(2.5))),
        (InputType::Number, json!(5), Some(json!(5))),
        (InputType::Number, json!("five"), None),
        (InputType::Number, json!("NaN"), None),
        (InputType::Number, json!(""), None),
        (InputType::Number, json!(true), None),
        (InputType::Boolean, json!("true"), Some(json!(true))),
        (InputType::Boolean, json!(false), Some(json!(false))),
        (InputType::Boolean, json!("yes"), None),
        (InputType::String, json!("0123 "), Some(json!("0123 "))),
        (InputType::String, json!(5), Some(json!("5"))),
        (InputType::String, json!(3.1), None),
        (InputType::String, json!(9_007_199_254_740_993_u64), None),
        (InputType::Number, json!("12345678901234567890"), Some(json!(12_345_678_901_234_567_890_u64))),
        (InputType::Number, json!("12345678901234567890123"), None),
        (InputType::Number, json!("12e34567"), None),
        (InputType::String, json!({"a": 1}), None),
        (InputType::String, json!(null), None),
    ] {
        assert_eq!(typed(kind, &given), read, "{given} as {}", kind.as_str());
    }
}

#[test]
fn only_what_is_given_has_a_value() {
    assert_eq!(judged(&three(), &json!({"api": "x"})), Ok(json!({"api": "x"})));
    let all = json!({"api": 7, "rate": "2.5", "hard": "true"});
    assert_eq!(judged(&three(), &all), Ok(json!({"api": "7", "rate": 2.5, "hard": true})));
}

#[test]
fn an_unknown_input_is_refused_with_the_nearest_name_or_with_all() {
    let refused = |plan: &Plan, given| refused(plan, &given);
    let what = |name| format!("the plan `back` has no input `{name}`");
    assert_eq!(refused(&three(), json!({"apy": "x"})), (Code::UnknownInput, what("apy"), "did you mean `api`?".into()));
    assert_eq!(
        refused(&three(), json!({"something": "x"})),
        (Code::UnknownInput, what("something"), "it has `api`, `hard`, `rate`".into())
    );
    assert_eq!(
        refused(&plan(&json!({})), json!({"api": "x"})),
        (Code::UnknownInput, what("api"), "it has none".into())
    );
}

#[test]
fn a_value_of_another_type_is_told_with_the_type() {
    let (code, what, help) = refused(&three(), &json!({"api": "x", "rate": "fast"}));
    assert_eq!((code, what.as_str()), (Code::WrongValue, "the input `rate` is a number, and `fast` is not"));
    assert_eq!(help, "give it like: --input rate=10");
    let (_, what, _) = refused(&three(), &json!({"api": {"id": 1}}));
    assert_eq!(what, "the input `api` is a text, and `{\"id\":1}` is not");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    assert_eq!(
        refused(&three(), &json!({"rate": 1})),
        (
            Code::MissingInput,
            "the plan `back` needs the input `api` (The API's id)".into(),
            "give it: --input api=…, or {\"inputs\": {\"api\": …}}".into()
        )
    );
    assert_eq!(
        refused(&plan(&json!({"a": {}, "b": {}})), &json!({})),
        (
            Code::MissingInput,
            "the plan `back` needs the inputs `a`, `b`".into(),
            "give them: --input a=… --input b=…, or {\"inputs\": {\"a\": …, \"b\": …}}".into()
        )
    );
}

#[test]
fn stages_are_chosen_by_name() {
    assert_eq!(chosen(&three(), &[]), Ok(Chosen::All));
    let only = ["Restore traffic".to_owned()];
    assert_eq!(chosen(&three(), &only), Ok(Chosen::Only(only.into())));
    let refusal = chosen(&three(), &["Restore trafic".into()]).expect_err("refused");
    assert_eq!(
        (refusal.code, refusal.what.as_str(), refusal.help.as_deref()),
        (Code::UnknownStage, "the plan `back` has no stage `Restore trafic`", Some("did you mean `Restore traffic`?"))
    );
}
