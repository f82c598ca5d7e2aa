//! A cloud below the client: answers to requests, and a note of what was asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::test_util::infallible_client_fn;
use backout_aws::{Cloud, Names};
use backout_engine::{
    action::{At, Check, Claim, Kind, Verdict},
    clock::Timestamp,
    evidence::{ContentHash, Evidence, Location},
    fault::Fault,
};

/// A request as a test looks at it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `METHOD /path?query body target`, with the JSON protocol's target where there is one.
    pub(crate) what: String,
    pub(crate) body: String,
}

pub(crate) type Asks = Arc<Mutex<Vec<Asked>>>;

/// A cloud that answers with a status and a body, by what is asked.
pub(crate) fn cloud(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> (Cloud, Asks) {
    let asks = Asks::default();
    let noted = Arc::clone(&asks);
    let http = infallible_client_fn(move |request| {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let what = format!("{} {path} {body} {target}", request.method());
        let (status, answered) = answer(&what);
        noted.lock().expect("not poisoned").push(Asked { what, body });
        http::Response::builder().status(status).body(answered).expect("a response")
    });
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let base = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .build();
    let names = Names { table: "table".into(), bucket: "backout".into(), stack: "backout".into() };
    (Cloud::new(names, &base), asks)
}

/// Judges once: thirty seconds after the step began, with half a minute left.
pub(crate) async fn judge<C: Check>(check: &C, with: &<C::Kind as Kind>::With) -> Result<Verdict, Fault> {
    let claim = Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") };
    let time = |text: &str| text.parse::<Timestamp>().expect("a time");
    let (began, now) = (time("2026-11-20T10:00:00Z"), time("2026-11-20T10:00:30Z"));
    let at = At {
        with,
        claim: &claim,
        evidence: &NoEvidence,
        now,
        issued_at: began,
        started_at: None,
        since: began,
        deadline: time("2026-11-20T10:01:00Z"),
    };
    check.judge(&at).await
}

/// A check keeps nothing.
struct NoEvidence;

#[async_trait(?Send)]
impl Evidence for NoEvidence {
    async fn has(&self, _: &ContentHash) -> Result<bool, Fault> {
        Err(Fault::refused("a check keeps nothing"))
    }

    async fn keep(&self, _: Vec<u8>) -> Result<ContentHash, Fault> {
        Err(Fault::refused("a check keeps nothing"))
    }

    fn location(&self, _: &ContentHash) -> Location {
        Location { bucket: String::new(), key: String::new() }
    }
}
