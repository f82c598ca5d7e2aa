//! How a run ended, as it is told at the end of watching it.

use backout_engine::{
    clock::Timestamp,
    duration::Duration,
    ids::RunId,
    journal::{Mode, Outcome},
    report::{Report, Stop},
    shown::{line, lines},
};
use serde::Serialize;

use super::execution::Execution;
use crate::{error::Exit, paint::Paint};

/// How a run ended: the last line of `start --wait` and `watch` with `--output json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ending {
    /// The run.
    pub run_id: RunId,
    /// The outcome; `None` if its execution ended and nobody concluded the run.
    pub outcome: Option<Outcome>,
    /// One sentence.
    pub headline: String,
    /// What kind of run it was.
    pub mode: Option<Mode>,
    /// The run that it went on with: to take all of it back is to undo that one, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumes: Option<RunId>,
    /// The plan.
    pub plan: Option<String>,
    /// The system.
    pub system: Option<String>,
    /// How long it took.
    pub took: Option<Duration>,
    /// The promised recovery time.
    pub deadline: Option<Duration>,
    /// Whether it took longer than promised.
    pub deadline_missed: Option<bool>,
    /// What stopped it.
    pub stopped_by: Vec<Stop>,
    /// What the system's users see now.
    pub users_see: Option<String>,
    /// What to do now, most urgent first.
    pub what_to_do: Vec<String>,
    /// What did not stop it and should be known.
    pub warnings: Vec<String>,
    /// The plan's own sentences.
    pub notes: Vec<String>,
    /// Until when what it takes to undo it is kept for certain; `None` if there is nothing to undo.
    pub undo_until: Option<Timestamp>,
    /// Where the report is, `s3://…/report.md`; `None` if none was written.
    pub report: Option<String>,
}

impl Ending {
    /// As a report says.
    pub fn of(report: Report, place: Option<String>) -> Self {
        Self {
            undo_until: report.undo_until.filter(|_| report.can_be_undone()),
            mode: Some(report.mode),
            run_id: report.run_id,
            outcome: report.outcome,
            headline: report.headline,
            resumes: report.resumes,
            plan: Some(report.plan),
            system: report.system,
            took: Some(report.took),
            deadline: report.deadline,
            deadline_missed: report.deadline_missed,
            stopped_by: report.stopped_by,
            users_see: report.users_see,
            what_to_do: report.what_to_do,
            warnings: report.warnings,
            notes: report.notes,
            report: place,
        }
    }

    /// The execution has ended without anybody concluding the run.
    pub fn unconcluded(run: &RunId, execution: &Execution) -> Self {
        let error = execution.error.as_ref().map_or_else(String::new, |error| format!(", {error}"));
        let cause = execution.cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}"));
        Self {
            resumes: None,
            run_id: run.clone(),
            outcome: None,
            headline: format!(
                "{run} ended ({}{error}){cause}, and was not concluded within five minutes",
                execution.status.as_str()
            ),
            mode: None,
            plan: None,
            system: None,
            took: None,
            deadline: None,
            deadline_missed: None,
            stopped_by: Vec::new(),
            users_see: None,
            what_to_do: vec![
                format!("See what it did: backout report {run}"),
                "See why nobody concludes it: the log of the function `conclude`, which tries again each minute".into(),
                format!(
                    "See why it ended: aws stepfunctions get-execution-history --reverse-order --execution-arn {}",
                    execution.arn
                ),
                format!("Once it is concluded, go on (backout resume {run}) or take it back (backout undo {run})"),
            ],
            warnings: Vec::new(),
            notes: Vec::new(),
            undo_until: None,
            report: None,
        }
    }

    /// How the process ends.
    pub fn exit(&self) -> Exit {
        if self.outcome.is_some_and(Outcome::is_success) { Exit::Completed } else { Exit::NotCompleted }
    }

    /// The one sentence, with a sign of how good it is.
    pub fn headline(&self, paint: Paint) -> String {
        let sign = match self.outcome {
            Some(Outcome::Completed) => paint.good("✓"),
            Some(Outcome::CompletedWithWarnings) => paint.warning("✓"),
            Some(Outcome::Rehearsed) => paint.busy("→"),
            // Not as planned, and as somebody wanted it.
            Some(Outcome::Unwound | Outcome::Aborted) => paint.warning("✗"),
            Some(Outcome::NotReady | Outcome::Halted | Outcome::Stuck | Outcome::Refused) | None => paint.bad("✗"),
        };
        format!("{sign} {}", paint.strong(line(&self.headline)))
    }

    /// For people, the most urgent first.
    pub fn text(&self, paint: Paint) -> String {
        let mut lines = vec![String::new(), self.headline(paint)];
        for stop in &self.stopped_by {
            if let (Some(step), Some(stage)) = (&stop.step, &stop.stage) {
                let summary = stop.summary.as_ref().map_or_else(String::new, |summary| format!(": {summary}"));
                lines.push(row("stopped by", &line(&format!("{step}, in \"{stage}\"{summary}"))));
            }
            lines.push(row("cause", &format!("{} [{}]", stop.cause, stop.code)));
        }
        lines.extend(self.users_see.iter().map(|users| row("users see", users)));
        for (title, items) in [("what to do", &self.what_to_do), ("warnings", &self.warnings), ("notes", &self.notes)] {
            lines.extend(list(title, items));
        }
        if let (Some(took), Some(deadline), Some(true)) = (self.took, self.deadline, self.deadline_missed) {
            lines.push(row("deadline", &format!("missed: it took {took}, and {deadline} was promised")));
        }
        if let Some(until) = self.undo_until {
            let until = until.strftime("%Y-%m-%d %H:%M UTC");
            // The earlier run's part alone would stand there without what was built on it.
            let then =
                self.resumes.as_ref().map_or_else(String::new, |earlier| format!(", then backout undo {earlier}"));
            lines.push(row("undo", &format!("until {until} for certain: backout undo {}{then}", self.run_id)));
        }
        if let Some(report) = &self.report {
            lines.push(row("report", &format!("{report}\nbackout report {}", self.run_id)));
        }
        lines.join("\n")
    }
}

/// Several items are numbered.
fn list(title: &str, items: &[String]) -> Option<String> {
    match items {
        [] => None,
        [only] => Some(row(title, only)),
        several => {
            let numbered = several.iter().enumerate().map(|(index, item)| format!("{}. {}", index + 1, item.trim()));
            Some(row(title, &numbered.collect::<Vec<_>>().join("\n")))
        }
    }
}

fn row(title: &str, text: &str) -> String {
    let text = lines(text.trim());
    let mut lines = text.lines();
    let first = format!("  {title:<12} {}", lines.next().unwrap_or_default());
    std::iter::once(first).chain(lines.map(|line| format!("  {:12} {line}", ""))).collect::<Vec<_>>().join("\n")
}
