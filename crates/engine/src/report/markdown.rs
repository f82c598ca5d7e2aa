//! A report as Markdown: the most urgent first.

use std::fmt::Write as _;

use super::{Difference, Report, StageReport, StepReport};
use crate::{
    code::Code,
    journal::Status,
    shown::{line, lines},
};

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, &mut text);
    text
}

fn write(report: &Report, to: &mut String) -> std::fmt::Result {
    writeln!(to, "# {}\n", heading(&report.headline))?;
    for stop in &report.stopped_by {
        match (&stop.step, &stop.stage) {
            (Some(step), Some(stage)) => {
                writeln!(
                    to,
                    "**Stopped by** `{step}` in *{}* ({})\n",
                    heading(stage),
                    prose(stop.summary.as_deref().unwrap_or_default())
                )?;
                writeln!(to, "**Cause:** {} [{}]\n", prose(&stop.cause), stop.code)?;
            }
            _ => writeln!(to, "**Cause:** {} [{}]\n", prose(&stop.cause), stop.code)?,
        }
    }
    if let Some(users) = &report.users_see {
        writeln!(to, "**What users see now:** {}\n", prose(users))?;
    }
    list(to, "What to do", &report.what_to_do)?;
    list(to, "Warnings", &report.warnings)?;
    list(to, "Notes", &report.notes)?;
    about(report, to)?;
    let stages = || report.stages.iter().filter(|stage| !stage.steps.is_empty());
    for stage in stages().filter(|stage| !was_left_out(stage)) {
        stage_section(stage, to)?;
    }
    let left_out: Vec<String> = stages().filter(|stage| was_left_out(stage)).map(left_out).collect();
    list(to, "Not done", &left_out)?;
    let whole = report.steps().flat_map(|step| {
        let whole = step.changes.iter().filter_map(Difference::in_full);
        whole.map(|whole| format!("`{}` {}", step.id, code(&whole)))
    });
    items(to, "In full", whole)
}

/// Whether nothing of a stage was begun, nor will be.
fn was_left_out(stage: &StageReport) -> bool {
    let left_out =
        |step: &StepReport| matches!(step.status, Status::Skipped | Status::Closed) && step.carried.is_none();
    stage.steps.iter().all(left_out)
}

fn left_out(stage: &StageReport) -> String {
    let why = stage.steps.first().and_then(|step| step.says.as_deref()).unwrap_or_default();
    let steps: Vec<String> = stage.steps.iter().map(|step| format!("`{}`", step.id)).collect();
    format!("{} ({}): {why}", stage.name, steps.join(", "))
}

fn list(to: &mut String, title: &str, texts: &[String]) -> std::fmt::Result {
    items(to, title, texts.iter().map(|text| prose(text)))
}

/// Items that are Markdown already.
fn items(to: &mut String, title: &str, items: impl Iterator<Item = String>) -> std::fmt::Result {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(to, "## {title}\n")?;
    for item in items {
        writeln!(to, "* {item}")?;
    }
    writeln!(to)
}

fn about(report: &Report, to: &mut String) -> std::fmt::Result {
    writeln!(to, "## The run\n\n| | |\n|---|---|")?;
    let mut row = |name: &str, value: Option<String>| match value {
        Some(value) => writeln!(to, "| {name} | {} |", cell(&value)),
        None => Ok(()),
    };
    row("run", Some(format!("`{}`", report.run_id)))?;
    row("outcome", report.outcome.map(|outcome| outcome.to_string()))?;
    row("takes back", report.undoes.as_ref().map(|run| format!("`{run}`")))?;
    row("goes on with", report.resumes.as_ref().map(|run| format!("`{run}`")))?;
    row("compared with", report.sealed.as_ref().map(|run| format!("the rehearsal `{run}`")))?;
    row("reason", report.reason.as_deref().map(line))?;
    row("requested by", report.requested_by.as_deref().map(line))?;
    row("system", report.system.clone())?;
    let version = report.plan_version.as_ref().zip(report.plan_sha256.as_ref());
    row(
        "plan",
        Some(version.map_or_else(
            || report.plan.clone(),
            |(version, sha256)| {
                format!("{}, version `{version}`, SHA-256 `{}…`", report.plan, sha256.get(..12).unwrap_or(sha256))
            },
        )),
    )?;
    row("started", Some(format!("{:.0}", report.started_at)))?;
    row("ended", report.ended_at.map(|ended| format!("{ended:.0}")))?;
    let promised = report.deadline.map(|promised| match (report.deadline_missed, report.ended_at) {
        (Some(true), _) => format!("{} (promised: {promised}, **missed**)", report.took),
        (_, Some(_)) => format!("{} (promised: {promised}, kept)", report.took),
        (_, None) => format!("{} (promised: {promised})", report.took),
    });
    let until = report.undo_until.filter(|_| report.can_be_undone());
    let then = report.resumes.as_ref().map_or_else(String::new, |earlier| format!(", then `backout undo {earlier}`"));
    row("can be undone", until.map(|until| format!("until {until:.0}: `backout undo {}`{then}", report.run_id)))?;
    row("took", Some(promised.unwrap_or_else(|| report.took.to_string())))?;
    writeln!(to)
}

fn stage_section(stage: &StageReport, to: &mut String) -> std::fmt::Result {
    let took = stage.took.map_or_else(String::new, |took| format!(" · {took}"));
    writeln!(to, "## {}{took}\n\n| | step | what | took |\n|---|---|---|---|", heading(&stage.name))?;
    for step in &stage.steps {
        let took = step.took.map_or_else(String::new, |took| took.to_string());
        let mut what = cell(&step.summary);
        for said in step.says.iter() {
            let _ = write!(what, "<br>{}", cell(said));
        }
        for change in changed(step) {
            let _ = write!(what, "<br>{}", in_cell(&code(&change)));
        }
        writeln!(to, "| {} {} | `{}` | {what} | {took} |", sign(step.status), step.status, step.id)?;
    }
    writeln!(to)
}

/// What a step changed; what it only was to change is said as such.
fn changed(step: &StepReport) -> Vec<String> {
    let so = match step.status {
        Status::Planned | Status::Issued | Status::Closed if step.takes_back.is_some() => "not taken back: ",
        Status::Failed if step.code == Some(Code::DiffersFromRehearsal) => "rehearsed, then found: ",
        Status::Failed => "not changed: ",
        Status::Unknown => "perhaps changed: ",
        Status::Stuck => "not taken back: ",
        Status::Rehearsed => "would change: ",
        Status::Drifted => "was to be changed: ",
        _ => "",
    };
    let found = step.facts.as_ref().and_then(|facts| facts.get("found")).filter(|_| step.status == Status::Drifted);
    let changes = step.changes.iter().map(|change| format!("{so}{change}"));
    changes.chain(found.map(|found| format!("found: {found}"))).collect()
}

/// The sign of a status, the same in reports and on terminals.
pub const fn sign(status: Status) -> &'static str {
    match status {
        Status::Applied | Status::Passed | Status::Undone => "✓",
        Status::Rehearsed => "→",
        Status::InPlace => "=",
        Status::Failed | Status::Drifted | Status::Stuck => "✗",
        Status::Inconclusive | Status::Unknown => "?",
        Status::Skipped | Status::Closed => "–",
        Status::Planned => "·",
        Status::Issued | Status::Started => "…",
    }
}

fn cell(text: &str) -> String {
    in_cell(&prose(text))
}

fn in_cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// A text in a heading.
fn heading(text: &str) -> String {
    prose(&line(text))
}

/// A text that may have several lines. Its backticks are ours, or harmless; HTML, links and images of others are neither.
fn prose(text: &str) -> String {
    let plain = |text: &str| text.replace('<', "&lt;").replace("](", "]\\(");
    lines(text.trim()).lines().map(|line| plain(line.trim_end())).collect::<Vec<_>>().join("<br>")
}

/// A text as code, whatever backticks it has.
fn code(text: &str) -> String {
    let text = line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    match longest {
        0 => format!("`{text}`"),
        longest => {
            let fence = "`".repeat(longest + 1);
            format!("{fence} {text} {fence}")
        }
    }
}
