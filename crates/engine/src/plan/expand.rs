//! From a plan and its inputs to the stages and steps of a run; or to everything that is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    parse::Parsed,
    problem::{Problem, Problems},
    spec::{InputType, Plan, Ramp, StageSpec},
    template::Scope,
};
use crate::{
    action::Catalogue,
    code::Code,
    ids::StepId,
    journal::{Conclusion, Stage, StageKind, Status, Step},
    resource::Resource,
};

mod look;
mod ramp;
mod size;
mod stated;
mod step;

pub(crate) use size::too_large;

/// The inputs of an expansion.
#[derive(Debug, Clone, Default)]
pub struct InputValues {
    pub(super) values: BTreeMap<String, Value>,
    unknown: BTreeSet<String>,
}

impl InputValues {
    /// The inputs of a run.
    pub fn known(values: BTreeMap<String, Value>) -> Self {
        Self { values, unknown: BTreeSet::new() }
    }

    /// The defaults, and stand-ins for what only a run can know.
    pub fn unknown(plan: &Plan) -> Self {
        let mut inputs = Self::default();
        for (name, input) in &plan.inputs {
            let value = input.default.clone().unwrap_or_else(|| {
                inputs.unknown.insert(name.clone());
                match input.kind {
                    InputType::String => json!(format!("‹{name}›")),
                    InputType::Number => json!(1),
                    InputType::Boolean => json!(true),
                }
            });
            inputs.values.insert(name.clone(), value);
        }
        inputs
    }
}

/// Which stages are to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// All of them.
    All,
    /// Those of these names.
    Only(BTreeSet<String>),
}

impl Chosen {
    fn has(&self, stage: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(stage),
        }
    }
}

/// The stages and steps of a run.
#[derive(Debug, Clone, Default)]
pub struct Expansion {
    /// The stages.
    pub stages: Vec<Stage>,
    /// Their steps, planned (or skipped, where a stage was not chosen).
    pub steps: Vec<Step>,
    /// What is allowed and worth a word.
    pub warnings: Vec<Problem>,
}

/// Expands a plan.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn expand(
    parsed: &Parsed,
    catalogue: &Catalogue,
    inputs: &InputValues,
    chosen: &Chosen,
) -> Result<Expansion, Problems> {
    let mut expander = Expander {
        parsed,
        catalogue,
        inputs,
        done: Expansion::default(),
        problems: Vec::new(),
        ids: BTreeSet::new(),
        earlier: BTreeSet::new(),
        unchosen: BTreeSet::new(),
        dropped: Vec::new(),
        is_partial: false,
        is_nameless: false,
        is_chosen: true,
        overlay: None,
        item_is_stated: true,
    };
    expander.plan(chosen);
    if expander.problems.is_empty() { Ok(expander.done) } else { Err(Problems::in_order(expander.problems)) }
}

struct Expander<'a> {
    parsed: &'a Parsed,
    catalogue: &'a Catalogue,
    inputs: &'a InputValues,
    done: Expansion,
    problems: Vec<Problem>,
    /// Every id there is so far.
    ids: BTreeSet<StepId>,
    /// The ids of finished stages: what a template may refer to.
    earlier: BTreeSet<StepId>,
    /// Of those, the ones whose stage was not chosen.
    unchosen: BTreeSet<StepId>,
    /// Of the stage at hand, the steps of which something is wrong.
    dropped: Vec<StepId>,
    /// Whether there was any such step.
    is_partial: bool,
    /// Whether there was a step of which nobody knows what it is called.
    is_nameless: bool,
    /// Whether the stage at hand is to run.
    is_chosen: bool,
    /// While a rung is expanded: where the parameters stand that all rungs share, and where its own do.
    overlay: Option<(Path, Path)>,
    /// Whether the item of `for_each` at hand holds nothing but what the plan says.
    item_is_stated: bool,
}

type Path = Vec<String>;

fn path(parts: &[&str]) -> Path {
    parts.iter().map(|&part| part.to_owned()).collect()
}

fn under(base: &[String], more: &[&str]) -> Path {
    base.iter().cloned().chain(path(more)).collect()
}

impl Expander<'_> {
    fn plan(&mut self, chosen: &Chosen) {
        let plan = &self.parsed.plan;
        if !plan.preflight.is_empty() {
            let stage = self.begin("Preflight".into(), StageKind::Preflight, None);
            for (index, spec) in plan.preflight.iter().enumerate() {
                self.steps_of(spec, stage, &path(&["preflight", &index.to_string()]));
            }
            self.finish(stage);
        }
        for (index, spec) in plan.stages.iter().enumerate() {
            let at = path(&["stages", &index.to_string()]);
            self.is_chosen = chosen.has(&spec.name);
            match &spec.ramp {
                Some(ramp) => self.ramp_stages(spec, ramp, &at),
                None => self.plain_stage(spec, &at),
            }
        }
        self.is_chosen = true;
        self.report_lines(plan);
        self.size();
    }

    fn plain_stage(&mut self, spec: &StageSpec, at: &[String]) {
        let stage = self.begin(spec.name.clone(), StageKind::Steps, spec.users_see.clone());
        for (index, step) in spec.steps.iter().enumerate() {
            self.steps_of(step, stage, &under(at, &["steps", &index.to_string()]));
        }
        self.finish(stage);
    }

    fn ramp_stages(&mut self, spec: &StageSpec, ramp: &Ramp, at: &[String]) {
        let at = under(at, &["ramp"]);
        let hold = ramp.hold.as_ref().and_then(|hold| self.duration(hold, &under(&at, &["hold"]))).unwrap_or_default();
        let first = self.done.stages.len();
        let count = ramp.through.len();
        for number in 0..count {
            let name = format!("{} ({} of {count})", spec.name, number + 1);
            let stage = self.begin(name.clone(), StageKind::Rung { ramp: first }, spec.users_see.clone());
            let rung = self.rung(ramp, number, stage, &at);
            self.finish(stage);
            if ramp.guard.is_empty() && hold.seconds_up() == 0 {
                continue;
            }
            let kind = StageKind::Guards { ramp: first, hold, on_guard: ramp.on_guard };
            let stage = self.begin(format!("{name}: guards"), kind, None);
            for (index, guard) in ramp.guard.iter().enumerate() {
                self.guard(guard, rung.as_ref(), index, stage, &under(&at, &["guard", &index.to_string()]));
            }
            self.finish(stage);
        }
    }

    fn begin(&mut self, name: String, kind: StageKind, users_see: Option<String>) -> usize {
        self.done.stages.push(Stage { name, kind, users_see });
        self.done.stages.len() - 1
    }

    /// Everything of a stage is there: what its steps share is refused, and later stages may refer to them.
    fn finish(&mut self, stage: usize) {
        let mut holders: BTreeMap<_, (StepId, Option<Resource>)> = BTreeMap::new();
        let mut shared = Vec::new();
        let dropped = std::mem::take(&mut self.dropped);
        if !self.is_chosen {
            self.unchosen.extend(dropped.iter().cloned());
        }
        self.earlier.extend(dropped);
        for step in self.done.steps.iter_mut().filter(|step| step.stage == stage) {
            if !self.is_chosen {
                step.status = Status::Skipped;
                step.conclusion = Some(Conclusion { says: "not selected".into(), ..Conclusion::default() });
                self.unchosen.insert(step.id.clone());
            }
            self.earlier.insert(step.id.clone());
            if step.nature == crate::action::Nature::Check {
                continue;
            }
            match step.serialised_by().iter().find_map(|it| Some((holders.get(it)?.clone(), it))) {
                Some(((other, its), what)) => {
                    let both = step.resource.clone().filter(|own| its.as_ref() == Some(own)).ok_or(what.clone());
                    shared.push((other, step.id.clone(), both));
                }
                None => {
                    let holder = (step.id.clone(), step.resource.clone());
                    holders.extend(step.serialised_by().iter().map(|it| (it.clone(), holder.clone())));
                }
            }
        }
        for (one, other, both) in shared {
            let name = self.done.stages.get(stage).map(|stage| stage.name.clone()).unwrap_or_default();
            let at = self.place_of_step(&other);
            let of = format!("the steps `{one}` and `{other}` of the stage `{name}`");
            let what = match both {
                Ok(resource) => format!("{of} both act on {resource}"),
                Err(serialised) => {
                    format!("{of} stand in each other's way: AWS changes {serialised} one step at a time")
                }
            };
            let help = "steps of a stage run side by side: join the two, or move one to a stage of its own";
            self.problem(Code::SharedResource, &at, what, Some(help.into()));
        }
    }

    /// The path of the step with that id, for problems found after it was made.
    fn place_of_step(&self, id: &StepId) -> Path {
        let stages = self.parsed.plan.stages.iter().enumerate();
        for (stage, spec) in stages {
            for (index, step) in spec.steps.iter().enumerate() {
                let is_it = step.id == id.as_str()
                    || step.for_each.is_some()
                        && step.id.split("{{").next().is_some_and(|start| id.as_str().starts_with(start));
                if is_it {
                    return path(&["stages", &stage.to_string(), "steps", &index.to_string(), "id"]);
                }
            }
        }
        Path::new()
    }

    fn report_lines(&mut self, plan: &Plan) {
        for (index, line) in plan.report.iter().enumerate() {
            let at = path(&["report", &index.to_string()]);
            let value = Value::String(line.clone());
            self.references(&value, &at, None);
        }
    }

    fn scope(&self, item: Option<&Value>) -> Scope {
        Scope { inputs: self.inputs.values.clone(), item: item.cloned(), ..Scope::default() }
    }

    /// Where a parameter really stands that is looked for under `base`.
    fn written(&self, base: &[String], parameter: &[String]) -> Path {
        let all = |base: &[String]| base.iter().chain(parameter).cloned().collect::<Path>();
        match &self.overlay {
            Some((shared, own)) if base == shared && !self.parsed.document.has(&all(base)) => all(own),
            _ => all(base),
        }
    }

    fn problem(&mut self, code: Code, path: &[String], what: String, help: Option<String>) {
        let document = &self.parsed.document;
        self.problems.push(Problem { code, file: document.file.clone(), place: document.place(path), what, help });
    }

    fn warn(&mut self, path: &[String], what: String) {
        let document = &self.parsed.document;
        let (file, place) = (document.file.clone(), document.place(path));
        self.done.warnings.push(Problem { code: Code::WorthKnowing, file, place, what, help: None });
    }
}
