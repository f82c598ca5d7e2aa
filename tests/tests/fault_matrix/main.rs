//! The fault matrix: whatever goes wrong at whichever AWS call of whichever action, the step ends as if nothing had, or
//! in a safe stop that tells the truth; and then the undo leaves the whole cloud as it was.
//!
//! The real actions run in this process, through the real engine, against a local cloud; what goes wrong does so below
//! the SDK, at its HTTP client. Time is virtual: what the state machine would wait passes at once. The cases are
//! generated from the calls that an undisturbed run makes.
//!
//! | file | its job |
//! |---|---|
//! | `fixtures` | what each action is tried with, from its folder in `tests/actions` |
//! | `matrix`, `cases` | every case of every action |
//! | `choice`, `touched` | which of them are run |
//! | `trouble` | one case, by name |
//! | `truth` | whether a row tells the truth about the cloud |
//! | `machine` | the state machine, as far as it matters |
//! | `put_back` | somebody else, who puts things back |
//! | `world` | a local cloud, and the actions on it |
//! | `wire`, `refusals`, `models` | the HTTP client at which things go wrong |
//! | `named`, `whose` | which operation a request is of, and on whose resource |
//! | `watch` | the calls of a run, and the law that each change obeys |
//! | `watched` | a ledger that says until when a row allows changes |
//! | `permitted` | whether an action calls what its table in the catalogue has, and nothing else |
//! | `sleep` | the SDK's waits |
//!
//! `BACKOUT_FAULT` runs the cases whose names begin so: `BACKOUT_FAULT=lambda/code:lambda.UpdateFunctionCode#1:response_lost`.
//! With it, or with `BACKOUT_MATRIX=full` (`make test-full`), all there are; without it, at most reads they take turns
//! (`cases`). With `BACKOUT_MATRIX=touched` (`make test`), only the actions that were changed have all of these, and each
//! of the others a part that is another one with each commit (`touched`).

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "it says how many cases ran")]

mod cases;
mod choice;
mod fixtures;
mod machine;
mod matrix;
mod models;
mod named;
mod permitted;
mod put_back;
mod refusals;
mod sleep;
mod touched;
mod trouble;
mod truth;
mod watch;
mod watched;
mod whose;
mod wire;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use choice::{Choice, Share};
use fixtures::{Calls, FIXTURES};
use matrix::{Matrix, Tally};

#[test]
fn whatever_goes_wrong_at_whichever_call() {
    let choice = Choice::of_environment();
    // While a cloud is at work its worker waits, and the other way round: one for each processor is enough.
    let of = std::thread::available_parallelism().map_or(2, usize::from);
    let workers: Vec<_> = (0..of)
        .map(|number| {
            let (share, choice) = (Share { number, of }, choice.clone());
            std::thread::spawn(move || all(share, choice))
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
        made.entry(tally.uses).or_default().extend(tally.called.iter().cloned());
    }
    let mut strange = permitted::beyond(&made);
    // Whoever names single cases or fixtures leaves out what others would call.
    made.retain(|uses, _| choice.has_all_of(uses));
    strange.extend(permitted::idle(&made));
    let end = if failures.is_empty() { "all passed".to_owned() } else { format!("{} failed", failures.len()) };
    println!("fault matrix: {actions} actions, {calls} calls, {cases} cases ({choice}), {end}");
    assert!(cases > 0 || !failures.is_empty(), "there is no such case");
    assert!(failures.is_empty(), "{}", failures.iter().map(|it| format!("\n{it}\n")).collect::<String>());
    tallies.iter().take(1).flatten().filter_map(|tally| tally.made.as_ref()).for_each(Calls::hold);
    assert!(strange.is_empty(), "{}", strange.join("\n"));
}

fn all(share: Share, choice: Choice) -> Vec<Tally> {
    let fixtures: Vec<_> = FIXTURES.iter().filter(|fixture| choice.has_any_of(&fixture.title())).collect();
    let matrix = Matrix::new(share, choice);
    let mut tallies = Vec::new();
    for fixture in fixtures {
        let begun = std::time::Instant::now();
        let tally = matrix.try_out(fixture);
        println!(
            "{}: {} calls, {} cases of share {}, {} failed, {:.1} s",
            fixture.title(),
            tally.calls,
            tally.cases,
            share.number,
            tally.failures.len(),
            begun.elapsed().as_secs_f64()
        );
        tallies.push(tally);
    }
    tallies
}
