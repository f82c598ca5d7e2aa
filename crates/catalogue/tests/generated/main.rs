//! What is made from the tables of the catalogue and committed beside what people write: the statements of the roles in
//! `infra/template.yaml`, and the permissions on the pages of the actions.
//!
//! `make generate` writes it. Without that, a file that is no longer as the catalogue says fails the test.

#![allow(clippy::expect_used, clippy::panic, reason = "that is how a test fails")]

mod ban;
mod page;
mod region;
mod statement;
mod template;

use std::{env, fs, path::PathBuf};

use backout_catalogue::{CATALOGUE, REACHES};
use backout_engine::action::{By, On};

/// Set by `make generate`.
const GENERATE: &str = "BACKOUT_GENERATE";

#[test]
fn what_is_generated_is_as_the_catalogue_says() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut files = vec![("infra/template.yaml".to_owned(), template::regions())];
    for entry in CATALOGUE.0 {
        files.push((format!("docs/actions/{}.md", entry.uses.replace('/', "-")), page::regions(entry)));
    }
    let mut stale = Vec::new();
    for (name, regions) in files {
        let path = root.join(&name);
        let stands = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted = region::replaced(&stands, &regions).unwrap_or_else(|why| panic!("{name}: {why}"));
        if stands == wanted {
            continue;
        }
        if env::var_os(GENERATE).is_some() {
            fs::write(&path, wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        } else {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "run `make generate`: {} no longer as the catalogue says", stale.join(", "));
}

#[test]
fn every_statement_says_its_purpose_in_letters_and_its_reasons_in_words() {
    for entry in CATALOGUE.0 {
        for calls in entry.calls {
            let place = format!("{}: {}", entry.uses, calls.purpose);
            assert!(calls.purpose.chars().all(|c| c.is_ascii_alphanumeric()), "{place}");
            assert!(calls.operations.is_sorted_by(|one, other| one < other), "{place}: sort the operations");
            if let On::Everything(reason) | On::EverythingOnce(_, reason) = calls.on {
                assert!(reason.contains(' ') && !reason.ends_with('.'), "{place}: {reason}");
            }
        }
    }
}

#[test]
fn an_update_of_the_stack_reaches_no_further_than_before() {
    /// Those that were there before this was decided. No other one is added.
    const EVERYTHING_BY_DEFAULT: [&str; 8] = [
        "AppConfigArns",
        "EventRuleArns",
        "FunctionArns",
        "RestApiArns",
        "StateMachineArns",
        "ArtifactObjectArns",
        "LogGroupArns",
        "TimestreamTableArns",
    ];
    let found: Vec<_> = REACHES.iter().filter(|reach| reach.all.is_some()).map(|reach| reach.parameter).collect();
    assert_eq!(found, EVERYTHING_BY_DEFAULT, "what a new family may reach is nothing until somebody names it");
}

#[test]
fn every_parameter_is_used_and_every_one_that_is_used_is_asked_for() {
    let listed: Vec<_> = REACHES.iter().map(|reach| reach.parameter).collect();
    let mut used = Vec::new();
    for calls in CATALOGUE.0.iter().flat_map(|entry| entry.calls) {
        if let On::Listed(reach) | On::Part(reach, _) | On::EverythingOnce(reach, _) = calls.on {
            assert!(REACHES.contains(reach), "{} is not in REACHES", reach.parameter);
            used.push(reach.parameter);
        }
    }
    assert!(listed.iter().all(|parameter| used.contains(parameter)), "{listed:?} but only {used:?}");
}

#[test]
fn an_action_that_reaches_nothing_by_default_is_granted_nothing_on_everything() {
    for entry in CATALOGUE.0 {
        let calls = || entry.calls.iter().filter(|calls| calls.by == By::Function);
        let reaches: Vec<_> = calls()
            .filter_map(|calls| match calls.on {
                On::Listed(reach) | On::Part(reach, _) => Some(reach),
                On::Arn(_) | On::Everything(_) | On::EverythingOnce(..) => None,
            })
            .collect();
        for calls in calls() {
            let is_asleep = !reaches.is_empty() && reaches.iter().all(|reach| reach.all.is_none());
            let is_granted = matches!(calls.on, On::Everything(_));
            assert!(!(is_asleep && is_granted), "{}: {}: use `On::EverythingOnce`", entry.uses, calls.purpose);
        }
    }
}
