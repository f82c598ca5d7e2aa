//! `logs/count`: how often a pattern occurs in a log since the rung or the step began.
//!
//! Log events arrive late. A count above the bound only grows, so it is final; one below it is believed only if the
//! log shows traffic.

use aws_sdk_cloudwatchlogs::Client;
use backout_aws::{Cloud, Vocabulary, Word, fault};
use backout_catalogue::{LogsCount, LogsCountWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    clock::Timestamp,
    fault::Fault,
};

/// Pages of at most 1 MB that are read in one look.
const MOST_PAGES: usize = 50;

/// Counts events.
pub(crate) struct Count {
    client: Client,
}

impl Count {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { client: Client::new(cloud.reads()) }
    }

    /// Counts the events since then, until there are `enough`.
    async fn count(&self, group: &str, pattern: Option<&str>, since: Timestamp, enough: u64) -> Result<Counted, Fault> {
        let mut counted = 0_u64;
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let answer = self
                .client
                .filter_log_events()
                .log_group_name(group)
                .set_filter_pattern(pattern.map(str::to_owned))
                .start_time(since.as_millisecond())
                .set_next_token(next.take())
                .send()
                .await
                .map_err(|error| fault(&format!("search log group {group}"), error));
            let page = match answer {
                Ok(page) => page,
                // A group is made with its first event: an API that nobody has called yet has none.
                Err(fault) if fault.code == "ResourceNotFoundException" => return Ok(Counted::NoGroup),
                Err(fault) => return Err(CODES.explain(fault, group)),
            };
            counted = counted.saturating_add(u64::try_from(page.events().len()).unwrap_or(u64::MAX));
            match page.next_token {
                Some(token) if counted < enough => next = Some(token),
                _ => return Ok(Counted::Events(counted)),
            }
        }
        Ok(Counted::TooMuch)
    }
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// So many events, or as many as were enough.
    Events(u64),
    /// There is no such log group.
    NoGroup,
    /// More than can be searched in one look.
    TooMuch,
}

impl Check for Count {
    type Kind = LogsCount;

    async fn judge(&self, at: &At<'_, LogsCountWith>) -> Result<Verdict, Fault> {
        let with = at.with;
        let found = self.count(&with.group, Some(&with.pattern), at.since, with.at_most.saturating_add(1)).await?;
        let traffic = match (found, with.traffic_pattern.as_deref()) {
            (Counted::Events(found), _) if found > with.at_most => Counted::Events(found),
            // What was counted is traffic too.
            (Counted::Events(found), None) if found >= with.traffic_at_least => Counted::Events(found),
            (Counted::Events(_), pattern) => self.count(&with.group, pattern, at.since, with.traffic_at_least).await?,
            (other, _) => other,
        };
        let seconds = backout_engine::duration::Duration::between(at.since, at.now);
        Ok(verdict(with, found, traffic, &format!("in {seconds}"))
            .observing("since", at.since.to_string())
            .observing("until", at.now.to_string()))
    }
}

fn verdict(with: &LogsCountWith, found: Counted, traffic: Counted, window: &str) -> Verdict {
    let (count, traffic) = match (found, traffic) {
        (Counted::Events(count), Counted::Events(traffic)) => (count, traffic),
        (Counted::NoGroup, _) | (_, Counted::NoGroup) => {
            let says = format!("there is no log group {}, or nothing has been written to it yet", with.group);
            return Verdict::new(Finding::Inconclusive, says);
        }
        (Counted::TooMuch, _) | (_, Counted::TooMuch) => {
            let says = format!("log group {} has too many events {window} to be searched in one look", with.group);
            return Verdict::new(Finding::Inconclusive, says);
        }
    };
    let LogsCountWith { at_most, traffic_at_least, .. } = with;
    let verdict = if count > *at_most {
        Verdict::new(Finding::FailForGood, format!("more than {at_most} matching events {window}"))
    } else if traffic < *traffic_at_least {
        let says = format!("{traffic} events {window}, but it takes {traffic_at_least} for a verdict");
        Verdict::new(Finding::Inconclusive, says)
    } else {
        Verdict::new(Finding::Pass, format!("{count} matching events {window}, at most {at_most} are well"))
    };
    verdict.observing("count", count).observing("traffic", traffic)
}

/// What a person can do about a refused call.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("InvalidParameterException", "correct `pattern`: it is a filter pattern of CloudWatch Logs"),
    // What else it refuses so is not known.
    Word::new(
        "InvalidOperationException",
        "CloudWatch Logs searches log groups of the class Standard only, and that of {} cannot be changed: count in \
         another group, or look at an alarm instead",
    ),
    Word::new(
        "AccessDeniedException",
        "let the validate function search {}: the stack's parameter LogGroupArns says which it may",
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::judge;
    use backout_aws::testing::{Asks, cloud};
    use serde_json::{Value, json};

    const FAILED: &str = r#"?"status: 500" ?"status: 502""#;

    /// A log with this many matching and other events, in pages of two.
    async fn look(errors: usize, others: usize, more: Value) -> (Verdict, Asks) {
        let pages = std::sync::Mutex::new(std::collections::BTreeMap::<bool, usize>::new());
        let (cloud, asks) = cloud(move |asked| {
            let body: Value = serde_json::from_str(&asked.body).expect("JSON");
            let filtered = body["filterPattern"] == FAILED;
            let all = if filtered { errors } else { errors + others };
            let mut pages = pages.lock().expect("not poisoned");
            let given = pages.entry(filtered).or_default();
            let now = (all - *given).min(2);
            *given += now;
            let events: Vec<_> = (0..now).map(|n| json!({"message": "x", "timestamp": n})).collect();
            (200, json!({"events": events, "nextToken": (*given < all).then_some("more")}).to_string())
        });
        let mut with = json!({"group": "api/prod", "pattern": FAILED, "at_most": 5});
        if let (Some(with), Value::Object(more)) = (with.as_object_mut(), more) {
            with.extend(more);
        }
        let verdict =
            judge(&Count::new(&cloud), &serde_json::from_value(with).expect("reads")).await.expect("a verdict");
        (verdict, asks)
    }

    #[tokio::test]
    async fn errors_up_to_the_bound_are_well_if_there_is_traffic() {
        for (errors, others, finding) in [
            (0, 10, Finding::Pass),
            (5, 10, Finding::Pass),
            (6, 10, Finding::FailForGood),
            (60, 0, Finding::FailForGood),
            (0, 0, Finding::Inconclusive),
            (3, 0, Finding::Pass),
        ] {
            assert_eq!(look(errors, others, json!({})).await.0.finding, finding, "{errors} errors, {others} others");
        }
    }

    #[tokio::test]
    async fn how_much_traffic_it_takes_is_for_the_plan_to_say() {
        assert_eq!(look(0, 10, json!({"traffic_at_least": 11})).await.0.finding, Finding::Inconclusive);
        assert_eq!(look(0, 10, json!({"traffic_at_least": 10})).await.0.finding, Finding::Pass);
        assert_eq!(look(0, 0, json!({"traffic_at_least": 0})).await.0.finding, Finding::Pass);
    }

    #[tokio::test]
    async fn it_stops_counting_when_the_verdict_is_clear() {
        let (verdict, asks) = look(60, 1000, json!({})).await;
        assert_eq!(verdict.says, "more than 5 matching events in 30s");
        assert_eq!(asks.lock().expect("asks").len(), 3);
    }

    #[tokio::test]
    async fn the_window_begins_with_the_rung() {
        let (verdict, asks) = look(0, 1, json!({})).await;
        let asks = asks.lock().expect("asks");
        let body: Value = serde_json::from_str(&asks[0].body).expect("JSON");
        let began: Timestamp = "2026-11-20T10:00:00Z".parse().expect("a time");
        assert_eq!(body["startTime"], began.as_millisecond());
        assert_eq!(verdict.observed["since"], "2026-11-20T10:00:00Z");
    }

    #[tokio::test]
    async fn a_group_of_another_class_is_refused_with_what_to_do() {
        let told = "The log group g is of log-group-class INFREQUENT_ACCESS. FilterLogEvents is not supported for this log \
                    class.";
        let (cloud, _) =
            cloud(move |_| (400, json!({"__type": "InvalidOperationException", "message": told}).to_string()));
        let with = serde_json::from_value(json!({"group": "g", "pattern": "E", "at_most": 0})).expect("reads");
        let fault = judge(&Count::new(&cloud), &with).await.expect_err("refused");
        assert!(!fault.is_transient() && fault.message.contains("INFREQUENT_ACCESS"), "{fault}");
        assert!(fault.advice.is_some_and(|advice| advice.contains("class Standard only")));
    }

    #[tokio::test]
    async fn a_group_that_does_not_exist_yet_is_inconclusive() {
        let (cloud, _) = cloud(|_| (400, json!({"__type": "ResourceNotFoundException", "message": "no"}).to_string()));
        let with = serde_json::from_value(json!({"group": "g", "pattern": "E", "at_most": 0})).expect("reads");
        let verdict = judge(&Count::new(&cloud), &with).await.expect("a verdict");
        assert_eq!(verdict.finding, Finding::Inconclusive);
    }
}
