//! Texts of others while a run is followed.

use super::*;
use crate::commands::story::{is_harmless, written_by_others};

#[test]
fn texts_of_others_are_shown_and_never_obeyed() {
    for journal in [planned(), diverted(), held(), halted()] {
        let journal = written_by_others(journal);
        for event in events(None, &journal, Paint::Plain) {
            assert_eq!(event.line.lines().count(), 1, "{}", event.line);
            is_harmless(&event.line);
        }
        let screen = screen(&journal, at(80));
        is_harmless(&screen);
        assert!(
            journal.run.outcome.is_none()
                || ending(&journal).text(Paint::Plain).lines().all(|line| {
                    // A cause keeps its lines, further in than ours.
                    let own = line.trim_start();
                    backout_engine::shown::lines(line) == line
                        && (!own.starts_with("\\::") || line.starts_with("      "))
                })
        );
    }
}
