use backout_aws::testing::{Asks, Kept, cloud};
use backout_engine::{action::Claim, clock::Timestamp, duration::Duration, fault::CarriedOut};
use serde_json::{Value, json};

use super::*;

fn claim(run: &str) -> Claim {
    Claim { run: run.parse().expect("run"), step: "point".parse().expect("step") }
}

fn state(live: &str, served: &str, permission: Permission) -> State {
    let route = RouteState { live: Some(live.into()), served: Some(served.into()), permission };
    State { routes: [("POST /query".to_owned(), route)].into() }
}

fn with() -> ApigatewayIntegrationWith {
    serde_json::from_value(json!({
        "api": "abc", "stage": "prod", "integrations": [{"path": "/query", "method": "POST", "function": "f"}],
    }))
    .expect("reads")
}

#[test]
fn a_deployment_names_the_one_to_go_back_to_and_only_its_own_step_reads_it() {
    let look = Look { description: look::described(&claim("run-1"), "d3ploy"), ..Look::default() };
    assert_eq!(look.replaced_by(&claim("run-1")).as_deref(), Some("d3ploy"));
    let beside = Look { description: format!("{}, begun 2026-11-20T10:00:00Z", look.description), ..Look::default() };
    assert_eq!(beside.replaced_by(&claim("run-1")).as_deref(), Some("d3ploy"));
    assert_eq!(look.replaced_by(&claim("run-2")), None);
    let foreign = Look { description: "by the pipeline".into(), ..Look::default() };
    assert_eq!(foreign.replaced_by(&claim("run-1")), None);
}

#[test]
fn permission_is_given_on_the_way_there_and_only_our_own_taken_away_on_the_way_back() {
    let (before, after) = (state("a", "a", Permission::Absent), state("b", "b", Permission::Ours));
    let with = with();
    let routes = |now, to, from, into| changed(&with, now, to, from, into).count();
    assert_eq!(routes(&before, &after, Permission::Absent, Permission::Ours), 1);
    assert_eq!(routes(&after, &before, Permission::Ours, Permission::Absent), 1);
    let given = state("a", "a", Permission::Absent);
    assert_eq!(routes(&given, &state("b", "b", Permission::Absent), Permission::Ours, Permission::Absent), 0);
}

#[test]
fn a_canary_and_foreign_edits_are_refused_with_what_to_do() {
    let canary = Look { canary: true, ..Look::default() };
    assert!(refuse_canary(&with(), &canary).expect_err("canary").advice.expect("advice").contains("promote"));
    assert!(refuse_canary(&with(), &Look::default()).is_ok());
    let export = json!({"paths": {"/old": {"get": {}}}});
    let edited = Look { served: methods::Methods::served(&export, None), ..Look::default() };
    let fault = refuse_unpublished(&with(), &edited, &Beside::default()).expect_err("edited");
    assert!(fault.message.contains("GET /old was removed"), "{fault}");
    assert!(refuse_unpublished(&with(), &Look::default(), &Beside::default()).is_ok());
}

#[test]
fn a_method_that_is_not_there_is_said_with_those_that_are() {
    let route = &with().integrations[0];
    let export = json!({"paths": {
        "/query": {"get": {"x-amazon-apigateway-integration": {"type": "http", "uri": "https://example.org"}}},
    }});
    let look = Look { live: methods::Methods::served(&export, None), ..Look::default() };
    let fault = refuse_what_is_not_lambda(&with(), route, &look).expect_err("missing");
    assert!(fault.message.contains("Did you mean GET /query?"), "{fault}");
    let http = Route { method: "GET".into(), ..route.clone() };
    let fault = refuse_what_is_not_lambda(&with(), &http, &look).expect_err("not Lambda");
    assert!(fault.message.contains("not integrated with a Lambda function"), "{fault}");
}

#[test]
fn a_state_reads_back_as_it_was_written() {
    let state = state("a", "b", Permission::Ours);
    let json = serde_json::to_value(&state).expect("writes");
    assert_eq!(json["routes"]["POST /query"]["permission"], "ours");
    assert_eq!(serde_json::from_value::<State>(json).expect("reads"), state);
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

/// A stage whose method invokes a function by that URI; the policy of the function `f` has these statements. It takes no
/// edits for now.
fn stage(uri: &str, statements: Value) -> (Integration, Asks) {
    let integration = json!({"type": "aws_proxy", "httpMethod": "POST", "uri": uri});
    let exported = json!({"paths": {"/query": {"post": {"x-amazon-apigateway-integration": integration}}}});
    let mut live = integration;
    live["type"] = json!("AWS_PROXY");
    let method = json!({"httpMethod": "POST", "authorizationType": "NONE", "methodIntegration": live});
    let (cloud, asks) = cloud(move |asked| {
        if !asked.what.starts_with("GET ") {
            return (429, json!({"__type": "TooManyRequestsException", "message": "Rate exceeded"}).to_string());
        }
        let what = asked.what.split(['?', ' ']).nth(1).unwrap_or_default();
        let answer = match what {
            "/restapis/abc/stages/prod" => json!({"stageName": "prod", "deploymentId": "d1"}),
            "/restapis/abc/deployments/d1" => json!({"id": "d1"}),
            "/restapis/abc/stages/prod/exports/oas30" => exported.clone(),
            "/restapis/abc/stages" => json!({"item": [{"stageName": "prod"}]}),
            "/restapis/abc/resources" => {
                json!({"item": [{"id": "r1", "path": "/query", "resourceMethods": {"POST": method.clone()}}]})
            }
            "/2015-03-31/functions/f/configuration" => json!({"FunctionArn": FUNCTION}),
            "/2015-03-31/functions/f/policy" => {
                json!({"Policy": json!({"Version": "2012-10-17", "Statement": statements}).to_string()})
            }
            _ => return (404, json!({"message": what}).to_string()),
        };
        (200, answer.to_string())
    });
    (Integration::new(&cloud), asks)
}

fn uri(how: &str) -> String {
    let path = "arn:aws:apigateway:us-east-1:lambda:path";
    format!("{path}/{}", how.replace("{}", "arn:aws:lambda:us-east-1:123456789012:function:old"))
}

const PLAIN: &str = "2015-03-31/functions/{}/invocations";

fn statement(id: &str) -> Value {
    json!({"Sid": id, "Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"},
           "Action": "lambda:InvokeFunction", "Resource": FUNCTION})
}

fn at<'a>(
    with: &'a ApigatewayIntegrationWith,
    claim: &'a Claim,
    evidence: &'a Kept,
) -> At<'a, ApigatewayIntegrationWith> {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
    At { with, claim, evidence, now, issued_at: now, started_at: None, since: now, deadline: Timestamp::MAX }
}

/// How the stage stands, and what is wanted of it.
async fn looked(integration: &Integration) -> (State, State) {
    let (with, claim, evidence) = (with(), claim("run-1"), Kept::default());
    let at = at(&with, &claim, &evidence);
    let Ok(Reading::Settled { state, .. }) = integration.read(&at).await else { panic!("settled") };
    let wanted = integration.desired(&at, &state).await.expect("a state");
    (state, wanted)
}

#[tokio::test]
async fn a_look_reads_nothing_twice() {
    let (integration, asks) = stage(&uri(PLAIN), json!([]));
    looked(&integration).await;
    let asks = asks.lock().expect("asks");
    let asked: std::collections::BTreeSet<_> = asks.iter().map(|asked| &asked.what).collect();
    assert_eq!((asks.len(), asked.len()), (6, 6), "{asks:?}");
}

#[tokio::test]
async fn what_others_allow_api_gateway_is_no_part_of_the_state() {
    let ours = permission::statement_id(&claim("run-1"), &with(), &with().integrations[0]);
    for (theirs, mine, wanted) in [
        (false, false, Permission::Ours),
        (true, false, Permission::Absent),
        (false, true, Permission::Ours),
        (true, true, Permission::Ours),
    ] {
        let statements = [(theirs, "theirs"), (mine, ours.as_str())];
        let statements: Vec<_> =
            statements.into_iter().filter(|(there, _)| *there).map(|(_, id)| statement(id)).collect();
        let (state, desired) = looked(&stage(&uri(PLAIN), statements.into()).0).await;
        let is = if mine { Permission::Ours } else { Permission::Absent };
        assert_eq!(state.routes["POST /query"].permission, is, "theirs: {theirs}, ours: {mine}");
        assert_eq!(desired.routes["POST /query"].permission, wanted, "theirs: {theirs}, ours: {mine}");
    }
}

#[tokio::test]
async fn a_method_that_streams_its_response_goes_on_streaming() {
    let (_, wanted) = looked(&stage(&uri("2021-11-15/functions/{}/response-streaming-invocations"), json!([])).0).await;
    assert_eq!(
        wanted.routes["POST /query"].live.as_deref(),
        Some(
            "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/arn:aws:lambda:us-east-1:123456789012:\
             function:f/response-streaming-invocations"
        )
    );
}

#[tokio::test]
async fn an_edit_that_is_throttled_waits_for_room() {
    let (integration, _) = stage(&uri(PLAIN), json!([statement("theirs")]));
    let (with, claim, evidence) = (with(), claim("run-1"), Kept::default());
    let at = at(&with, &claim, &evidence);
    let Ok(Reading::Settled { state, facts }) = integration.read(&at).await else { panic!("settled") };
    let wanted = integration.desired(&at, &state).await.expect("a state");
    let fault = integration.write(&at, (&state, &facts), &wanted).await.expect_err("throttled");
    assert!(fault.is_transient(), "{fault}");
    assert_eq!((fault.carried_out, fault.again_in), (CarriedOut::No, Duration::seconds(5)));
}
