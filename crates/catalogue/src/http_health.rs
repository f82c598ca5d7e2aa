//! `http/health`: does a URL answer as it should?

use std::collections::BTreeMap;

use backout_engine::{
    action::{Calls, Host, Kind, Nature},
    duration::Duration,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::texts::as_far_as_known;

mod url;

/// Asks a URL and judges status, body and latency.
#[derive(Debug)]
pub struct HttpHealth;

/// The parameters of `http/health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpHealthWith {
    /// An `http://` or `https://` URL, in plain ASCII, without user name and password. Redirects are answers like any
    /// other: they are not followed.
    pub url: String,
    /// The request's method.
    #[serde(default)]
    pub method: HttpMethod,
    /// Headers of the request. Not for credentials: a plan is no secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The request's body: a text is sent as it is, anything else as JSON with its content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// What a healthy answer is like.
    #[serde(default)]
    pub expect: HttpExpect,
    /// How long an answer may take; at most `60s`.
    #[serde(default = "ten_seconds")]
    pub timeout: Duration,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Asks without changing anything.
    #[default]
    Get,
    /// As `GET`, without a body in the answer.
    Head,
    /// Sends a body, for APIs that are asked that way.
    Post,
    /// Sends a body that replaces something.
    Put,
}

impl HttpMethod {
    /// The method as HTTP writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// What a healthy answer is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpExpect {
    /// The status code that is well, or a list of them.
    pub status: HttpStatuses,
    /// A text that the first megabyte of the body has to contain, letter by letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_contains: Option<String>,
    /// The time within which the whole answer has to be there, from the name lookup to the last byte, e.g. `500ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_below: Option<Duration>,
}

impl Default for HttpExpect {
    fn default() -> Self {
        Self { status: HttpStatuses::One(200), body_contains: None, latency_below: None }
    }
}

/// One status code or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a status code such as 200, or a list of them")]
pub enum HttpStatuses {
    /// This one.
    One(u16),
    /// Any of these.
    AnyOf(Vec<u16>),
}

impl HttpStatuses {
    /// The codes.
    pub fn codes(&self) -> &[u16] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::AnyOf(codes) => codes,
        }
    }
}

fn ten_seconds() -> Duration {
    Duration::seconds(10)
}

impl Kind for HttpHealth {
    const USES: &'static str = "http/health";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Asks a URL and judges status, body and latency of the answer.";
    const RESOURCE: &'static str = "the URL, without its query";
    const CALLS: &'static [Calls] = &[];
    type With = HttpHealthWith;

    fn resource(with: &HttpHealthWith) -> Resource {
        Resource::new("http", "url", [without_query(&with.url)])
    }

    fn summary(with: &HttpHealthWith) -> String {
        format!(
            "{} {} answers {}",
            with.method.as_str(),
            without_query(&with.url),
            in_words(with.expect.status.codes())
        )
    }

    fn faults(with: &HttpHealthWith) -> Vec<String> {
        let mut faults: Vec<String> = url::fault(&with.url).into_iter().collect();
        faults.extend(with.headers.iter().filter_map(|(name, value)| header(name, value)));
        if with.expect.latency_below == Some(Duration::ZERO) {
            faults.push("`expect` has a `latency_below` of 0s, which no answer keeps".into());
        }
        if with.expect.status.codes().is_empty() {
            faults.push("`status` lists no code, so no answer could pass".into());
        }
        faults.extend(
            with.expect
                .status
                .codes()
                .iter()
                .filter(|code| !(100..=599).contains(*code))
                .map(|code| format!("{code} is not an HTTP status: they go from 100 to 599")),
        );
        if with.timeout == Duration::ZERO || with.timeout > Duration::seconds(60) {
            faults.push(format!("`timeout` is {}: it has to be longer than 0s and at most 60s", with.timeout));
        }
        if with.expect.body_contains.is_some() && with.method == HttpMethod::Head {
            faults.push("an answer to HEAD has no body for `body_contains` to look at".into());
        }
        faults
    }

    fn warnings(with: &HttpHealthWith) -> Vec<String> {
        let secret =
            |name: &str| ["authorization", "x-api-key", "cookie"].contains(&name.to_ascii_lowercase().as_str());
        with.headers
            .keys()
            .filter(|name| secret(name))
            .map(|name| format!("the header `{name}` usually carries a credential, and a plan is no secret"))
            .collect()
    }
}

/// Why a header cannot be sent. Its value may be nobody's business.
fn header(name: &str, value: &str) -> Option<String> {
    if http::HeaderName::from_bytes(as_far_as_known(name).as_bytes()).is_err() {
        return Some(format!("`headers` has `{name}`, which cannot be a header's name: letters, digits and `-`"));
    }
    let known = as_far_as_known(value);
    (!known.chars().all(|c| matches!(c, ' '..='~' | '\t')))
        .then(|| format!("`headers` has a value for `{name}` that cannot be sent: one line of plain ASCII characters"))
}

/// The URL as people may see it: a query may hold tokens.
fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

fn in_words(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(with: Value) -> HttpHealthWith {
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn a_url_is_enough() {
        let with = with(json!({"url": "https://api.example/health?token=abc"}));
        assert_eq!(HttpHealth::summary(&with), "GET https://api.example/health answers 200");
        assert!(HttpHealth::faults(&with).is_empty());
        assert_eq!(with.timeout, Duration::seconds(10));
    }

    #[test]
    fn several_statuses_may_be_well() {
        let with = with(json!({"url": "http://x/", "expect": {"status": [200, 204], "latency_below": "500ms"}}));
        assert_eq!(with.expect.status.codes(), [200, 204]);
        assert_eq!(HttpHealth::summary(&with), "GET http://x/ answers 200 or 204");
    }

    #[test]
    fn what_could_never_pass_is_refused() {
        let wrong = [
            json!({"url": "api.example/health"}),
            json!({"url": "https://"}),
            json!({"url": "http://x", "expect": {"status": []}}),
            json!({"url": "http://x", "expect": {"status": 20}}),
            json!({"url": "http://x", "timeout": "5m"}),
            json!({"url": "http://x", "method": "HEAD", "expect": {"body_contains": "ok"}}),
            json!({"url": "http://x", "expect": {"latency_below": "0s"}}),
            json!({"url": "http://x", "headers": {"bad name": "x"}}),
            json!({"url": "http://x", "headers": {"x-name": "Zoë"}}),
            json!({"url": "http://x", "headers": {"x-name": "one\ntwo"}}),
        ];
        for given in wrong {
            assert_eq!(HttpHealth::faults(&with(given.clone())).len(), 1, "{given}");
        }
    }

    #[test]
    fn a_credential_in_a_plan_is_worth_a_word() {
        let with = with(json!({"url": "http://x", "headers": {"Authorization": "Bearer x", "Accept": "*/*"}}));
        assert_eq!(HttpHealth::warnings(&with).len(), 1);
    }
}
