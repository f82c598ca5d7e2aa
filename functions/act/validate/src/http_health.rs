//! `http/health`: does a URL answer as it should?
//!
//! No answer at all is a failed check, not a missing measurement: it is what the users see.

use backout_catalogue::{HttpExpect, HttpHealth, HttpHealthWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    fault::Fault,
};
use backout_http::{Answer, Limits, NoAnswer, Request, exchange};
use serde_json::Value;

/// Enough for any health page; more is not read.
const LARGEST_BODY: usize = 1024 * 1024;

/// Asks a URL and judges the answer.
pub(crate) struct Health;

impl Check for Health {
    type Kind = HttpHealth;

    async fn judge(&self, at: &At<'_, HttpHealthWith>) -> Result<Verdict, Fault> {
        let with = at.with;
        let (body, json) = body(with.body.as_ref());
        let mut headers: Vec<_> = with.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if json && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".into(), "application/json".into()));
        }
        let request = Request { method: with.method.as_str(), url: &with.url, headers: &headers, body: &body };
        let limits = Limits { time: with.timeout.signed().unsigned_abs(), body: LARGEST_BODY };
        match exchange(request, limits).await {
            Ok(answer) => Ok(verdict(&with.expect, &answer)),
            Err(NoAnswer::Malformed(why)) => Err(Fault::refused(format!("the request cannot be sent: {why}"))),
            Err(why) => Ok(Verdict::new(Finding::Fail, format!("no answer: {why}"))),
        }
    }
}

/// The bytes of a body, and whether they are JSON.
fn body(given: Option<&Value>) -> (Vec<u8>, bool) {
    match given {
        None => (Vec::new(), false),
        Some(Value::String(text)) => (text.clone().into_bytes(), false),
        Some(other) => (other.to_string().into_bytes(), true),
    }
}

fn verdict(expect: &HttpExpect, answer: &Answer) -> Verdict {
    let millis = u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX);
    let mut wrong = Vec::new();
    if !expect.status.codes().contains(&answer.status) {
        let wanted: Vec<_> = expect.status.codes().iter().map(u16::to_string).collect();
        wrong.push(format!("it answered {}, wanted {}", answer.status, wanted.join(" or ")));
    }
    if let Some(text) = &expect.body_contains
        && !contains(&answer.body, text)
    {
        wrong.push(format!("the body does not contain `{text}`"));
    }
    if let Some(bound) = expect.latency_below
        && answer.took >= bound.signed().unsigned_abs()
    {
        wrong.push(format!("it took {millis} ms, wanted less than {bound}"));
    }
    let verdict = if wrong.is_empty() {
        Verdict::new(Finding::Pass, format!("it answered {} in {millis} ms", answer.status))
    } else {
        Verdict::new(Finding::Fail, wrong.join("; "))
    };
    verdict.observing("status_code", answer.status).observing("latency_ms", millis)
}

fn contains(body: &[u8], text: &str) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use serde_json::json;

    fn expect(expect: Value) -> HttpExpect {
        serde_json::from_value(expect).expect("reads")
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), took: Duration::from_millis(120) }
    }

    #[test]
    fn a_good_answer_passes_with_what_was_seen() {
        let verdict = verdict(&HttpExpect::default(), &answer(200, "ok"));
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "it answered 200 in 120 ms"));
        assert_eq!(verdict.observed["status_code"], 200);
        assert_eq!(verdict.observed["latency_ms"], 120);
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let expect = expect(json!({"status": [200, 204], "body_contains": "healthy", "latency_below": "100ms"}));
        let verdict = verdict(&expect, &answer(503, "secret"));
        assert_eq!(verdict.finding, Finding::Fail);
        assert_eq!(
            verdict.says,
            "it answered 503, wanted 200 or 204; the body does not contain `healthy`; it took 120 ms, wanted less than 100ms"
        );
    }

    #[test]
    fn the_body_is_searched_wherever_the_text_is() {
        let expect = expect(json!({"body_contains": "\"ok\":true"}));
        assert_eq!(verdict(&expect, &answer(200, "{\"ok\":true}")).finding, Finding::Pass);
        assert_eq!(verdict(&expect, &answer(200, "")).finding, Finding::Fail);
    }

    #[test]
    fn a_text_is_sent_as_it_is_and_anything_else_as_json() {
        assert_eq!(body(Some(&json!("plain"))), (b"plain".to_vec(), false));
        assert_eq!(body(Some(&json!({"a": 1}))), (b"{\"a\":1}".to_vec(), true));
        assert_eq!(body(None), (Vec::new(), false));
    }

    #[tokio::test]
    async fn no_answer_fails_the_check() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        drop(listener);
        let with: HttpHealthWith = serde_json::from_value(json!({"url": url})).expect("reads");
        let verdict = crate::testing::judge(&Health, &with).await.expect("a verdict");
        assert_eq!(verdict.finding, Finding::Fail);
        assert!(verdict.says.starts_with("no answer: "), "{}", verdict.says);
    }
}
