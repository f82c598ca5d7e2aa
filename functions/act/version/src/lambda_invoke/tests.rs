use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use backout_aws::testing::{Asks, Kept, cloud};
use backout_engine::{clock::Timestamp, fault::CarriedOut, journal::LastWrite};
use serde_json::json;

use super::*;
use crate::testing::{at, claim, too_late};

const SECRET: &str = "hunter2";

fn with(more: &[(&str, Value)]) -> LambdaInvokeWith {
    let mut with = json!({"function": "flusher:live", "payload": {"token": SECRET}, "repeat": "never"});
    for (key, value) in more {
        with[*key] = value.clone();
    }
    serde_json::from_value(with).expect("reads")
}

/// A Lambda that answers so.
fn lambda(status: u16, code: &'static str, message: &'static str) -> (Invoke, Asks) {
    let (cloud, asks) = cloud(move |_| (status, json!({"__type": code, "message": message}).to_string()));
    (Invoke::new(&cloud), asks)
}

async fn sent(invoke: &Invoke) -> Result<BTreeMap<String, Value>, Fault> {
    invoke.send(&at(&with(&[]), &claim(), &Kept::default())).await
}

/// A Lambda at the other end of a connection, for what only headers and silence tell: answers the first request with
/// this text, and cuts the connection; with none it says nothing, as long as it is listened to.
fn on_the_wire(answer: Option<&'static str>) -> Invoke {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        let mut some = [0; 4096];
        while !request.ends_with(b"}") {
            let count = connection.read(&mut some).expect("a request");
            request.extend_from_slice(&some[..count]);
        }
        match answer {
            Some(answer) => connection.write_all(answer.as_bytes()).expect("answers"),
            None => drop(connection.read(&mut some)),
        }
    });
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .retry_config(RetryConfig::disabled())
        // The limit of other mutating calls, which has to give way to the patience with this one.
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(Duration::from_nanos(1)).build())
        .build();
    Invoke { writes: Client::from_conf(config) }
}

#[tokio::test]
async fn the_payload_is_sent_once_to_the_version_that_is_named() {
    let (cloud, asks) = cloud(|_| (200, "\"flushed\"".into()));
    sent(&Invoke::new(&cloud)).await.expect("an answer");
    let asks = asks.lock().expect("asks");
    let [asked] = asks.as_slice() else { panic!("one call, not {asks:?}") };
    assert!(asked.what.starts_with("POST /2015-03-31/functions/flusher%3Alive/invocations"), "{}", asked.what);
    assert_eq!(asked.body, json!({"token": SECRET}).to_string());
}

#[tokio::test]
async fn of_an_answer_only_its_size_is_kept_and_which_version_gave_it() {
    let answered = "HTTP/1.1 200 OK\r\nX-Amz-Executed-Version: 7\r\nContent-Length: 9\r\n\r\n\"hunter2\"";
    let facts = sent(&on_the_wire(Some(answered))).await.expect("an answer");
    let facts: Value = facts.into_iter().collect::<serde_json::Map<_, _>>().into();
    assert_eq!(facts, json!({"status_code": 200, "executed_version": "7", "answer_bytes": 9}));
}

#[tokio::test]
async fn a_function_that_failed_may_have_had_its_effect() {
    let failing = "HTTP/1.1 200 OK\r\nX-Amz-Function-Error: Unhandled\r\nContent-Length: 26\r\n\r\n{\"errorMessage\":\"hunter2\"}";
    let fault = sent(&on_the_wire(Some(failing))).await.expect_err("failed");
    assert_eq!((fault.carried_out, fault.code.as_str()), (CarriedOut::Perhaps, "Unhandled"));
    assert!(fault.message.contains("flusher:live was invoked and failed"), "{fault}");
    assert!(!format!("{fault:?}").contains(SECRET), "{fault:?}");
}

#[tokio::test]
async fn a_function_that_does_not_answer_in_time_may_be_at_work() {
    let fault = on_the_wire(None).invoke(&with(&[]), Duration::from_millis(200)).await.expect_err("silence");
    assert_eq!(fault.carried_out, CarriedOut::Perhaps);
    assert!(fault.message.contains("no answer in time"), "{fault}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_tells_nothing() {
    let broken = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"flu";
    let fault = sent(&on_the_wire(Some(broken))).await.expect_err("half an answer");
    assert_eq!(fault.carried_out, CarriedOut::Perhaps);
}

#[tokio::test]
async fn a_server_error_is_not_repeated_by_the_client_and_tells_nothing() {
    let (invoke, asks) = lambda(500, "ServiceException", "try later");
    let fault = sent(&invoke).await.expect_err("an error");
    assert_eq!(fault.carried_out, CarriedOut::Perhaps);
    assert_eq!(asks.lock().expect("asks").len(), 1);
}

#[tokio::test]
async fn throttled_it_has_not_run_and_is_tried_again() {
    let (invoke, _) = lambda(429, "TooManyRequestsException", "Rate exceeded");
    let fault = sent(&invoke).await.expect_err("throttled");
    assert!(fault.advice.as_ref().is_some_and(|advice| advice.contains("concurrency")), "{fault:?}");
    assert!(matches!(LastWrite::of(fault), LastWrite::Deferred(_)));
}

#[tokio::test]
async fn what_lambda_refuses_has_not_run_and_says_what_to_do() {
    for (status, code, advised) in [
        (404, "ResourceNotFoundException", "there is no function flusher:live in this account and region"),
        (403, "AccessDeniedException", "FunctionArns"),
    ] {
        let (invoke, _) = lambda(status, code, "no");
        let fault = sent(&invoke).await.expect_err("refused");
        assert!(fault.advice.as_ref().is_some_and(|advice| advice.contains(advised)), "{fault:?}");
        assert!(matches!(LastWrite::of(fault), LastWrite::Refused(_)), "{code}");
    }
}

#[tokio::test]
async fn a_message_that_quotes_the_payload_is_left_out() {
    let (invoke, _) = lambda(400, "InvalidRequestContentException", "Unrecognized token 'hunter2'");
    let fault = sent(&invoke).await.expect_err("refused");
    assert_eq!(
        fault.message,
        "could not invoke function flusher:live: InvalidRequestContentException: what Lambda says of it may quote the \
         payload and is left out"
    );
    let (invoke, _) = lambda(403, "AccessDeniedException", "no identity-based policy allows it");
    assert!(sent(&invoke).await.expect_err("refused").message.contains("no identity-based policy allows it"));
}

#[tokio::test]
async fn it_is_not_sent_when_its_answer_could_come_too_late_to_be_heard() {
    let (invoke, asks) = lambda(500, "ServiceException", "never asked");
    let (with, claim, kept) = (with(&[]), claim(), Kept::default());
    let now = at(&with, &claim, &kept).now;
    let soon: Timestamp = now.checked_add(Duration::from_secs(91)).expect("a time");
    for at in [too_late(&with, &claim, &kept), At { deadline: soon, ..at(&with, &claim, &kept) }] {
        let fault = invoke.send(&at).await.expect_err("late");
        assert!(matches!(LastWrite::of(fault), LastWrite::Deferred(_)));
    }
    assert!(asks.lock().expect("asks").is_empty());
}

#[test]
fn the_plan_says_whether_it_may_be_sent_again() {
    let (invoke, _) = lambda(500, "", "");
    assert_eq!(invoke.repeat(&with(&[("repeat", json!("safe"))])), Repeat::Safe);
    assert_eq!(invoke.repeat(&with(&[("repeat", json!("never"))])), Repeat::Never);
}
