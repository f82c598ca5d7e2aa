//! What people are told about a run: one structure, shown as JSON, Markdown and a short message.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    action::Nature,
    clock::Timestamp,
    code::Code,
    duration::Duration,
    ids::{RunId, StepId},
    journal::{Journal, Mode, Outcome, Run, StageKind, Status, Step, Task},
    plan::{OnFailure, Scope, Text},
    sensitive::Redactor,
};

mod advice;
mod changes;
mod difference;
mod known_as;
mod markdown;
mod message;
mod users;

pub use changes::changes;
pub use difference::{Difference, differences};
pub use markdown::{markdown, sign};
pub use message::{Message, message};

/// The report of a run. Sensitive values are fingerprints, but for those that the plan itself states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The run.
    pub run_id: RunId,
    /// The plan's name.
    pub plan: String,
    /// The version of the plan's object, and the SHA-256 of its text.
    pub plan_version: Option<String>,
    /// See `plan_version`.
    pub plan_sha256: Option<String>,
    /// The system.
    pub system: Option<String>,
    /// What kind of run it was.
    #[serde(default)]
    pub mode: Mode,
    /// The run that it took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// The run that it went on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<RunId>,
    /// The rehearsal that the world was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<RunId>,
    /// Until when what it takes to undo it is kept for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Timestamp>,
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// One sentence.
    pub headline: String,
    /// Why it was started.
    pub reason: Option<String>,
    /// By whom or what.
    pub requested_by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it took (so far).
    pub took: Duration,
    /// The promised recovery time.
    pub deadline: Option<Duration>,
    /// Whether it took longer than promised.
    pub deadline_missed: Option<bool>,
    /// What stopped it: steps that failed, or why it could not begin.
    pub stopped_by: Vec<Stop>,
    /// What the system's users see now.
    pub users_see: Option<String>,
    /// What to do now, most urgent first.
    pub what_to_do: Vec<String>,
    /// What did not stop it and should be known.
    pub warnings: Vec<String>,
    /// The plan's own sentences.
    pub notes: Vec<String>,
    /// Stage by stage.
    pub stages: Vec<StageReport>,
}

/// What stopped a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The stage, if it was in one.
    pub stage: Option<String>,
    /// The step, if it was one.
    pub step: Option<StepId>,
    /// What the step was to do.
    pub summary: Option<String>,
    /// The cause.
    pub cause: String,
    /// Its code.
    pub code: Code,
}

/// A stage in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// Whether it guards a rung of a ramp.
    pub guards: bool,
    /// From the first step handed out to the last end.
    pub took: Option<Duration>,
    /// Its steps.
    pub steps: Vec<StepReport>,
}

/// A step in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its id.
    pub id: StepId,
    /// The action.
    pub uses: String,
    /// What it was to do.
    pub summary: String,
    /// Where it stands.
    pub status: Status,
    /// How it ended in the run that this one went on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Status>,
    /// The steps that it took back, or was to take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_back: Option<Vec<StepId>>,
    /// How long it took (so far).
    pub took: Option<Duration>,
    /// What was found, or why it failed.
    pub says: Option<String>,
    /// The code of its failure.
    pub code: Option<Code>,
    /// What can be done about it.
    pub advice: Option<String>,
    /// What it changed, or was to change.
    pub changes: Vec<Difference>,
    /// What it found out.
    pub facts: Option<Value>,
}

impl Report {
    /// The report of a journal as it stands at a time.
    pub fn of(journal: &Journal, now: Timestamp) -> Self {
        let run = &journal.run;
        let redactor = Redactor::new(run.fingerprints.clone());
        let stages: Vec<StageReport> = journal
            .stages()
            .map(|(_, stage, steps)| StageReport {
                name: stage.name.clone(),
                guards: matches!(stage.kind, StageKind::Guards { .. }),
                took: took(&steps, now),
                steps: steps.into_iter().map(|step| step_report(step, &redactor, now)).collect(),
            })
            .collect();
        let took = Duration::between(run.started_at, run.ended_at.unwrap_or(now));
        let mut report = Self {
            run_id: run.id.clone(),
            plan: run.request.plan.clone(),
            plan_version: run.pinned.as_ref().map(|pinned| pinned.version.clone()),
            plan_sha256: run.pinned.as_ref().map(|pinned| pinned.sha256.clone()),
            system: run.system.as_ref().map(ToString::to_string),
            mode: run.request.mode,
            undoes: run.request.undo.clone(),
            resumes: run.request.resume.clone(),
            sealed: run.request.sealed.clone(),
            undo_until: run.undo_until,
            outcome: run.outcome,
            headline: String::new(),
            reason: run.request.reason.clone(),
            requested_by: run.request.requested_by.clone(),
            started_at: run.started_at,
            ended_at: run.ended_at,
            took,
            deadline: run.deadline,
            deadline_missed: run.deadline.map(|promised| took > promised),
            stopped_by: stops(journal),
            users_see: users::users_see(journal),
            what_to_do: Vec::new(),
            warnings: warnings(journal),
            notes: notes(journal, &redactor),
            stages,
        };
        report.headline = advice::headline(&report, journal);
        report.what_to_do = advice::what_to_do(&report, journal, &redactor);
        report
    }

    /// How many steps changed something.
    pub fn applied(&self) -> usize {
        self.steps().filter(|step| step.status == Status::Applied).count()
    }

    /// Whether it has ended and left something that can be taken back.
    pub fn can_be_undone(&self) -> bool {
        let changed = |step: &StepReport| {
            matches!(step.status, Status::Applied | Status::Undone | Status::Unknown) && !step.changes.is_empty()
        };
        self.outcome.is_some_and(|outcome| outcome != Outcome::Unwound) && self.steps().any(changed)
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &StepReport> {
        self.stages.iter().flat_map(|stage| &stage.steps)
    }
}

fn took(steps: &[&Step], now: Timestamp) -> Option<Duration> {
    let begun = steps.iter().filter_map(|step| step.issued_at).min()?;
    let ended = if steps.iter().all(|step| step.status.is_final()) {
        steps.iter().filter_map(|step| step.ended_at).max()?
    } else {
        now
    };
    Some(Duration::between(begun, ended))
}

fn step_report(step: &Step, redactor: &Redactor, now: Timestamp) -> StepReport {
    let conclusion = step.conclusion.as_ref();
    let noted = step.facts.as_ref().and_then(|facts| facts.get("notes")).and_then(Value::as_array);
    let notes = noted.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let says: Vec<String> =
        conclusion.map(|it| it.says.clone()).into_iter().filter(|it| !it.is_empty()).chain(notes).collect();
    StepReport {
        id: step.id.clone(),
        uses: step.uses.clone(),
        summary: step.summary.clone(),
        status: step.status,
        carried: step.carried,
        takes_back: match &step.task {
            Task::TakeBack(takes) => Some(takes.steps.clone()),
            _ => None,
        },
        took: step.took(now),
        says: (!says.is_empty()).then(|| says.join(". ")),
        code: conclusion.and_then(|it| it.code),
        advice: conclusion.and_then(|it| it.advice.clone()),
        changes: changes(step, redactor),
        facts: step.facts.as_ref().map(|facts| redactor.redact(&Value::Object(facts.clone()))),
    }
}

/// What stopped the run: nothing, if it went on over it.
fn stops(journal: &Journal) -> Vec<Stop> {
    let run = &journal.run;
    let mut stops: Vec<Stop> = run
        .refusal
        .iter()
        .map(|refusal| Stop { stage: None, step: None, summary: None, cause: refusal.what.clone(), code: refusal.code })
        .collect();
    if run.outcome.is_some_and(Outcome::is_success) {
        return stops;
    }
    for (_, stage, steps) in journal.stages() {
        for step in steps.into_iter().filter(|step| step.status.is_bad() && !went_on_over(journal, step)) {
            stops.push(Stop {
                stage: Some(stage.name.clone()),
                step: Some(step.id.clone()),
                summary: Some(step.summary.clone()),
                cause: step.conclusion.as_ref().map_or_else(String::new, |it| it.says.clone()),
                code: step.conclusion.as_ref().and_then(|it| it.code).unwrap_or(Code::Internal),
            });
        }
    }
    stops
}

/// Whether the run went on over a step that ended badly. To take back is not to go on.
fn went_on_over(journal: &Journal, step: &Step) -> bool {
    let is_back = |step: &Step| matches!(step.task, Task::TakeBack(_));
    let later =
        |other: &&Step| other.stage > step.stage && other.issued_at.is_some() && is_back(other) == is_back(step);
    // A rehearsal goes through everything; only what a later check finds is not what it fails of.
    if journal.run.request.mode == Mode::Rehearse {
        return step.nature == Nature::Check && !is_preflight(journal, step) || step.on_failure == OnFailure::Continue;
    }
    journal.run.outcome.is_some_and(Outcome::is_success)
        || is_back(step) && step.status == Status::Drifted
        || journal.steps.iter().any(|other| later(&other))
}

fn is_preflight(journal: &Journal, step: &Step) -> bool {
    journal.run.stages.get(step.stage).is_some_and(|stage| stage.kind == StageKind::Preflight)
}

fn warnings(journal: &Journal) -> Vec<String> {
    let mut warnings = Vec::new();
    for (_, stage, steps) in journal.stages() {
        for step in steps.into_iter().filter(|step| step.status.is_bad() && went_on_over(journal, step)) {
            let says = step.conclusion.as_ref().map_or("", |it| it.says.as_str());
            let then = match (journal.run.request.mode, &stage.kind) {
                (Mode::Rehearse, _) => "; that is so now, before the plan has done anything",
                (_, StageKind::Guards { .. }) => "; the ramp stays on this rung",
                _ => "",
            };
            let stage = stage.name.trim_end_matches(": guards");
            warnings.push(format!("{stage}: `{}` {}: {says}{then}", step.id, step.status));
        }
    }
    if journal.is_going_back() || journal.run.outcome.is_some_and(|outcome| !outcome.is_success()) {
        warnings.extend(
            crate::undo::irreversible(journal)
                .map(|step| format!("`{}` cannot be taken back: {}", step.id, step.summary)),
        );
    }
    warnings
}

fn notes(journal: &Journal, redactor: &Redactor) -> Vec<String> {
    let run = &journal.run;
    if run.outcome == Some(Outcome::Refused) {
        return Vec::new();
    }
    let shown = |facts: Map<String, Value>| match redactor.redact(&Value::Object(facts)) {
        Value::Object(facts) => facts,
        _ => Map::new(),
    };
    // What a run that refers to steps which never ran would say is nothing.
    let scope = Scope {
        inputs: run.inputs.iter().map(|(name, value)| (name.clone(), redactor.redact(value))).collect(),
        item: None,
        steps: journal.steps.iter().map(|step| (step.id.clone(), shown(step.visible_facts()))).collect(),
        run: Some(run_facts(run)),
    };
    run.report
        .iter()
        .filter_map(|line| match Text::parse(line).and_then(|text| text.render(&scope)) {
            Ok(Value::String(text)) => Some(text),
            Ok(_) | Err(_) => None,
        })
        .collect()
}

/// What a line of a plan's report may say of the run.
pub(crate) const RUN_FIELDS: [&str; 5] = ["id", "started_at", "ended_at", "reason", "requested_by"];

fn run_facts(run: &Run) -> Value {
    serde_json::json!({
        "id": run.id,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.request.reason,
        "requested_by": run.request.requested_by,
    })
}

#[cfg(test)]
mod tests;
