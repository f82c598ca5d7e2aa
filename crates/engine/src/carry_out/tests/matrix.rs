//! Law 2, generated: whatever single thing goes wrong at whichever call, the step ends as if nothing had, or in a
//! status that tells the truth.

use std::rc::Rc;

use futures::FutureExt as _;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    machine::Machine,
    world::{Trouble, World, sets},
};
use crate::{
    duration::Duration,
    journal::{Status, Step},
};

const BEFORE: &str = r#"{"a": 1, "b": {"x": 1}, "c": 1}"#;
const AFTER: &str = r#"{"a": 2, "b": {"x": 2}, "d": 3}"#;

fn troubles() -> Vec<Trouble> {
    vec![
        Trouble::Throttled,
        Trouble::Refused,
        Trouble::RequestLost,
        Trouble::ResponseLost,
        Trouble::Stale,
        Trouble::CrashBefore,
        Trouble::CrashAfter,
        Trouble::Slow(Duration::seconds(30)),
        Trouble::Slow(Duration::seconds(50)),
        Trouble::Foreign("a", json!(99)),
        Trouble::Foreign("elsewhere", json!(99)),
    ]
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn world(lag: u32) -> Rc<World> {
    let wanted = value(r#"{"a": 2, "b": {"x": 2}, "c": null, "d": 3}"#);
    let world = World::new(&value(BEFORE), vec![sets("all", &wanted)]);
    world.lag.set(Duration::seconds(lag));
    world
}

/// What a status claims about the panel, apart from what somebody else has set.
fn tells_the_truth(row: &Step, panel: &Value, context: &str) {
    let own = |panel: &Value| -> Value {
        let parts = panel.as_object().expect("an object").iter();
        parts.filter(|(name, _)| *name != "elsewhere").map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    match row.status {
        // Somebody else may set it after the reading that showed it as wanted.
        Status::Applied if panel["a"] == 99 => {}
        Status::Applied => assert_eq!(own(panel), value(AFTER), "{context}"),
        Status::Failed => {
            let mut was = value(BEFORE);
            // Somebody else's value from before the first look is how it was.
            if let Some(a) = row.before.as_ref().and_then(|before| before.get("a")) {
                was["a"] = a.clone();
            } else if panel["a"] == 99 {
                was["a"] = json!(99);
            }
            assert_eq!(own(panel), was, "{context}");
        }
        Status::Drifted => assert_eq!(panel["a"], 99, "{context}"),
        Status::Unknown => assert!(!row.conclusion.as_ref().expect("one").says.is_empty(), "{context}"),
        other => panic!("{context}: a run ended and left a step {other}"),
    }
}

#[test]
fn any_single_trouble_at_any_call() {
    for lag in [0, 5] {
        let undisturbed = {
            let world = world(lag);
            Machine::new(&world).run();
            assert_eq!(world.row("all").status, Status::Applied);
            world.calls()
        };
        for call in 0..undisturbed {
            for trouble in troubles() {
                let world = world(lag).goes_wrong(call, trouble.clone());
                Machine::new(&world).run();
                let (row, panel) = (world.row("all"), world.panel());
                let context = format!("{trouble:?} at call {call} with a lag of {lag}s: {:?}", row.conclusion);
                tells_the_truth(&row, &panel, &context);
                assert_ne!(row.status, Status::Unknown, "{context}");
                // What passes makes no difference.
                let makes_a_difference = matches!(trouble, Trouble::Refused | Trouble::Foreign("a", _));
                assert!(makes_a_difference || row.status == Status::Applied, "{context}");
            }
        }
    }
}

#[test]
fn any_single_trouble_and_a_repeat_of_the_invocation_at_once_or_later() {
    for later in [0, 10, 120] {
        for call in 0..8 {
            for trouble in troubles() {
                let world = world(0).goes_wrong(call, trouble.clone());
                let machine = Machine::new(&world);
                machine.issue();
                machine.heard("all", 1, 0);
                world.pass(Duration::seconds(later));
                machine.iterate(&crate::advance::Item {
                    step: crate::testing::id("all"),
                    function: crate::action::Host::Traffic,
                    issue: 1,
                    attempt: 0,
                });
                machine.run();
                let (row, panel) = (world.row("all"), world.panel());
                let context = format!("{trouble:?} at call {call}, again after {later}s: {:?}", row.conclusion);
                tells_the_truth(&row, &panel, &context);
                assert_ne!(row.status, Status::Unknown, "{context}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several troubles, a first invocation that hangs somewhere and wakes up at any time.
    #[test]
    fn many_troubles_and_a_sleeper(
        scripted in proptest::collection::vec((0..20usize, 0..20usize), 0..6),
        lag in 0..20u32,
        held in 0..8usize,
        wakes_after in 0..40u32,
    ) {
        let passing: Vec<_> = troubles().into_iter().filter(|it| !matches!(it, Trouble::Foreign("a", _))).collect();
        let world = world(lag);
        for (call, trouble) in scripted {
            world.goes_wrong(call, passing[trouble % passing.len()].clone());
        }
        world.goes_wrong(held, Trouble::Held);
        let machine = Machine::new(&world);
        machine.issue();
        let mut sleeper = Box::pin(machine.invoke("all", 1, 0));
        let asleep = (&mut sleeper).now_or_never().is_none();
        if asleep {
            if let Some(crate::carry_out::Answer::Pending { .. }) = machine.heard("all", 1, 0) {
                world.pass(Duration::seconds(wakes_after));
                machine.heard("all", 1, 1);
            }
            world.release();
            // A Lambda is ended at its deadline, asleep or not.
            if world.now_is_before(58) {
                let _ = sleeper.now_or_never();
            }
        }
        machine.run();
        let row = world.row("all");
        tells_the_truth(&row, &world.panel(), &format!("{:?}", row.conclusion));
    }
}
