//! What a rehearsal has seen, step by step.

use backout_engine::{
    action::Nature,
    journal::{Journal, Outcome, StageKind, Status, Step},
    plan::OnFailure,
    report::{Report, StepReport},
    shown::line,
};

use crate::{
    layout::columns,
    paint::Paint,
    reversal::{CANNOT, first, is_irreversible},
    watch::Ending,
};

/// What a check says that stands where the plan has already done something.
const NOT_YET: &str = "now, before the plan has done anything";
/// What is printed under a step is so far in.
const MARGIN: &str = "       ";

/// What a rehearsal has seen.
pub struct Findings<'a> {
    /// Its journal, with all that the rows hold.
    pub journal: &'a Journal,
    /// Its report, in which nothing sensitive stands.
    pub report: &'a Report,
    /// How it ended.
    pub ending: &'a Ending,
}

impl Findings<'_> {
    /// For people: each step with what it would do, then what matters most.
    pub fn text(&self, paint: Paint) -> String {
        let mut lines = Vec::new();
        for (index, stage, rows) in self.journal.stages() {
            let told = self.report.stages.get(index).map(|stage| stage.steps.as_slice()).unwrap_or_default();
            if rows.is_empty() {
                continue;
            }
            lines.push(paint.strong(line(&stage.name)).to_string());
            if rows.iter().all(|row| row.status == Status::Skipped) {
                let why = rows.first().and_then(|row| row.conclusion.as_ref()).map_or("", |it| it.says.as_str());
                lines.push(format!("  {}", paint.faint(format!("– {}", line(why)))));
            } else {
                let marks = if stage.kind == StageKind::Preflight { Verdicts::Count } else { Verdicts::OfNow };
                lines.extend(steps(&rows, told, marks, paint));
            }
            lines.push(String::new());
        }
        lines.push(self.summary(paint));
        lines.join("\n")
    }

    /// The steps for whose sake the plan would not work, with their stages: what later checks find says nothing yet.
    fn would_stop(&self) -> impl Iterator<Item = (&str, &Step)> {
        self.journal.stages().flat_map(|(_, stage, rows)| {
            let counts = move |row: &&Step| stage.kind == StageKind::Preflight || row.nature != Nature::Check;
            let stops = |row: &&Step| row.status.is_bad() && row.on_failure != OnFailure::Continue;
            rows.into_iter().filter(counts).filter(stops).map(|row| (stage.name.as_str(), row))
        })
    }

    fn summary(&self, paint: Paint) -> String {
        let mut rows = Vec::new();
        let mut row = |title: &str, text: String| rows.push([format!("  {title}"), text]);
        for (stage, step) in self.would_stop() {
            let cause = step.conclusion.as_ref().map_or("", |it| it.says.as_str());
            row("would stop it", paint.bad(line(&format!("`{}` ({stage}): {cause}", step.id))).to_string());
        }
        let known_later = self.journal.steps.iter().filter(|step| is_known_later(step));
        let known_later: Vec<&str> = known_later.map(|step| step.id.as_str()).collect();
        if !known_later.is_empty() {
            row("not seen", format!("{}: known only in the real run", known_later.join(", ")));
        }
        if let Some(point) = first(&self.journal.run.stages, self.journal.steps.iter().filter(would_be_done)) {
            row("beware", point.told(paint));
        }
        if self.report.outcome == Some(Outcome::Rehearsed) {
            let (plan, run) = (line(&self.report.plan), &self.report.run_id);
            row("do just this", format!("backout start {plan} --sealed {run} --reason \"…\""));
        } else {
            self.report.what_to_do.iter().for_each(|what| row("what to do", line(what)));
        }
        row("report", format!("backout report {}", self.report.run_id));
        format!("{}\n{}", self.ending.headline(paint), columns(&rows).join("\n"))
    }
}

/// What the verdicts of a stage's checks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdicts {
    /// Whether the plan may begin.
    Count,
    /// How it is now: the plan has done nothing yet that they could judge.
    OfNow,
}

fn steps(rows: &[&Step], told: &[StepReport], verdicts: Verdicts, paint: Paint) -> Vec<String> {
    let heads: Vec<_> = rows
        .iter()
        .map(|row| {
            let what = format!("{}{}", what(row), marks(row, verdicts, paint));
            [format!("  {} {}", paint.sign(row.status), row.id), what]
        })
        .collect();
    let mut lines = Vec::new();
    for (row, head) in rows.iter().zip(columns(&heads)) {
        lines.push(head);
        let report = told.iter().find(|step| step.id == row.id);
        if let (Some(report), Status::Rehearsed) = (report, row.status) {
            lines.extend(report.changes.iter().map(|change| format!("{MARGIN}{change}")));
        }
        let says = row.conclusion.as_ref().filter(|_| row.status.is_bad());
        if let Some(conclusion) = says {
            let cause = Some(&conclusion.says).filter(|_| row.nature != Nature::Check);
            let whys = cause.cloned().into_iter().chain(conclusion.advice.as_ref().map(|advice| format!("→ {advice}")));
            lines.extend(whys.map(|why| format!("{MARGIN}{}", paint.bad(line(&why)))));
        }
    }
    lines
}

/// What a step would do; of a check, what it found.
fn what(row: &Step) -> String {
    let says = row.conclusion.as_ref().map(|it| it.says.as_str()).filter(|says| !says.is_empty());
    line(&match (row.nature, row.status, says) {
        (Nature::Check, _, Some(says)) => says.to_owned(),
        (_, Status::InPlace, _) => format!("{}: it stands so already", row.summary),
        (Nature::Change, Status::Rehearsed, Some(says)) => format!("{}: {says}", row.summary),
        _ => row.summary.clone(),
    })
}

fn marks(row: &Step, verdicts: Verdicts, paint: Paint) -> String {
    let judged = matches!(row.status, Status::Passed | Status::Failed | Status::Inconclusive);
    match (row.nature, verdicts) {
        (Nature::Check, Verdicts::OfNow) if judged => paint.faint(format!(" ({NOT_YET})")).to_string(),
        (Nature::Command, _) if would_be_done(&row) => paint.warning(format!(" · {CANNOT}")).to_string(),
        _ => String::new(),
    }
}

/// A change whose difference could not be seen.
fn is_known_later(row: &Step) -> bool {
    row.status == Status::Rehearsed && row.deferred.is_some()
}

fn would_be_done(row: &&Step) -> bool {
    !matches!(row.status, Status::Skipped | Status::Closed) && (is_irreversible(row) || row.nature == Nature::Change)
}

#[cfg(test)]
#[path = "findings/tests.rs"]
mod tests;
