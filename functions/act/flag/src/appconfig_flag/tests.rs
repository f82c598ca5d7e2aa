use backout_aws::testing::{Asks, Kept, cloud, cloud_in_bytes, described_alarm};
use backout_engine::clock::Timestamp;
use serde_json::json;

use super::*;

/// What CloudWatch is asked about the alarm `errors`, which monitors the environment, for a strategy of so many minutes,
/// and what is noted of its answer.
async fn noted_of(takes: u8, bakes: u8, answer: (u16, Vec<u8>)) -> (Vec<String>, Vec<String>) {
    let (cloud, asks) = cloud_in_bytes(move |asked| {
        if !asked.what.contains("/deploymentstrategies") {
            return answer.clone();
        }
        let strategy = |id: &str, name: &str, takes: u8, bakes: u8| json!({"Id": id, "Name": name, "DeploymentDurationInMinutes": takes, "FinalBakeTimeInMinutes": bakes});
        let other = strategy("abc1234", "other", 60 - takes, 60 - bakes);
        (200, json!({"Items": [other, strategy("def5678", "ours", takes, bakes)]}).to_string().into_bytes())
    });
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:errors";
    let monitor = Monitor::builder().alarm_arn(arn).build().expect("a monitor");
    let notes = Flags::new(&cloud).in_alarm("ours", &[monitor]).await;
    let asks = asks.lock().expect("asks");
    let asked = asks.iter().filter(|asked| asked.what.contains("DescribeAlarms")).map(|asked| asked.body.clone());
    (asked.collect(), notes)
}

async fn asked_of_cloudwatch(takes: u8, bakes: u8) -> Vec<String> {
    let (asked, notes) = noted_of(takes, bakes, (403, Vec::new())).await;
    assert_eq!(notes, Vec::<String>::new(), "a refused look says nothing");
    asked
}

#[tokio::test]
async fn an_alarm_of_every_kind_is_looked_at() {
    for kind in AlarmType::values() {
        let (asked, notes) = noted_of(0, 10, (200, described_alarm(kind, "errors", "ALARM", 0.0))).await;
        assert!(asked[0].contains(kind), "{kind} is not asked for");
        assert!(matches!(notes.as_slice(), [note] if note.contains("errors")), "{kind}: {notes:?}");
    }
}

#[tokio::test]
async fn an_alarm_without_time_to_take_a_deployment_back_is_not_looked_at() {
    assert_eq!(asked_of_cloudwatch(0, 0).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_alarm_is_looked_at_where_a_deployment_takes_or_bakes() {
    for (takes, bakes) in [(0, 10), (5, 0), (20, 10)] {
        let asked = asked_of_cloudwatch(takes, bakes).await;
        assert_eq!(asked.len(), 1, "{takes} and {bakes}");
        assert!(asked[0].contains("errors") && asked[0].contains("CompositeAlarm"), "{asked:?}");
    }
}

#[test]
fn an_alarm_is_noted_unless_it_is_ok() {
    let noted = |state| noted("bakes 10 min", "errors", &state);
    assert_eq!(noted(StateValue::Ok), None);
    assert_eq!(
        noted(StateValue::Alarm).as_deref(),
        Some("a deployment bakes 10 min; the alarm errors of a monitor is in ALARM and can take it back meanwhile")
    );
    assert!(noted(StateValue::InsufficientData).is_some_and(|note| note.contains("INSUFFICIENT_DATA")));
}

/// The AppConfig whose flags `ours` are deployed, encrypted with this key if there is one.
fn appconfig(key: Option<&'static str>) -> (Flags, Asks) {
    let (cloud, asks) = cloud(move |asked| {
        let what = asked.what.split([' ', '?']).nth(1).unwrap_or_default();
        let answer = match what {
            "/deploymentstrategies" => {
                json!({"Items": [{"Id": "s1", "Name": "backout-immediate", "DeploymentDurationInMinutes": 0,
                                  "FinalBakeTimeInMinutes": 0}]})
            }
            "/applications/a1/environments/e1/deployments/4" => {
                json!({"DeploymentNumber": 4, "State": "COMPLETE", "KmsKeyIdentifier": key})
            }
            "/applications/a1/configurationprofiles/p1/hostedconfigurationversions/2" => {
                json!({"version": "1", "flags": {"on": {"name": "on"}}, "values": {"on": {"enabled": true}}})
            }
            "/applications/a1/configurationprofiles/p1/hostedconfigurationversions"
            | "/applications/a1/environments/e1/deployments" => json!({}),
            other => return (404, json!({"message": other}).to_string()),
        };
        (200, answer.to_string())
    });
    (Flags::new(&cloud), asks)
}

#[tokio::test]
async fn a_deployment_keeps_the_key_of_the_one_before() {
    for key in [None, Some("alias/flags")] {
        let (flags, asks) = appconfig(key);
        let with = json!({"application": "a", "environment": "e", "profile": "p", "flags": {"on": false}});
        let with: AppconfigFlagWith = serde_json::from_value(with).expect("reads");
        let claim = Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") };
        let now = "2026-11-20T10:00:00Z".parse().expect("a time");
        let (evidence, deadline) = (Kept::default(), Timestamp::MAX);
        let at = At {
            with: &with,
            claim: &claim,
            evidence: &evidence,
            now,
            issued_at: now,
            started_at: None,
            since: now,
            deadline,
        };
        let place = Place { application_id: "a1".into(), environment_id: "e1".into(), profile_id: "p1".into() };
        let facts = Facts { place, version: 2, latest_version: 2, deployment: 5, in_force: 4, notes: Vec::new() };
        let state = |on| State { flags: [("on".to_owned(), Some(on))].into() };
        flags.write(&at, (&state(true), &facts), &state(false)).await.expect("written");
        let asks = asks.lock().expect("asks");
        let started = asks.iter().find(|asked| asked.what.starts_with("POST /applications/a1/environments/e1/"));
        let body: serde_json::Value = serde_json::from_str(&started.expect("a deployment").body).expect("JSON");
        assert_eq!(body.get("KmsKeyIdentifier").and_then(serde_json::Value::as_str), key, "{body}");
    }
}
