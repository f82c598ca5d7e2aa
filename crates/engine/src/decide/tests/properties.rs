//! Law 4: `decide` is pure and total, and every run ends.

use proptest::prelude::*;

use super::*;

/// A stage: a plain one, or a rung with guards.
#[derive(Debug, Clone)]
enum Shape {
    Plain(Vec<(OnFailure, Nature)>),
    Ramp { rungs: usize, guards: usize, on_guard: OnGuard, policy: OnFailure },
}

fn policies() -> impl Strategy<Value = OnFailure> {
    prop_oneof![Just(OnFailure::Halt), Just(OnFailure::Continue)]
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let natures = prop_oneof![Just(Nature::Change), Just(Nature::Check), Just(Nature::Command)];
    let plain = proptest::collection::vec((policies(), natures), 0..4).prop_map(Shape::Plain);
    let on_guard = prop_oneof![Just(OnGuard::Hold), Just(OnGuard::Halt)];
    let ramp = (1..4usize, 0..3usize, on_guard, policies()).prop_map(|(rungs, guards, on_guard, policy)| Shape::Ramp {
        rungs,
        guards,
        on_guard,
        policy,
    });
    proptest::collection::vec(prop_oneof![plain, ramp], 0..5)
}

fn planned(shapes: &[Shape], preflight: bool) -> Journal {
    let (mut stages, mut steps) = (Vec::new(), Vec::new());
    for shape in shapes {
        let first = stages.len();
        match shape {
            Shape::Plain(specs) => {
                let is_preflight = preflight && first == 0;
                for (number, (policy, nature)) in specs.iter().enumerate() {
                    let nature = if is_preflight { Nature::Check } else { *nature };
                    steps.push(Step { on_failure: *policy, nature, ..step(&format!("s{first}-{number}"), first) });
                }
                stages.push(stage("plain", if is_preflight { StageKind::Preflight } else { StageKind::Steps }));
            }
            Shape::Ramp { rungs, guards: count, on_guard, policy } => {
                for _ in 0..*rungs {
                    steps.push(Step { on_failure: *policy, ..step(&format!("r{}", stages.len()), stages.len()) });
                    stages.push(rung(first));
                    for number in 0..*count {
                        steps.push(guard(&format!("g{}-{number}", stages.len()), stages.len(), Status::Planned));
                    }
                    stages.push(guards(first, *on_guard));
                }
            }
        }
    }
    journal(stages, steps)
}

/// What an iteration of the map may leave behind.
fn end(step: &mut Step, dice: u8, now: Timestamp) {
    let change = step.nature == Nature::Change;
    let end = |step: &Step, event| step.end(event, now, Map::new(), Conclusion::default()).expect("legal");
    let begun = |step: &Step| {
        let turn = crate::journal::Turn { issue: step.issues, attempt: 0 };
        let until = now + Duration::seconds(58).signed();
        step.start((1.into(), 2.into()), turn, now, until).expect("legal")
    };
    let started =
        if step.status == Status::Issued && step.nature != Nature::Check { begun(step) } else { step.clone() };
    *step = match (dice % 16, step.nature) {
        (0, _) => return,
        (1, Nature::Change | Nature::Command) => started,
        (2, Nature::Check) => end(step, Event::FindNothing),
        (2 | 3, _) => end(&started, Event::Fail),
        (4, Nature::Change | Nature::Command) => end(&started, Event::Lose),
        (5, Nature::Change) => end(&started, Event::Drift),
        (6, Nature::Change) if step.status == Status::Issued && change => end(step, Event::FindInPlace),
        (_, Nature::Check) => end(step, Event::Pass),
        _ => end(&started, Event::Apply),
    };
}

/// Does what `Advance` does with a decision.
fn note(journal: &mut Journal, decision: &Decision, now: Timestamp) {
    for step in &mut journal.steps {
        let event = if decision.skip.iter().any(|(id, _)| *id == step.id) {
            Event::Skip
        } else if decision.lost.contains(&step.id) {
            if step.status == Status::Started { Event::Lose } else { Event::Fail }
        } else {
            continue;
        };
        *step = step.end(event, now, Map::new(), Conclusion::default()).expect("a decision is legal");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_ends_and_keeps_the_order_of_its_stages(
        shapes in shapes(),
        preflight in any::<bool>(),
        dice in proptest::collection::vec(any::<u8>(), 64),
    ) {
        let mut journal = planned(&shapes, preflight);
        let bound = 10 * (journal.steps.len() + journal.run.stages.len() + 1);
        let (mut now, mut thrown, mut rounds) = (at(0), 0, 0);
        let outcome = loop {
            rounds += 1;
            prop_assert!(rounds <= bound, "it never ends");
            let decision = decide(&journal, now);
            prop_assert_eq!(&decision, &decide(&journal.clone(), now), "the same journal, the same answer");
            note(&mut journal, &decision, now);
            match decision.next {
                Next::Finish(outcome) => break outcome,
                Next::Pause { until, .. } => {
                    prop_assert!(until > now || !decision.lost.is_empty(), "a pause passes time");
                    now = now.max(until);
                }
                Next::Stage(ids) => {
                    prop_assert!(!ids.is_empty() && ids.len() <= PORTION);
                    let stage = journal.steps.iter().find(|step| step.id == ids[0]).expect("it is there").stage;
                    for step in &mut journal.steps {
                        prop_assert!(step.stage >= stage || step.status.is_final(), "an earlier stage is open");
                        prop_assert!(step.stage <= stage || matches!(step.status, Status::Planned | Status::Skipped));
                        if !ids.contains(&step.id) {
                            continue;
                        }
                        prop_assert_eq!(step.stage, stage, "steps of two stages side by side");
                        prop_assert!(!step.is_being_written(now), "handed out while somebody may be writing");
                        *step = step.issue(now).expect("legal");
                        prop_assert!(step.issues <= MOST_ISSUES);
                        end(step, dice[thrown % dice.len()], now);
                        thrown += 1;
                    }
                    now += Duration::seconds(1).signed();
                }
            }
        };
        // What the outcome claims is so.
        let bad = || journal.steps.iter().filter(|step| step.status.is_bad());
        let astray = bad().any(|step| matches!(step.status, Status::Unknown | Status::Drifted));
        match outcome {
            Outcome::Completed => prop_assert!(bad().next().is_none() && journal.steps.iter().all(|step| step.status.is_final())),
            Outcome::CompletedWithWarnings => {
                prop_assert!(bad().next().is_some() && !astray);
                prop_assert!(journal.steps.iter().all(|step| step.status.is_final()));
            }
            Outcome::Halted => prop_assert!(bad().next().is_some()),
            Outcome::NotReady => {
                prop_assert!(bad().all(|step| step.stage == 0));
                prop_assert!(journal.steps.iter().all(|step| step.stage == 0 || step.status == Status::Planned));
            }
            Outcome::Refused => prop_assert!(false, "it was prepared"),
        }
    }

    #[test]
    fn it_answers_to_any_journal_at_all(
        shapes in shapes(),
        statuses in proptest::collection::vec(0..12usize, 64),
        seconds in 0..1000i64,
        issues in 0..6u32,
    ) {
        let mut journal = planned(&shapes, true);
        for (number, step) in journal.steps.iter_mut().enumerate() {
            let status = Status::ALL[statuses[number % statuses.len()]];
            *step = Step { issues, ..with_status(step.id.as_str(), step.stage, status) };
        }
        let decision = decide(&journal, at(seconds));
        note(&mut journal, &decision, at(seconds));
        prop_assert_eq!(decide(&journal, at(seconds)).next, match decision.next {
            // What was lost is noted, and then counts.
            _ if !decision.lost.is_empty() => return Ok(()),
            next => next,
        });
    }
}
