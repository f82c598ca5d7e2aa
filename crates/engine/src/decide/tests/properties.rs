//! Law 4: `decide` is pure and total, and every run ends.

use proptest::prelude::*;

use super::*;
use crate::{
    journal::Task,
    resource::Resource,
    undo::{Chosen, undoing},
};

/// A stage: a plain one, or a rung with guards.
#[derive(Debug, Clone)]
enum Shape {
    Plain(Vec<(OnFailure, Nature)>),
    Ramp { rungs: usize, guards: usize, on_guard: OnGuard, policy: OnFailure },
}

fn policies() -> impl Strategy<Value = OnFailure> {
    prop_oneof![Just(OnFailure::Halt), Just(OnFailure::Continue), Just(OnFailure::Unwind)]
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
                    let step = step(&format!("s{first}-{number}"), first);
                    // The same few resources in every stage, so that there are chains.
                    let resource = Some(Resource::new("test", "part", [number.to_string().as_str()]));
                    steps.push(Step { on_failure: *policy, nature, resource, ..step });
                }
                stages.push(stage("plain", if is_preflight { StageKind::Preflight } else { StageKind::Steps }));
            }
            Shape::Ramp { rungs, guards: count, on_guard, policy } => {
                for _ in 0..*rungs {
                    let step = step(&format!("r{}", stages.len()), stages.len());
                    let resource = Some(Resource::new("test", "part", ["0"]));
                    steps.push(Step { on_failure: *policy, resource, ..step });
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
        // Where one stage leaves off the next one begins.
        step.start((step.stage.into(), (step.stage + 1).into()), turn, now, until).expect("legal")
    };
    if matches!(step.task, Task::TakeBack(_)) {
        *step = match dice % 16 {
            0 => return,
            1 if step.status == Status::Started => return,
            1 => begun(step),
            2 if step.status == Status::Issued => end(step, Event::FindInPlace),
            3 => end(step, Event::Drift),
            4 => end(step, Event::GetStuck),
            _ if step.status == Status::Started => end(step, Event::TakeBack),
            _ => end(&begun(step), Event::TakeBack),
        };
        return;
    }
    if step.task.only_looks() {
        *step = match (dice % 8, step.nature) {
            (0, _) => return,
            (1, _) => end(step, Event::Fail),
            (2, Nature::Change) => end(step, Event::FindInPlace),
            (_, Nature::Check) => end(step, Event::Pass),
            _ => end(step, Event::Rehearse),
        };
        return;
    }
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
            match (&step.task, step.status) {
                (Task::TakeBack(_), _) => Event::GetStuck,
                (_, Status::Started) => Event::Lose,
                _ => Event::Fail,
            }
        } else {
            continue;
        };
        *step = step.end(event, now, Map::new(), Conclusion::default()).expect("a decision is legal");
    }
}

/// The way back is the reverse of the way there, and leaves nothing out.
fn reverses(back: &[Step], journal: &Journal) -> Result<(), TestCaseError> {
    let find = |id: &StepId| journal.steps.iter().find(|step| step.id == *id).expect("it is there");
    let chains: Vec<Vec<&Step>> = back
        .iter()
        .map(|row| match &row.task {
            Task::TakeBack(takes) => takes.steps.iter().map(find).collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    let mut covered: Vec<&StepId> = chains.iter().flatten().map(|step| &step.id).collect();
    covered.sort();
    let mut changed: Vec<&StepId> =
        journal.steps.iter().filter(|step| step.may_be_taken_back()).map(|step| &step.id).collect();
    changed.sort();
    prop_assert_eq!(covered, changed, "each change goes back once");
    for chain in &chains {
        for pair in chain.windows(2) {
            prop_assert!(pair[0].stage < pair[1].stage && pair[0].after == pair[1].before);
            prop_assert_eq!(&pair[0].resource, &pair[1].resource);
        }
    }
    for (one, other) in chains.iter().zip(back).zip(chains.iter().zip(back).skip(1)) {
        prop_assert!(one.0[0].stage >= other.0[0].stage, "what was done first goes back last");
        prop_assert!(one.1.stage <= other.1.stage);
        let resource = |chain: &[&Step]| chain[0].resource.clone();
        prop_assert!(one.1.stage < other.1.stage || resource(one.0) != resource(other.0));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_run_ends_and_keeps_the_order_of_its_stages(
        shapes in shapes(),
        preflight in any::<bool>(),
        dice in proptest::collection::vec(any::<u8>(), 64),
        rehearsed in proptest::bool::weighted(0.2),
    ) {
        let mut journal = planned(&shapes, preflight);
        if rehearsed {
            journal.run.request.mode = Mode::Rehearse;
            journal.steps.iter_mut().for_each(|step| step.task = Task::Rehearse { after: Vec::new() });
        }
        let bound = 20 * (journal.steps.len() + journal.run.stages.len() + 1);
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
                Next::Unwind => {
                    prop_assert!(!journal.is_going_back(), "a run turns round once");
                    let back = undoing(&journal, &Chosen::All, journal.run.stages.len());
                    reverses(&back.steps, &journal)?;
                    journal.run.stages.extend(back.stages);
                    journal = Journal::new(journal.run, [journal.steps, back.steps].concat());
                }
                Next::Stage(ids) => {
                    prop_assert!(!ids.is_empty() && ids.len() <= PORTION);
                    let stage = journal.steps.iter().find(|step| step.id == ids[0]).expect("it is there").stage;
                    let back = journal.is_going_back();
                    for step in &mut journal.steps {
                        let gone_over = back && !matches!(step.task, Task::TakeBack(_));
                        prop_assert!(step.stage >= stage || gone_over || step.status.is_final(), "an earlier stage is open");
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
            Outcome::Unwound => {
                prop_assert!(bad().next().is_some(), "something failed");
                for step in journal.steps.iter().filter(|step| matches!(step.task, Task::TakeBack(_))) {
                    prop_assert!(matches!(step.status, Status::Undone | Status::InPlace | Status::Drifted));
                }
            }
            Outcome::Stuck => prop_assert!(bad().any(|step| step.status == Status::Stuck)),
            Outcome::Rehearsed => prop_assert!(journal.steps.iter().all(|step| step.status.is_final())),
            Outcome::NotReady if rehearsed => prop_assert!(bad().next().is_some()),
            Outcome::Aborted => prop_assert!(false, "nobody asked for it"),
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
        statuses in proptest::collection::vec(0..Status::ALL.len(), 64),
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
