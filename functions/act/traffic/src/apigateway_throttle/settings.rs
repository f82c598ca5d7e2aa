//! The method settings of a stage, and the patches that change them.
//!
//! API Gateway removes the settings of a method only as a whole: `remove /*/*`. To remove a throttle alone, the entry is
//! removed and everything else of it set again, in the same call.

use std::collections::HashMap;

use aws_sdk_apigateway::types::{
    MethodSetting, Op, PatchOperation, UnauthorizedCacheControlHeaderStrategy as HeaderStrategy,
};
use serde_json::Number;

use super::State;

/// The key of the settings for all methods.
pub(super) const ALL_METHODS: &str = "*/*";

/// What settings show of a throttle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Throttle {
    /// Requests per second.
    pub(super) rate: f64,
    /// Requests at once.
    pub(super) burst: i32,
}

impl Throttle {
    /// As API Gateway also writes a throttle that is the account's.
    pub(super) const INHERITED: Self = Self { rate: -1.0, burst: -1 };

    /// As settings show it.
    pub(super) fn of(settings: &MethodSetting) -> Self {
        Self { rate: settings.throttling_rate_limit(), burst: settings.throttling_burst_limit() }
    }

    /// What of it is not the account's.
    pub(super) fn beside(self, account: Self) -> State {
        let own_rate = self.rate != Self::INHERITED.rate && self.rate != account.rate;
        let own_burst = self.burst != Self::INHERITED.burst && self.burst != account.burst;
        State { rate: own_rate.then(|| rate(self.rate)).flatten(), burst: own_burst.then_some(self.burst) }
    }
}

/// A rate in the one form in which rates compare: whole numbers without a fraction. `None` if it is not finite.
fn rate(rate: f64) -> Option<Number> {
    // Far below 2^53, so the cast loses nothing.
    if rate.fract() == 0.0 && rate.abs() < 1e15 { Some(Number::from(rate as i64)) } else { Number::from_f64(rate) }
}

/// The patches that lead from the settings as they are to `to`; none if there is nothing to remove or set.
pub(super) fn patches(now: Option<&MethodSetting>, to: &State) -> Vec<PatchOperation> {
    let mut patches = Vec::new();
    if let Some(now) = now
        && (to.rate.is_none() || to.burst.is_none())
    {
        patches.push(PatchOperation::builder().op(Op::Remove).path(format!("/{ALL_METHODS}")).build());
        patches.extend(other_than_throttle(now));
    }
    patches.extend(to.rate.as_ref().map(|rate| replace("throttling/rateLimit", rate.to_string())));
    patches.extend(to.burst.map(|burst| replace("throttling/burstLimit", burst.to_string())));
    patches
}

/// What of an entry is not the throttle and not as API Gateway has it by default.
fn other_than_throttle(now: &MethodSetting) -> Vec<PatchOperation> {
    let default = defaults();
    let mut patches = Vec::new();
    let mut differs = |setting: &str, is: String, default: String| {
        if is != default {
            patches.push(replace(setting, is));
        }
    };
    let flag = |is: bool| is.to_string();
    differs("metrics/enabled", flag(now.metrics_enabled()), flag(default.metrics_enabled()));
    differs("logging/loglevel", level(now), level(&default));
    differs("logging/dataTrace", flag(now.data_trace_enabled()), flag(default.data_trace_enabled()));
    differs("caching/enabled", flag(now.caching_enabled()), flag(default.caching_enabled()));
    differs("caching/ttlInSeconds", now.cache_ttl_in_seconds().to_string(), default.cache_ttl_in_seconds().to_string());
    differs("caching/dataEncrypted", flag(now.cache_data_encrypted()), flag(default.cache_data_encrypted()));
    differs(
        "caching/requireAuthorizationForCacheControl",
        flag(now.require_authorization_for_cache_control()),
        flag(default.require_authorization_for_cache_control()),
    );
    differs("caching/unauthorizedCacheControlHeaderStrategy", strategy(now), strategy(&default));
    patches
}

/// What an entry has where nothing was ever said.
fn defaults() -> MethodSetting {
    MethodSetting::builder()
        .cache_ttl_in_seconds(300)
        .require_authorization_for_cache_control(true)
        .unauthorized_cache_control_header_strategy(HeaderStrategy::SucceedWithResponseHeader)
        .build()
}

fn level(settings: &MethodSetting) -> String {
    settings.logging_level().unwrap_or("OFF").to_owned()
}

fn strategy(settings: &MethodSetting) -> String {
    let strategy = settings.unauthorized_cache_control_header_strategy();
    strategy.unwrap_or(&HeaderStrategy::SucceedWithResponseHeader).as_str().to_owned()
}

fn replace(setting: &str, value: String) -> PatchOperation {
    PatchOperation::builder().op(Op::Replace).path(format!("/{ALL_METHODS}/{setting}")).value(value).build()
}

/// The methods with a throttle of their own, for people, in order. One that has other settings alone shows the account's.
pub(super) fn overrides(settings: &HashMap<String, MethodSetting>, account: Throttle) -> Vec<String> {
    let mut overrides: Vec<_> = settings
        .iter()
        .filter(|(key, _)| key.as_str() != ALL_METHODS)
        .filter_map(|(key, settings)| {
            let own = match Throttle::of(settings).beside(account) {
                State { rate: Some(rate), burst: Some(burst) } => format!("{rate}/s, burst {burst}"),
                State { rate: Some(rate), burst: None } => format!("{rate}/s"),
                State { rate: None, burst: Some(burst) } => format!("burst {burst}"),
                State { rate: None, burst: None } => return None,
            };
            // The key is `~1query/POST`: the path with its slashes escaped, then the method.
            let (path, method) = key.rsplit_once('/').unwrap_or((key, "*"));
            let path = path.replace("~1", "/").replace("~0", "~");
            Some(format!("{method} {path} keeps a throttle of its own: {own}"))
        })
        .collect();
    overrides.sort();
    overrides
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(rate: Option<i64>, burst: Option<i32>) -> State {
        State { rate: rate.map(Number::from), burst }
    }

    fn shown(patches: &[PatchOperation]) -> Vec<String> {
        patches
            .iter()
            .map(|patch| {
                let op = patch.op().map_or("?", Op::as_str);
                format!("{op} {} {}", patch.path().unwrap_or_default(), patch.value().unwrap_or_default())
                    .trim_end()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_throttle_is_set_with_rate_and_burst_at_once() {
        let set = ["replace /*/*/throttling/rateLimit 10", "replace /*/*/throttling/burstLimit 20"];
        assert_eq!(shown(&patches(None, &state(Some(10), Some(20)))), set);
        assert_eq!(shown(&patches(Some(&defaults()), &state(Some(10), Some(20)))), set);
    }

    #[test]
    fn a_throttle_that_was_not_there_goes_with_its_entry() {
        assert_eq!(shown(&patches(Some(&defaults()), &state(None, None))), ["remove /*/*"]);
        assert!(patches(None, &state(None, None)).is_empty());
    }

    #[test]
    fn what_somebody_else_set_in_the_entry_meanwhile_stays() {
        let now = MethodSetting::builder()
            .cache_ttl_in_seconds(60)
            .require_authorization_for_cache_control(true)
            .unauthorized_cache_control_header_strategy(HeaderStrategy::FailWith403)
            .logging_level("INFO")
            .metrics_enabled(true)
            .throttling_rate_limit(1.0)
            .build();
        assert_eq!(
            shown(&patches(Some(&now), &state(None, None))),
            [
                "remove /*/*",
                "replace /*/*/metrics/enabled true",
                "replace /*/*/logging/loglevel INFO",
                "replace /*/*/caching/ttlInSeconds 60",
                "replace /*/*/caching/unauthorizedCacheControlHeaderStrategy FAIL_WITH_403",
            ]
        );
    }

    #[test]
    fn rates_compare_however_they_were_written() {
        assert_eq!(rate(10.0), Some(Number::from(10)));
        assert_eq!(rate(-1.0).map(|rate| rate.to_string()).as_deref(), Some("-1"));
        assert_eq!(rate(0.5).map(|rate| rate.to_string()).as_deref(), Some("0.5"));
        assert_eq!(rate(f64::NAN), None);
        for value in [10.0, 0.1, 10_000.0] {
            let kept: Number = serde_json::from_str(&rate(value).expect("rate").to_string()).expect("reads");
            assert_eq!(Some(kept), rate(value));
        }
    }

    #[test]
    fn methods_with_a_throttle_of_their_own_are_named() {
        let own =
            |rate, burst| MethodSetting::builder().throttling_rate_limit(rate).throttling_burst_limit(burst).build();
        let settings = [
            ("*/*", defaults()),
            ("~1v1~1query/POST", own(100.0, 50)),
            ("~1inherits/GET", own(-1.0, -1)),
            ("~1logs/GET", own(10_000.0, 5000)),
            ("~1rate/GET", own(0.5, 5000)),
            ("~1burst/GET", own(-1.0, 7)),
        ];
        let settings = settings.map(|(key, own)| (key.to_owned(), own)).into();
        assert_eq!(
            overrides(&settings, Throttle { rate: 10_000.0, burst: 5000 }),
            [
                "GET /burst keeps a throttle of its own: burst 7",
                "GET /rate keeps a throttle of its own: 0.5/s",
                "POST /v1/query keeps a throttle of its own: 100/s, burst 50",
            ]
        );
    }
}
