//! A run from its plan to its end, by hand, as people see it.

use backout_catalogue::CATALOGUE;
use backout_engine::{
    clock::Timestamp,
    code::Code,
    journal::{Conclusion, Event as Move, Execution, Journal, Mode, Outcome, Phase, Run, Step, Turn},
    plan::{Chosen, InputValues, expand, parse},
    report::Report,
    request::Request,
    sensitive::FingerprintKey,
};
use serde_json::{Map, json};

use super::{ending::Ending, events::events, lines};
use crate::{error::Exit, paint::Paint};

mod of_others;
mod other;

const PLAN: &str = r#"
name: shop-backout
system: shop
description: Sends the shop back to its old database.
deadline: 10m
users_see: Errors.
preflight:
  - id: api-seen
    uses: http/health
    with: { url: "https://shop.example/health" }
stages:
  - name: Divert traffic
    users_see: A maintenance page.
    steps:
      - { id: throttle-down, uses: apigateway/throttle, with: { api: abc, stage: prod, rate: 1 } }
      - { id: rule-off, uses: events/rule, with: { name: nightly, state: disabled } }
  - name: Restore traffic
    ramp:
      id: traffic
      uses: apigateway/throttle
      with: { api: abc, stage: prod }
      through: [{ rate: 10 }, { rate: 100 }, original]
      hold: 30s
      guard: [{ uses: logs/count, with: { group: shop, pattern: ERROR, at_most: 5 } }]
"#;

/// Seconds after the beginning of the run.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + seconds).expect("time")
}

fn planned() -> Journal {
    let parsed = parse("p.yaml", PLAN, &CATALOGUE).expect("a plan");
    let expansion = expand(&parsed, &CATALOGUE, &InputValues::unknown(&parsed.plan), &Chosen::All).expect("expands");
    let request = Request {
        plan: "shop-backout".into(),
        reason: Some("tried by hand".into()),
        mode: Mode::Apply,
        requested_by: Some("alice".into()),
        ..Request::default()
    };
    let id = "shop-backout-20261118T190640-ab12".parse().expect("id");
    let execution = Execution { arn: "arn".into(), started_at: "then".into() };
    let run = Run {
        phase: Phase::Running,
        system: Some(parsed.plan.system),
        stages: expansion.stages,
        users_see: parsed.plan.users_see,
        deadline: parsed.plan.deadline,
        ..Run::new(id, execution, request, at(0), FingerprintKey::new(&[7; 32]))
    };
    Journal::new(run, expansion.steps)
}

/// What becomes of steps, in words.
trait Moved {
    fn becomes(self, id: &str, change: impl FnOnce(Step) -> Step) -> Self;
    fn issued(self, id: &str, at: Timestamp) -> Self;
    fn applied(self, id: &str, at: Timestamp) -> Self;
    fn ends(self, id: &str, event: Move, at: Timestamp, says: &str) -> Self;
    fn fails(self, id: &str, at: Timestamp, says: &str) -> Self;
    fn over(self, outcome: Outcome, at: Timestamp) -> Self;
}

impl Moved for Journal {
    fn becomes(mut self, id: &str, change: impl FnOnce(Step) -> Step) -> Self {
        let step = self.steps.iter_mut().find(|step| step.id.as_str() == id).expect(id);
        *step = change(step.clone());
        self
    }

    fn issued(self, id: &str, at: Timestamp) -> Self {
        self.becomes(id, |step| step.issue(at).expect("legal"))
    }

    fn applied(self, id: &str, at: Timestamp) -> Self {
        self.becomes(id, |step| {
            let turn = Turn { issue: 1, attempt: 0 };
            let started = step.start((json!({"rate": 5}), json!({"rate": 1})), turn, at, at).expect("legal");
            started.end(Move::Apply, at, Map::new(), Conclusion::default()).expect("legal")
        })
    }

    fn ends(self, id: &str, event: Move, at: Timestamp, says: &str) -> Self {
        let conclusion = Conclusion { says: says.into(), ..Conclusion::default() };
        self.becomes(id, |step| step.end(event, at, Map::new(), conclusion).expect("legal"))
    }

    fn fails(self, id: &str, at: Timestamp, says: &str) -> Self {
        let advice = Some("let the role reach it".to_owned());
        let conclusion = Conclusion { says: says.into(), code: Some(Code::Refused), advice };
        self.becomes(id, |step| step.end(Move::Fail, at, Map::new(), conclusion).expect("legal"))
    }

    fn over(mut self, outcome: Outcome, at: Timestamp) -> Self {
        (self.run.outcome, self.run.ended_at, self.run.phase) = (Some(outcome), Some(at), Phase::Concluded);
        self
    }
}

fn diverted() -> Journal {
    planned()
        .issued("api-seen", at(2))
        .ends("api-seen", Move::Pass, at(3), "status 503 in 12 ms, as expected")
        .issued("throttle-down", at(4))
        .issued("rule-off", at(4))
        .applied("throttle-down", at(5))
        .ends("rule-off", Move::FindInPlace, at(6), "")
}

/// Held at its second rung.
fn held() -> Journal {
    diverted()
        .issued("traffic-1", at(7))
        .applied("traffic-1", at(8))
        .issued("traffic-1-guard-1", at(38))
        .ends("traffic-1-guard-1", Move::Pass, at(39), "0 of 84 lines match ERROR")
        .issued("traffic-2", at(40))
        .applied("traffic-2", at(41))
        .issued("traffic-2-guard-1", at(71))
        .fails("traffic-2-guard-1", at(72), "9 of 310 lines match ERROR, at most 5 are allowed")
        .ends("traffic-3", Move::Skip, at(73), "an earlier rung's guard did not pass")
        .ends("traffic-3-guard-1", Move::Skip, at(73), "an earlier rung's guard did not pass")
        .over(Outcome::CompletedWithWarnings, at(74))
}

fn halted() -> Journal {
    let closed = |journal: Journal, id: &str| journal.ends(id, Move::Close, at(9), "the run ended before it began");
    let stopped = planned()
        .issued("api-seen", at(2))
        .ends("api-seen", Move::Pass, at(3), "status 503 in 12 ms, as expected")
        .issued("throttle-down", at(4))
        .issued("rule-off", at(4))
        .applied("throttle-down", at(5))
        .fails("rule-off", at(8), "could not disable the rule nightly: AccessDeniedException: no");
    ["traffic-1", "traffic-1-guard-1", "traffic-2", "traffic-2-guard-1", "traffic-3", "traffic-3-guard-1"]
        .into_iter()
        .fold(stopped, closed)
        .over(Outcome::Halted, at(9))
}

fn log(before: Option<&Journal>, now: &Journal) -> String {
    let events = events(before, now, Paint::Plain);
    events.iter().map(|event| format!("{}  {}\n", event.at.strftime("%H:%M:%SZ"), event.line)).collect()
}

fn screen(journal: &Journal, now: Timestamp) -> String {
    let (_, mut shown) = lines::finished(journal, 0, now, Paint::Plain);
    shown.push("----".to_owned());
    shown.extend(lines::region(journal, now, Paint::Plain));
    shown.join("\n")
}

fn ending(journal: &Journal) -> Ending {
    let report = Report::of(journal, at(100));
    Ending::of(report, Some("s3://bucket/reports/shop-backout-20261118T190640-ab12/report.md".into()))
}

#[test]
fn the_log_of_a_run_whose_ramp_was_held() {
    insta::assert_snapshot!(log(None, &held()));
}

#[test]
fn the_log_of_a_run_that_halted() {
    insta::assert_snapshot!(log(None, &halted()));
}

#[test]
fn looking_twice_tells_everything_once() {
    let (early, late) = (diverted(), held());
    assert_eq!(log(None, &early) + &log(Some(&early), &late), log(None, &late));
    assert_eq!(log(Some(&late), &late), "");
}

#[test]
fn a_lost_invocation_is_told() {
    let once = planned().issued("api-seen", at(2));
    let twice = once.clone().issued("api-seen", at(90));
    assert_eq!(
        log(Some(&once), &twice).trim_end(),
        "11:08:10Z    … api-seen: its invocation was lost; handed out again (2)"
    );
}

#[test]
fn the_screen_while_a_stage_is_under_way() {
    let journal = planned()
        .issued("api-seen", at(2))
        .ends("api-seen", Move::Pass, at(3), "status 503 in 12 ms, as expected")
        .issued("throttle-down", at(4))
        .issued("rule-off", at(4))
        .applied("throttle-down", at(5));
    insta::assert_snapshot!(screen(&journal, at(9)));
}

#[test]
fn the_screen_while_a_rung_is_held() {
    let journal = diverted().issued("traffic-1", at(7)).applied("traffic-1", at(8));
    insta::assert_snapshot!(screen(&journal, at(20)));
}

#[test]
fn the_screen_after_a_ramp_was_held() {
    insta::assert_snapshot!(screen(&held(), at(80)));
}

#[test]
fn the_screen_after_a_run_halted() {
    insta::assert_snapshot!(screen(&halted(), at(80)));
}

#[test]
fn the_end_of_a_run_with_warnings() {
    insta::assert_snapshot!(ending(&held()).text(Paint::Plain));
    assert_eq!(ending(&held()).exit(), Exit::Completed);
}

#[test]
fn the_end_of_a_run_that_halted() {
    insta::assert_snapshot!(ending(&halted()).text(Paint::Plain));
    assert_eq!(ending(&halted()).exit(), Exit::NotCompleted);
}

#[test]
fn the_end_for_programs_is_one_object() {
    insta::assert_json_snapshot!(ending(&halted()));
}

#[test]
fn a_run_that_was_refused_has_no_stages_to_show() {
    let mut refused = planned().over(Outcome::Refused, at(2));
    refused.steps.clear();
    let told = log(None, &refused);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert_eq!(screen(&refused, at(3)), "----\n  2s of 10m · writing the report");
}
