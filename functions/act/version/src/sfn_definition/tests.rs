use serde_json::json;

use super::*;
use crate::testing::{at, claim, too_late};
use backout_aws::testing::{Asks, Kept, cloud};

const ARN: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline";
const CURRENT: &str = r#"{"StartAt": "Load", "States": {"Load": {"Type": "Pass", "End": true}}}"#;
const SAME: &str = r#"{ "States": {"Load": {"End": true, "Type": "Pass"}}, "StartAt": "Load" }"#;
/// The same but for how a number is written.
const OTHER_NUMBER: &str = r#"{"StartAt": "Load", "States": {"Load": {"Type": "Pass", "End": true, "Result": 1.10}}}"#;
const OTHER: &str = r#"{"StartAt": "Load", "States": {"Load": {"Type": "Succeed"}}}"#;

/// A Step Functions with the machine `pipeline`, and an S3 where every object is this one.
fn states(object: &'static str) -> (Definition, Asks) {
    aliased(object, &[])
}

/// The same with these aliases of the machine, two on a page.
fn aliased(object: &'static str, aliases: &'static [&'static str]) -> (Definition, Asks) {
    let (cloud, asks) = cloud(move |asked| {
        let answer = if asked.what.ends_with("ListStateMachines") {
            json!({"stateMachines": [{"name": "pipeline", "stateMachineArn": ARN, "type": "STANDARD", "creationDate": 0}]})
        } else if asked.what.ends_with("DescribeStateMachine") {
            json!({"name": "pipeline", "stateMachineArn": ARN, "status": "ACTIVE", "definition": CURRENT,
                   "roleArn": "arn:aws:iam::123456789012:role/r", "type": "STANDARD", "creationDate": 0, "revisionId": "r1"})
        } else if asked.what.ends_with("ListStateMachineAliases") {
            let asked: Value = serde_json::from_str(&asked.body).expect("JSON");
            let from: usize = asked["nextToken"].as_str().map_or(0, |from| from.parse().expect("a number"));
            let page = aliases.iter().skip(from).take(2);
            let page: Vec<_> =
                page.map(|name| json!({"stateMachineAliasArn": format!("{ARN}:{name}"), "creationDate": 0})).collect();
            let next = (from + 2 < aliases.len()).then(|| (from + 2).to_string());
            json!({"stateMachineAliases": page, "nextToken": next})
        } else if asked.what.ends_with("UpdateStateMachine") {
            json!({"updateDate": 0})
        } else {
            return (200, object.to_owned());
        };
        (200, answer.to_string())
    });
    (Definition::new(&cloud), asks)
}

fn with(machine: &str) -> SfnDefinitionWith {
    serde_json::from_value(json!({"state_machine": machine, "s3": "s3://deployments/pipeline.json"})).expect("reads")
}

async fn read(definition: &Definition, with: &SfnDefinitionWith) -> (State, Facts) {
    match definition.read(&at(with, &claim(), &Kept::default())).await {
        Ok(Reading::Settled { state, facts }) => (state, facts),
        other => panic!("not settled: {other:?}"),
    }
}

#[tokio::test]
async fn a_machine_is_found_by_name_and_by_arn() {
    for machine in ["pipeline", ARN] {
        let (definition, _) = states(OTHER);
        let (state, facts) = read(&definition, &with(machine)).await;
        assert_eq!(state.definition_sha256, ContentHash::of(CURRENT.as_bytes()));
        assert_eq!(facts, Facts { arn: ARN.into(), revision_id: Some("r1".into()) });
    }
}

#[tokio::test]
async fn a_misspelt_machine_is_refused_with_the_nearest_name() {
    let (definition, _) = states(OTHER);
    let with = with("pipelin");
    let fault = definition.read(&at(&with, &claim(), &Kept::default())).await.expect_err("no such machine");
    assert_eq!(fault.advice.as_deref(), Some("did you mean `pipeline`?"));
}

#[tokio::test]
async fn another_definition_is_wanted_and_the_same_one_in_other_words_is_not() {
    for (object, differs) in [(OTHER, true), (SAME, false), (CURRENT, false)] {
        let (definition, _) = states(object);
        let with = with("pipeline");
        let (state, _) = read(&definition, &with).await;
        let wanted = definition.desired(&at(&with, &claim(), &Kept::default()), &state).await.expect("a state");
        assert_eq!(wanted != state, differs, "{object}");
    }
}

#[test]
fn a_number_that_is_written_otherwise_makes_another_definition() {
    assert!(same(OTHER_NUMBER, &OTHER_NUMBER.replace(' ', "")));
    for other in ["1.1", "11e-1"] {
        assert!(!same(OTHER_NUMBER, &OTHER_NUMBER.replace("1.10", other)), "{other}");
    }
}

#[tokio::test]
async fn what_is_no_definition_is_refused_before_anything_is_changed() {
    let leads_nowhere = r#"{"StartAt": "Load", "States": {"Load": {"Type": "Pass", "Next": "Save"}}}"#;
    for object in ["not JSON", "[]", r#"{"StartAt": "Load"}"#, leads_nowhere] {
        let (definition, _) = states(object);
        let with = with("pipeline");
        let now = State { definition_sha256: ContentHash::of(CURRENT.as_bytes()) };
        assert!(definition.desired(&at(&with, &claim(), &Kept::default()), &now).await.is_err(), "{object}");
    }
}

#[tokio::test]
async fn aliases_that_would_not_be_reached_are_named() {
    let (definition, _) = aliased(OTHER, &["live", "blue", "green"]);
    let (claim, kept) = (claim(), Kept::default());
    let now = State { definition_sha256: ContentHash::of(CURRENT.as_bytes()) };
    let refuse = with("pipeline");
    let fault = definition.desired(&at(&refuse, &claim, &kept), &now).await.expect_err("aliased");
    assert!(fault.message.ends_with("published versions: live, blue, green"), "{fault}");
    assert!(fault.advice.is_some_and(|advice| advice.contains("`aliases: leave`")));
    let leave = SfnDefinitionWith { aliases: Aliases::Leave, ..refuse };
    assert!(definition.desired(&at(&leave, &claim, &kept), &now).await.is_ok());
}

#[test]
fn a_role_that_may_not_be_handed_over_is_for_the_stack_to_name() {
    let denied = |told: &str| advise(Fault::refused(told).with_code("AccessDeniedException"), "pipeline").advice;
    let role = "is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/pipeline";
    assert!(denied(role).is_some_and(|advice| advice.contains("ExecutionRoleArns")));
    assert!(denied("states:UpdateStateMachine").is_some_and(|advice| advice.contains("StateMachineArns")));
}

#[tokio::test]
async fn the_very_text_is_kept_and_written() {
    let (definition, asks) = states(OTHER);
    let (with, claim, kept) = (with("pipeline"), claim(), Kept::default());
    let (before, facts) = read(&definition, &with).await;
    let after = State { definition_sha256: ContentHash::of(OTHER.as_bytes()) };
    for end in [&before, &after] {
        // The object stands for both the plan's and the kept one, so what is kept is checked by its hash.
        definition.preserve(&at(&with, &claim, &kept), end).await.expect("kept");
    }
    let texts: Vec<_> = kept.0.borrow().values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    assert!(texts.contains(&CURRENT.to_owned()) && texts.contains(&OTHER.to_owned()), "{texts:?}");

    definition.write(&at(&with, &claim, &kept), (&before, &facts), &after).await.expect("written");
    let asks = asks.lock().expect("asks");
    let update = asks.iter().find(|asked| asked.what.ends_with("UpdateStateMachine")).expect("an update");
    let body: Value = serde_json::from_str(&update.body).expect("JSON");
    assert_eq!(body, json!({"stateMachineArn": ARN, "definition": OTHER}));
}

#[tokio::test]
async fn nothing_is_sent_that_could_outlive_the_invocation() {
    let (definition, asks) = states(OTHER);
    let (with, claim, kept) = (with("pipeline"), claim(), Kept::default());
    let (before, facts) = read(&definition, &with).await;
    let after = State { definition_sha256: ContentHash::of(OTHER.as_bytes()) };
    let at = too_late(&with, &claim, &kept);
    assert!(definition.preserve(&at, &before).await.expect_err("late").is_transient());
    assert!(kept.0.borrow().is_empty());
    assert!(definition.write(&at, (&before, &facts), &after).await.expect_err("late").is_transient());
    let asks = asks.lock().expect("asks");
    assert!(!asks.iter().any(|asked| asked.what.ends_with("UpdateStateMachine")), "{asks:?}");
}

#[tokio::test]
async fn a_definition_in_the_plan_is_written_as_it_stands_there() {
    let (definition, _) = states("unused");
    let with: SfnDefinitionWith = serde_json::from_value(
        json!({"state_machine": "pipeline", "definition": serde_json::from_str::<Value>(SAME).expect("JSON")}),
    )
    .expect("reads");
    let now = State { definition_sha256: ContentHash::of(CURRENT.as_bytes()) };
    let wanted = definition.desired(&at(&with, &claim(), &Kept::default()), &now).await.expect("a state");
    assert_eq!(wanted, now);
    let text = definition.wanted(&with).await.expect("a text");
    assert!(text.find("StartAt") < text.find("States") && text.find("End") < text.find("Type"), "{text}");
}

#[test]
fn what_is_wrong_with_a_definition_is_told_without_its_values() {
    let definition =
        r#"{"StartAt": "Load", "States": {"Load": {"Type": "Wrong-Type", "Result": {"token": "hun\"ter2"}}}}"#;
    let type_is_wrong = "InvalidDefinition: 'Wrong-Type' is no type of state, at /States/Load/Type";
    assert_eq!(without_values(type_is_wrong, definition), type_is_wrong);
    for told in ["at 'hun\"ter2'", r#"at 'hun\"ter2'"#, r#"at 'hun\u0022ter2'"#] {
        assert_eq!(without_values(told, definition), "at '(hidden)'");
    }
}
