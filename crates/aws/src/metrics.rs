//! Metrics as CloudWatch reads them from the log (embedded metric format): namespace `Backout`, dimension `Stack`.
//!
//! | metric | unit | when |
//! |---|---|---|
//! | `RunsStarted` | count | a run holds its system's lock |
//! | `RunDuration` | seconds | a run has ended |
//! | `UnsuccessfulRuns` | count, 0 or 1 | a run has ended |
//! | `DeadlineMissed` | count, 0 or 1 | a run with a deadline has ended |
//!
//! `plan`, `run` and `outcome` stand beside them as properties, to be searched for; as dimensions each would be a
//! metric of its own, and no alarm could watch them all.

use std::io::Write;

use backout_engine::{clock::Timestamp, duration::Duration, journal::Run};
use serde_json::{Map, Value, json};

/// Says that a run has begun.
pub fn run_started(stack: &str, run: &Run, now: Timestamp) {
    emit(&started(stack, run, now));
}

/// Says how a concluded run has ended. Nothing is said of a run that has no end yet.
pub fn run_ended(stack: &str, run: &Run) {
    if let Some(line) = ended(stack, run) {
        emit(&line);
    }
}

fn emit(line: &Value) {
    // A metric that cannot be written is no reason to fail what it measures.
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}") {
        tracing::warn!(%error, "a metric could not be written");
    }
}

fn started(stack: &str, run: &Run, now: Timestamp) -> Value {
    line(stack, run, now, &[("RunsStarted", "Count", json!(1))])
}

fn ended(stack: &str, run: &Run) -> Option<Value> {
    let (ended_at, outcome) = (run.ended_at?, run.outcome?);
    let took = Duration::between(run.started_at, ended_at);
    let mut metrics = vec![
        ("RunDuration", "Seconds", json!(took.signed().as_secs_f64())),
        ("UnsuccessfulRuns", "Count", json!(u8::from(!outcome.is_success()))),
    ];
    if let Some(deadline) = run.deadline {
        metrics.push(("DeadlineMissed", "Count", json!(u8::from(took > deadline))));
    }
    let mut line = line(stack, run, ended_at, &metrics);
    line["outcome"] = json!(outcome);
    Some(line)
}

/// One line of the embedded metric format. Times are milliseconds since 1970.
fn line(stack: &str, run: &Run, at: Timestamp, metrics: &[(&str, &str, Value)]) -> Value {
    let names: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut line = Map::from_iter([
        (
            "_aws".to_owned(),
            json!({
                "Timestamp": at.as_millisecond(),
                "CloudWatchMetrics": [{"Namespace": "Backout", "Dimensions": [["Stack"]], "Metrics": names}],
            }),
        ),
        ("Stack".to_owned(), json!(stack)),
        ("plan".to_owned(), json!(run.request.plan)),
        ("run".to_owned(), json!(run.id)),
    ]);
    line.extend(metrics.iter().map(|(name, _, value)| ((*name).to_owned(), value.clone())));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_engine::journal::Outcome;

    fn run(minutes: i64, outcome: Option<Outcome>) -> Run {
        let started_at = Timestamp::UNIX_EPOCH;
        serde_json::from_value(json!({
            "schema": 1, "revision": 3, "id": "r-1", "phase": "concluded",
            "execution": {"arn": "arn:aws:states:us-east-1:123456789012:execution:backout:r-1", "started_at": "x"},
            "request": {"plan": "back"}, "deadline": "30m", "fingerprints": "key",
            "started_at": started_at, "outcome": outcome,
            "ended_at": outcome.map(|_| started_at + jiff::SignedDuration::from_mins(minutes)),
        }))
        .expect("reads")
    }

    #[test]
    fn a_run_that_went_well_counts_as_no_failure_and_shows_how_long_it_took() {
        let line = ended("backout", &run(12, Some(Outcome::Completed))).expect("ended");
        assert_eq!((&line["UnsuccessfulRuns"], &line["DeadlineMissed"]), (&json!(0), &json!(0)));
        assert_eq!(line["RunDuration"], json!(720.0));
        assert_eq!(line["outcome"], "completed");
    }

    #[test]
    fn a_halted_and_late_run_counts_as_both() {
        let line = ended("backout", &run(31, Some(Outcome::Halted))).expect("ended");
        assert_eq!((&line["UnsuccessfulRuns"], &line["DeadlineMissed"]), (&json!(1), &json!(1)));
    }

    #[test]
    fn nothing_is_said_of_a_run_that_goes_on() {
        assert_eq!(ended("backout", &run(1, None)), None);
    }

    #[test]
    fn every_metric_that_is_named_has_a_value_and_its_dimension_too() {
        for line in [
            started("s", &run(1, None), Timestamp::UNIX_EPOCH),
            ended("s", &run(1, Some(Outcome::Halted))).expect("ended"),
        ] {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Backout"), &json!([["Stack"]])));
            assert_eq!(line["Stack"], "s");
            for metric in directive["Metrics"].as_array().expect("a list") {
                assert!(line[metric["Name"].as_str().expect("text")].is_number(), "{metric}");
            }
        }
    }
}
