//! For the tests of functions: an AWS below the client, which answers requests and notes them, evidence in memory, and
//! time that passes without anybody waiting. Behind the feature `testing`.

#![allow(clippy::expect_used, reason = "that is how a test fails")]

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_cbor::Encoder;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::{DateTime, body::SdkBody};
use backout_catalogue::CATALOGUE;
use backout_engine::{
    carry_out::Actions,
    evidence::{ContentHash, Evidence, Location},
    fault::Fault,
};
use jiff::SignedDuration;

use crate::{Cloud, Names};

thread_local! {
    static PASSED: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
}

/// Moves the [`SystemClock`](crate::SystemClock) of this thread on, as if that time had passed.
pub fn pass(time: SignedDuration) {
    PASSED.set(PASSED.get().saturating_add(time));
}

/// Sets the clock of this thread to the machine's time again.
pub fn back_to_now() {
    PASSED.set(SignedDuration::ZERO);
}

pub(crate) fn passed() -> SignedDuration {
    PASSED.get()
}

/// A request as a test looks at it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `METHOD /path?query target`, with the operation where the protocol names it in the header `x-amz-target`.
    pub what: String,
    /// The body, as text.
    pub body: String,
}

/// What was asked so far.
pub type Asks = Arc<Mutex<Vec<Asked>>>;

/// A cloud that answers each request with a status and a body.
pub fn cloud(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> (Cloud, Asks) {
    cloud_in_bytes(answer)
}

/// The same, for answers that are no text: CloudWatch speaks CBOR.
pub fn cloud_in_bytes<B: Into<SdkBody>>(answer: impl Fn(&Asked) -> (u16, B) + Send + Sync + 'static) -> (Cloud, Asks) {
    let asks = Asks::default();
    let noted = Arc::clone(&asks);
    let http = infallible_client_fn(move |request| {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let what = format!("{} {path} {target}", request.method());
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let asked = Asked { what, body };
        let (status, answered) = answer(&asked);
        noted.lock().expect("not poisoned").push(asked);
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

/// What CloudWatch answers of one alarm to `DescribeAlarms`, in CBOR. `kind` is an `AlarmType`; times are in seconds since
/// 1970.
pub fn described_alarm(kind: &str, name: &str, state: &str, since: f64) -> Vec<u8> {
    let mut answer = Encoder::new(Vec::new());
    answer.begin_map().str(&format!("{kind}s")).array(1).map(4);
    answer.str("AlarmName").str(name).str("StateValue").str(state);
    answer.str("AlarmArn").str(&format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"));
    answer.str("StateTransitionedTimestamp").timestamp(&DateTime::from_secs_f64(since)).end();
    answer.into_writer()
}

/// Evidence in memory.
#[derive(Debug, Default)]
pub struct Kept(pub RefCell<BTreeMap<ContentHash, Vec<u8>>>);

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

/// Fails unless a function has exactly those actions that the catalogue says it hosts.
///
/// # Panics
/// That is how it fails.
pub fn assert_hosts(host: backout_engine::action::Host, actions: fn(&Cloud) -> Actions) {
    let (cloud, _) = cloud(|_| (500, String::new()));
    let mut hosted = actions(&cloud).names();
    hosted.sort_unstable();
    let mut listed: Vec<_> = CATALOGUE.0.iter().filter(|entry| entry.host == host).map(|entry| entry.uses).collect();
    listed.sort_unstable();
    assert_eq!(hosted, listed, "hosted, and listed in the catalogue");
}
