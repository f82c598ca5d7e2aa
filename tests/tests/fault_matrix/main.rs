//! The fault matrix: whatever goes wrong at whichever AWS call of whichever action, the step ends as if nothing had, or
//! in a safe stop that tells the truth; and then the undo leaves the whole cloud as it was.
//!
//! The real actions run in this process, through the real engine, against a local cloud; what goes wrong does so below
//! the SDK, at its HTTP client. Time is virtual: what the state machine would wait passes at once. The cases are
//! generated from the calls that an undisturbed run makes.
//!
//! | file | its job |
//! |---|---|
//! | `fixtures` | what each action is tried with |
//! | `matrix`, `cases` | every case of every action |
//! | `trouble` | one case, by name |
//! | `truth` | whether a row tells the truth about the cloud |
//! | `machine` | the state machine, as far as it matters |
//! | `put_back` | somebody else, who puts things back |
//! | `world` | a local cloud, and the actions on it |
//! | `wire`, `refusals` | the HTTP client at which things go wrong |
//! | `named` | which operation a request is of |
//! | `watch` | the calls of a run, and the law that each change obeys |
//! | `watched` | a ledger that says until when a row allows changes |
//! | `permitted` | whether an action calls what its table in the catalogue has, and nothing else |
//! | `sleep` | the SDK's waits |
//!
//! `BACKOUT_FAULT` runs the cases whose names begin so: `BACKOUT_FAULT=lambda/code:UpdateFunctionCode#1:response_lost`.
//! With it, all there are; without it, at the later reads of an operation they take turns (`cases`).

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "it says how many cases ran")]

mod cases;
mod fixtures;
mod machine;
mod matrix;
mod named;
mod permitted;
mod put_back;
mod refusals;
mod sleep;
mod trouble;
mod truth;
mod watch;
mod watched;
mod wire;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use backout_catalogue::CATALOGUE;

use fixtures::FIXTURES;
use matrix::{Choice, Matrix, Tally};

/// How many clouds there are, each with its share of the cases.
const SHARES: usize = 2;

#[test]
fn every_action_of_the_catalogue_is_in_the_matrix() {
    let listed: BTreeSet<_> = CATALOGUE.0.iter().map(|entry| entry.uses).collect();
    let tried: BTreeSet<_> = FIXTURES.iter().map(|fixture| fixture.uses).collect();
    assert_eq!(listed, tried, "an action without a fixture has no cases: add one in fixtures.rs");
}

#[test]
fn whatever_goes_wrong_at_whichever_call() {
    let named = std::env::var("BACKOUT_FAULT").ok();
    let workers: Vec<_> = (0..SHARES)
        .map(|share| {
            let choice = Choice { share, shares: SHARES, named: named.clone() };
            std::thread::spawn(move || all(choice))
        })
        .collect();
    let tallies: Vec<_> = workers.into_iter().map(|worker| worker.join().expect("a worker")).collect();
    let cases: usize = tallies.iter().flatten().map(|tally| tally.cases).sum();
    // Each worker observes the same calls.
    let calls: usize = tallies.first().into_iter().flatten().map(|tally| tally.calls).sum();
    let failures: Vec<_> = tallies.iter().flatten().flat_map(|tally| &tally.failures).collect();
    let actions = FIXTURES.iter().map(|fixture| fixture.uses).collect::<BTreeSet<_>>().len();
    let mut made: BTreeMap<&str, BTreeSet<_>> = BTreeMap::new();
    for tally in tallies.iter().flatten() {
        made.entry(tally.uses).or_default().extend(tally.made.iter().cloned());
    }
    let mut strange = permitted::beyond(&made);
    // Whoever names single cases or fixtures leaves out what others would call.
    made.retain(|uses, _| named.as_deref().is_none_or(|named| uses.starts_with(named)));
    strange.extend(permitted::idle(&made));
    let end = if failures.is_empty() { "all passed".to_owned() } else { format!("{} failed", failures.len()) };
    let in_turn = if named.is_some() { "" } else { " (at later reads of an operation by turns)" };
    println!("fault matrix: {actions} actions, {calls} calls, {cases} cases{in_turn}, {end}");
    assert!(cases > 0 || !failures.is_empty(), "there is no such case");
    assert!(failures.is_empty(), "{}", failures.iter().map(|it| format!("\n{it}\n")).collect::<String>());
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

fn all(choice: Choice) -> Vec<Tally> {
    let is_wanted = |title: &str| {
        choice.named.as_ref().is_none_or(|named| named.starts_with(title) || title.starts_with(named.as_str()))
    };
    let fixtures: Vec<_> = FIXTURES.iter().filter(|fixture| is_wanted(&fixture.title())).collect();
    let matrix = Matrix::new(choice.clone());
    let mut tallies = Vec::new();
    for fixture in fixtures {
        let begun = std::time::Instant::now();
        let tally = matrix.try_out(fixture);
        println!(
            "{}: {} calls, {} cases of share {}, {} failed, {:.1} s",
            fixture.title(),
            tally.calls,
            tally.cases,
            choice.share,
            tally.failures.len(),
            begun.elapsed().as_secs_f64()
        );
        tallies.push(tally);
    }
    tallies
}
