//! A cloud below the client: answers to requests, and a note of what was asked.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::test_util::infallible_client_fn;
use backout_aws::{Cloud, Names};
use backout_engine::{
    action::{At, Claim},
    clock::Timestamp,
    evidence::{ContentHash, Evidence, Location},
    fault::Fault,
};

/// A request as a test looks at it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `METHOD /path?query target`, with the JSON protocol's target where there is one.
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
        let what = format!("{} {path} {target}", request.method());
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let (status, answered) = answer(&what);
        noted.lock().expect("not poisoned").push(Asked { what, body });
        http::Response::builder().status(status).body(answered).expect("a response")
    });
    let base = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(aws_sdk_lambda::config::SharedCredentialsProvider::new(
            aws_sdk_lambda::config::Credentials::new("key", "secret", None, None, "test"),
        ))
        .http_client(http)
        .build();
    let names = Names { table: "table".into(), bucket: "backout".into(), stack: "backout".into() };
    (Cloud::new(names, &base), asks)
}

/// Evidence in memory.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) RefCell<BTreeMap<ContentHash, Vec<u8>>>);

#[async_trait(?Send)]
impl Evidence for Kept {
    async fn has(&self, hash: &ContentHash) -> Result<bool, Fault> {
        Ok(self.0.borrow().contains_key(hash))
    }

    async fn keep(&self, bytes: Vec<u8>) -> Result<ContentHash, Fault> {
        let hash = ContentHash::of(&bytes);
        self.0.borrow_mut().insert(hash.clone(), bytes);
        Ok(hash)
    }

    fn location(&self, hash: &ContentHash) -> Location {
        Location { bucket: "backout".into(), key: format!("evidence/{}", hash.0) }
    }
}

pub(crate) fn claim() -> Claim {
    Claim { run: "run-1".parse().expect("an id"), step: "step-1".parse().expect("an id") }
}

pub(crate) fn at<'a, W>(with: &'a W, claim: &'a Claim, evidence: &'a Kept) -> At<'a, W> {
    let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
    At { with, claim, evidence, now, issued_at: now, started_at: None, since: now, deadline: now }
}
