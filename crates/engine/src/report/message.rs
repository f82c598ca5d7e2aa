//! The short message that wakes people up.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::{
    journal::Outcome,
    shown::{line, lines},
};

/// SNS refuses a subject of 100 characters.
const LONGEST_SUBJECT: usize = 99;
/// The most characters of a message, of up to four bytes each.
const LONGEST_BODY: usize = 20_000;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Fewer than 100 ASCII characters (SNS's limit for subjects).
    pub subject: String,
    /// A few lines of plain text; far below the 256 KiB that SNS takes.
    pub body: String,
}

/// The message about a run's end.
pub fn message(report: &Report, report_place: &str) -> Message {
    let outcome = report.outcome.map_or("RUNNING", |outcome| match outcome {
        Outcome::Completed => "COMPLETED",
        Outcome::CompletedWithWarnings => "COMPLETED WITH WARNINGS",
        Outcome::Rehearsed => "REHEARSED",
        Outcome::NotReady => "NOT READY",
        Outcome::Unwound => "UNWOUND",
        Outcome::Halted => "HALTED",
        Outcome::Stuck => "STUCK",
        Outcome::Aborted => "STOPPED",
        Outcome::Refused => "REFUSED",
    });
    let plain = |c: &char| c.is_ascii_graphic() || *c == ' ';
    let of = if report.undoes.is_some() { "undo of " } else { "" };
    let mut subject: String = format!("backout {outcome}: {of}{}", report.plan).chars().filter(plain).collect();
    subject.truncate(LONGEST_SUBJECT);
    let mut body = String::new();
    // Writing to a String cannot fail.
    let _ = write_body(report, report_place, &mut body);
    if let Some((end, _)) = body.char_indices().nth(LONGEST_BODY) {
        body.truncate(end);
        let _ = write!(body, "…\n\nThe rest is in the report: {report_place}\n");
    }
    Message { subject, body }
}

fn write_body(report: &Report, report_place: &str, to: &mut String) -> std::fmt::Result {
    writeln!(to, "{}\n", line(&report.headline))?;
    for stop in &report.stopped_by {
        if let (Some(step), Some(stage)) = (&stop.step, &stop.stage) {
            writeln!(to, "Stopped by: {step}, in the stage \"{}\"", line(stage))?;
        }
        writeln!(to, "Cause: {} [{}]\n", hanging(&stop.cause), stop.code)?;
    }
    if let Some(users) = &report.users_see {
        writeln!(to, "What users see now: {}\n", hanging(users))?;
    }
    for (title, items) in [("What to do", &report.what_to_do), ("Warnings", &report.warnings), ("Notes", &report.notes)]
    {
        if !items.is_empty() {
            writeln!(to, "{title}:")?;
            for item in items {
                writeln!(to, "  - {}", hanging(item))?;
            }
            writeln!(to)?;
        }
    }
    let reason = report.reason.as_deref().map(line).filter(|reason| !reason.is_empty());
    writeln!(to, "Reason: {}", reason.as_deref().unwrap_or("(none given)"))?;
    let person = report.requested_by.as_deref().map(line).filter(|person| !person.is_empty());
    writeln!(to, "Requested by: {}", person.as_deref().unwrap_or("(not said)"))?;
    writeln!(to, "Run: {}", report.run_id)?;
    if let Some(until) = report.undo_until.filter(|_| report.can_be_undone()) {
        writeln!(to, "Can be undone until {until:.0}: backout undo {}", report.run_id)?;
    }
    writeln!(to, "Report: {report_place}")
}

/// A text with its lines, of which none begins where one of ours does.
fn hanging(text: &str) -> String {
    lines(text.trim()).replace('\n', "\n    ")
}
