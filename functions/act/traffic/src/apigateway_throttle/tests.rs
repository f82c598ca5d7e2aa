use std::sync::{Arc, Mutex};

use backout_aws::testing::{Asks, Kept, cloud};
use backout_engine::{action::Claim, clock::Timestamp};
use serde_json::{Value, json};

use super::*;

/// What a stage of an account with these limits shows of its throttle where nobody has set one.
const ACCOUNT: (f64, i32) = (10_000.0, 5000);

/// A stage with these settings, which takes patches as API Gateway does.
fn stage(settings: Value) -> (Throttle, Arc<Mutex<Value>>, Asks) {
    let settings = Arc::new(Mutex::new(settings));
    let kept = Arc::clone(&settings);
    let (cloud, asks) = cloud(move |asked| {
        let mut settings = kept.lock().expect("settings");
        if asked.what.starts_with("GET /account") {
            let limits = json!({"rateLimit": ACCOUNT.0, "burstLimit": ACCOUNT.1});
            return (200, json!({"throttleSettings": limits}).to_string());
        }
        if asked.what.starts_with("PATCH ") {
            let patches: Value = serde_json::from_str(&asked.body).expect("JSON");
            patches["patchOperations"]
                .as_array()
                .expect("patches")
                .iter()
                .for_each(|patch| apply(&mut settings, patch));
        }
        (200, json!({"stageName": "prod", "methodSettings": *settings}).to_string())
    });
    (Throttle::new(&cloud), settings, asks)
}

/// An entry of settings shows a throttle whatever it was made for.
fn entry() -> Value {
    json!({"throttlingRateLimit": ACCOUNT.0, "throttlingBurstLimit": ACCOUNT.1, "cacheTtlInSeconds": 300,
           "requireAuthorizationForCacheControl": true})
}

fn apply(settings: &mut Value, patch: &Value) {
    let all = settings.as_object_mut().expect("settings");
    let setting = patch["path"].as_str().and_then(|path| path.strip_prefix("/*/*")).expect("of all methods");
    if patch["op"] == "remove" {
        all.remove("*/*");
        return;
    }
    let entry = all.entry("*/*").or_insert_with(entry);
    let value = patch["value"].as_str().expect("a text");
    match setting {
        "/throttling/rateLimit" => entry["throttlingRateLimit"] = json!(value.parse::<f64>().expect("a number")),
        "/throttling/burstLimit" => entry["throttlingBurstLimit"] = json!(value.parse::<i32>().expect("a number")),
        "/metrics/enabled" => entry["metricsEnabled"] = json!(value == "true"),
        other => panic!("{other}"),
    }
}

struct Use {
    with: ApigatewayThrottleWith,
    claim: Claim,
    evidence: Kept,
}

fn of(rate: f64, burst: u32) -> Use {
    let with = json!({"api": "abc", "stage": "prod", "rate": rate, "burst": burst});
    Use {
        with: serde_json::from_value(with).expect("reads"),
        claim: Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") },
        evidence: Kept::default(),
    }
}

impl Use {
    fn at(&self) -> At<'_, ApigatewayThrottleWith> {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
        let (with, claim, evidence) = (&self.with, &self.claim, &self.evidence);
        At { with, claim, evidence, now, issued_at: now, started_at: None, since: now, deadline: Timestamp::MAX }
    }

    async fn read(&self, throttle: &Throttle) -> (State, Facts) {
        match throttle.read(&self.at()).await {
            Ok(Reading::Settled { state, facts }) => (state, facts),
            other => panic!("settled, not {other:?}"),
        }
    }

    /// There, and what is read then.
    async fn there(&self, throttle: &Throttle) -> (State, State) {
        let (before, facts) = self.read(throttle).await;
        let after = throttle.desired(&self.at(), &before).await.expect("a state");
        throttle.write(&self.at(), (&before, &facts), &after).await.expect("written");
        assert_eq!(self.read(throttle).await.0, after, "what was written reads back equal");
        (before, after)
    }

    async fn back(&self, throttle: &Throttle, to: &State) {
        let (now, facts) = self.read(throttle).await;
        throttle.write(&self.at(), (&now, &facts), to).await.expect("written");
        assert_eq!(self.read(throttle).await.0, *to, "what was there before reads back equal");
    }
}

#[tokio::test]
async fn where_there_was_no_throttle_there_is_none_afterwards() {
    let (throttle, settings, _) = stage(json!({}));
    let step = of(1.0, 1);
    let (before, after) = step.there(&throttle).await;
    assert_eq!(before, State { rate: None, burst: None });
    assert_eq!(after, State { rate: Some(1.into()), burst: Some(1) });
    step.back(&throttle, &before).await;
    assert_eq!(*settings.lock().expect("settings"), json!({}));
}

#[tokio::test]
async fn metrics_that_somebody_switched_on_meanwhile_are_no_drift() {
    let (throttle, settings, _) = stage(json!({}));
    let step = of(1.0, 1);
    let (before, _) = step.there(&throttle).await;
    settings.lock().expect("settings")["*/*"]["metricsEnabled"] = json!(true);
    step.back(&throttle, &before).await;
    let mut theirs = entry();
    theirs["metricsEnabled"] = json!(true);
    assert_eq!(*settings.lock().expect("settings"), json!({"*/*": theirs}));
}

#[tokio::test]
async fn settings_without_a_throttle_of_their_own_are_as_none() {
    for inherited in [entry(), json!({"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1, "metricsEnabled": true})]
    {
        let (throttle, ..) = stage(json!({"*/*": inherited}));
        assert_eq!(of(1.0, 1).read(&throttle).await.0, State { rate: None, burst: None });
    }
}

#[tokio::test]
async fn a_throttle_of_its_own_goes_back_to_what_it_was() {
    for (rate, burst) in [(500.0, 100), (0.5, 5000), (0.0, 0), (10_000.0, 7)] {
        let mut own = entry();
        own["throttlingRateLimit"] = json!(rate);
        own["throttlingBurstLimit"] = json!(burst);
        let (throttle, settings, _) = stage(json!({"*/*": own}));
        let step = of(1.0, 1);
        let (before, _) = step.there(&throttle).await;
        step.back(&throttle, &before).await;
        let found = settings.lock().expect("settings")["*/*"].clone();
        assert_eq!((&found["throttlingRateLimit"], &found["throttlingBurstLimit"]), (&json!(rate), &json!(burst)));
    }
}

#[tokio::test]
async fn the_accounts_own_throttle_can_be_asked_for() {
    let mut own = entry();
    own["throttlingRateLimit"] = json!(1.0);
    own["throttlingBurstLimit"] = json!(1);
    let (throttle, settings, _) = stage(json!({"*/*": own}));
    let (before, after) = of(ACCOUNT.0, 5000).there(&throttle).await;
    assert_eq!(before, State { rate: Some(1.into()), burst: Some(1) });
    assert_eq!(after, State { rate: None, burst: None });
    assert_eq!(*settings.lock().expect("settings"), json!({}));
}

#[tokio::test]
async fn a_look_reads_nothing_twice() {
    let (throttle, _, asks) = stage(json!({"*/*": entry()}));
    let step = of(1.0, 1);
    let (before, _) = step.read(&throttle).await;
    throttle.desired(&step.at(), &before).await.expect("a state");
    let asks = asks.lock().expect("asks");
    assert_eq!(asks.len(), 2, "{asks:?}");
}
