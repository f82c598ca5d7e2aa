//! `backout plans show`: what a plan does, step by step.

use std::{collections::BTreeSet, fmt::Write as _};

use backout_aws::StoredPlan;
use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::Nature,
    code::Code,
    ids::PlanName,
    journal::{StageKind, Status, Step},
    plan::{
        Chosen, Expansion, InputValues, OnFailure, OnGuard, Parsed, Plan, Problem, Problems, Trigger, expand, parse,
    },
    resource::Resource,
    shown::{line, lines},
};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::{
    commands::unknown_plan,
    error::{CliError, Exit, WhatFailed},
    layout::{columns, indented},
    output::Output,
    paint::Paint,
    reversal::{CANNOT, PointOfNoReturn, is_irreversible, point_of_no_return},
    sections::{Section, sections},
    stack::Stack,
};

/// The arguments of `backout plans show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The plan's name.
    #[arg(value_name = "NAME")]
    plan: String,
}

/// A stored plan and what it would do.
#[derive(Debug)]
pub struct Preview {
    /// The version of its object.
    pub version: String,
    /// The SHA-256 of its text.
    pub sha256: String,
    /// The plan.
    pub parsed: Parsed,
    /// Its stages and steps, with stand-ins for what only a run can know.
    pub expansion: Expansion,
}

impl Preview {
    /// Reads a stored plan. `adjust` may set inputs and choose stages before it is expanded.
    ///
    /// # Errors
    /// When there is none of that name, it is no valid plan (with these inputs), or the bucket cannot be read.
    pub async fn load(
        name: &str,
        stack: &Stack,
        adjust: impl FnOnce(&mut Plan) -> Result<Chosen, CliError>,
    ) -> Result<Self, CliError> {
        let plans = stack.cloud.plans();
        let stored = match name.parse::<PlanName>() {
            Ok(known) => plans.get(&known).await?,
            Err(_) => None,
        };
        let Some(stored) = stored else { return Err(unknown_plan(name, &plans).await?) };
        Self::of(stored, |plan| {
            let chosen = adjust(plan)?;
            Ok((InputValues::unknown(plan), chosen))
        })
    }

    /// Expands a plan that was read. `adjust` says with which inputs, and which stages.
    ///
    /// # Errors
    /// When it is no valid plan (with these inputs).
    pub fn of(
        stored: StoredPlan,
        adjust: impl FnOnce(&mut Plan) -> Result<(InputValues, Chosen), CliError>,
    ) -> Result<Self, CliError> {
        let name = stored.name.as_str();
        let mut parsed =
            parse(&format!("plans/{name}.yaml"), &stored.text, &CATALOGUE).map_err(|it| not_valid(name, &it))?;
        let as_stored = parsed.clone();
        let (inputs, chosen) = adjust(&mut parsed.plan)?;
        let expansion = expand(&parsed, &CATALOGUE, &inputs, &chosen).map_err(|problems| {
            let by_itself = expand(&as_stored, &CATALOGUE, &InputValues::unknown(&as_stored.plan), &chosen);
            if by_itself.is_ok() { misfit(name, &problems) } else { not_valid(name, &problems) }
        })?;
        Ok(Self { version: stored.version, sha256: stored.sha256, parsed, expansion })
    }
}

fn not_valid(name: &str, problems: &Problems) -> CliError {
    cannot_run(format!("the plan `{name}` is not valid"), problems)
        .help("mend it, then: backout check FILE && backout plans push FILE")
}

/// The plan is fine by itself, and not with the inputs that were given.
fn misfit(name: &str, problems: &Problems) -> CliError {
    cannot_run(format!("the plan `{name}` cannot run with these inputs"), problems)
        .help("give other values with --input; the places are those where the plan uses them")
}

/// The code of the first problem is the error's; only where there are others do they stand beside theirs.
fn cannot_run(what: String, problems: &Problems) -> CliError {
    let code = problems.0.first().map_or(Code::WrongValue, |problem| problem.code);
    let told = |problem: &Problem| {
        let place = format!("{}:{}:{}", problem.file, problem.place.line, problem.place.column);
        let other = if problem.code == code { String::new() } else { format!(" [{}]", problem.code) };
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n      {}", line(help)));
        format!("\n  {place}: {}{other}{help}", line(&problem.what))
    };
    let all: String = problems.0.iter().map(told).collect();
    CliError::wrong_use(WhatFailed::Engine(code), format!("{what}:{all}"))
}

impl Show {
    /// Shows it.
    pub async fn run(self, stack: &Stack, output: &Output) -> Result<Exit, CliError> {
        let preview = Preview::load(&self.plan, stack, |_| Ok(Chosen::All)).await?;
        output.result(&Told::of(&preview), |paint| text(&preview, paint));
        Ok(Exit::Completed)
    }
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    version: &'a str,
    sha256: &'a str,
    plan: &'a Plan,
    /// From there on not everything can be taken back.
    point_of_no_return: Option<PointOfNoReturn>,
    stages: Vec<ToldStage<'a>>,
}

#[derive(Debug, Serialize)]
struct ToldStage<'a> {
    #[serde(flatten)]
    stage: &'a backout_engine::journal::Stage,
    steps: Vec<ToldStep<'a>>,
}

#[derive(Debug, Serialize)]
struct ToldStep<'a> {
    id: &'a str,
    uses: &'a str,
    nature: Nature,
    /// Whether nothing takes it back.
    irreversible: bool,
    summary: &'a str,
    resource: Option<&'a Resource>,
}

impl<'a> Told<'a> {
    fn of(preview: &'a Preview) -> Self {
        let step = |step: &'a Step| ToldStep {
            id: step.id.as_str(),
            uses: &step.uses,
            nature: step.nature,
            irreversible: is_irreversible(step),
            summary: &step.summary,
            resource: step.resource.as_ref(),
        };
        let steps = |index| preview.expansion.steps.iter().filter(move |step| step.stage == index).map(step).collect();
        let stages = preview.expansion.stages.iter().enumerate();
        Self {
            version: &preview.version,
            sha256: &preview.sha256,
            plan: &preview.parsed.plan,
            point_of_no_return: point_of_no_return(&preview.expansion),
            stages: stages.map(|(index, stage)| ToldStage { stage, steps: steps(index) }).collect(),
        }
    }
}

fn text(preview: &Preview, paint: Paint) -> String {
    let plan = &preview.parsed.plan;
    let mut about = vec![["system".to_owned(), plan.system.to_string()]];
    if let Some(deadline) = plan.deadline {
        about.push(["deadline".into(), deadline.to_string()]);
    }
    let alarms: Vec<_> = plan.triggers.iter().map(|Trigger::Alarm(alarm)| alarm.as_str()).collect();
    about.push([
        "started by".into(),
        if alarms.is_empty() {
            "hand only".into()
        } else {
            line(&format!("the alarm {}", alarms.join(", the alarm ")))
        },
    ]);
    about.push([
        "version".into(),
        format!("{}, SHA-256 {}…", preview.version, preview.sha256.get(..12).unwrap_or_default()),
    ]);
    let mut text = format!("{}\n{}\n\n", paint.strong(&plan.name), indented(&lines(plan.description.trim()), 2));
    text.push_str(&indented(&columns(&about).join("\n"), 2));
    if !plan.inputs.is_empty() {
        let _ = write!(text, "\n\n{}\n{}", paint.strong("Inputs"), indented(&inputs(plan), 2));
    }
    let _ = write!(text, "\n\n{}", stages_text(plan, &preview.expansion, paint));
    if let Some(point) = point_of_no_return(&preview.expansion) {
        let _ = write!(text, "{}", point.told(paint));
    }
    text
}

fn inputs(plan: &Plan) -> String {
    let rows: Vec<_> = plan
        .inputs
        .iter()
        .map(|(name, input)| {
            let unless_given = match (&input.default, &input.from) {
                (Some(Value::String(text)), _) => format!("{text} unless given"),
                (Some(value), _) => format!("{value} unless given"),
                (None, Some(from)) => format!("from {from}"),
                (None, None) => "has to be given".into(),
            };
            [name.clone(), line(&unless_given), input.description.as_deref().map(line).unwrap_or_default()]
        })
        .collect();
    columns(&rows).join("\n")
}

/// The stages of a plan, each with what its steps will do and what users see after it.
pub fn stages_text(plan: &Plan, expansion: &Expansion, paint: Paint) -> String {
    let mut text = String::new();
    if let Some(users) = &plan.users_see {
        let _ = writeln!(text, "{} {}\n", paint.faint("Before it, users see:"), line(users));
    }
    let sections = sections(&expansion.stages, &expansion.steps);
    let mut rest = sections.as_slice();
    let mut number = 0;
    while let Some(first) = rest.first() {
        let same_ramp = |section: &&Section<'_>| first.ramp_name().is_some() && section.kind == first.kind;
        let length = rest.iter().take_while(same_ramp).count().max(1);
        let (now, later) = rest.split_at(length);
        let is_preflight = matches!(first.kind, StageKind::Preflight);
        number += usize::from(!is_preflight);
        let title = match first.ramp_name() {
            Some(ramp) => format!("{number}. {ramp}, rung by rung"),
            None if is_preflight => format!("{}: checks before the first change", first.name),
            None => format!("{number}. {}", first.name),
        };
        let left_out = why_left_out(now);
        let why = left_out.as_ref().map_or_else(String::new, |why| paint.faint(format!(" ({why})")).to_string());
        let _ = writeln!(text, "{}{why}", paint.strong(title));
        if left_out.is_none() {
            text.push_str(&body(now, paint));
        }
        text.push('\n');
        rest = later;
    }
    text
}

/// Why nothing of these sections is done; `None` where something is.
fn why_left_out(sections: &[Section<'_>]) -> Option<String> {
    let steps: Vec<&Step> = sections.iter().flat_map(Section::all).collect();
    if !steps.iter().all(|step| step.status.is_final()) {
        return None;
    }
    let whys: BTreeSet<&str> = steps.iter().map(|step| says(step)).collect();
    Some(line(&whys.into_iter().collect::<Vec<_>>().join(", ")))
}

fn says(step: &Step) -> &str {
    step.conclusion.as_ref().map_or("", |it| it.says.as_str())
}

fn body(sections: &[Section<'_>], paint: Paint) -> String {
    let row = |step: &Step| match step.status {
        Status::Skipped => {
            [paint.faint(&step.id).to_string(), paint.faint(format!("– {}", line(says(step)))).to_string()]
        }
        _ => [step.id.to_string(), what(step, paint)],
    };
    let rows: Vec<_> = sections.iter().flat_map(|section| &section.steps).map(|step| row(step)).collect();
    let mut text = indented(&columns(&rows).join("\n"), 3);
    text.push('\n');
    let guarding = sections.iter().find_map(|section| section.guarding.as_ref());
    if let Some(guarding) = guarding {
        let checks: Vec<_> = guarding.steps.iter().map(|step| line(&step.summary)).collect();
        let judged = match (checks.as_slice(), guarding.on_guard) {
            ([], _) => String::new(),
            (checks, OnGuard::Hold) => {
                format!(", then judged: {}; if that does not pass, it stays there", checks.join(", "))
            }
            (checks, OnGuard::Halt) => {
                format!(", then judged: {}; if that does not pass, the run stops", checks.join(", "))
            }
        };
        let _ = writeln!(text, "   {}", paint.faint(format!("each rung is held for {}{judged}", guarding.hold)));
    }
    if let Some(users) = sections.last().and_then(|section| section.users_see.as_ref()) {
        let _ = writeln!(text, "   {} {users}", paint.faint("→ users see:"));
    }
    text
}

fn what(step: &Step, paint: Paint) -> String {
    let mut more = Vec::new();
    if let Some(within) = step.within {
        more.push(format!("waits up to {within}"));
    }
    if step.on_failure == OnFailure::Continue {
        let fails = if step.nature == Nature::Check { "does not pass" } else { "fails" };
        more.push(format!("goes on if it {fails}"));
    }
    let more =
        if more.is_empty() { String::new() } else { format!(" {}", paint.faint(format!("({})", more.join(", ")))) };
    let stays = if is_irreversible(step) { paint.warning(format!(" · {CANNOT}")).to_string() } else { String::new() };
    format!("{}{more}{stays}", line(&step.summary))
}

#[cfg(test)]
#[path = "show/tests.rs"]
mod tests;
