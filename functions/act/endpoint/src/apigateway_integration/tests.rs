use backout_engine::action::Claim;
use serde_json::json;

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
    let given = state("a", "a", Permission::Given);
    assert_eq!(routes(&given, &state("b", "b", Permission::Given), Permission::Ours, Permission::Absent), 0);
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
    let state = state("a", "b", Permission::Given);
    let json = serde_json::to_value(&state).expect("writes");
    assert_eq!(json["routes"]["POST /query"]["permission"], "given");
    assert_eq!(serde_json::from_value::<State>(json).expect("reads"), state);
}
