//! One step of a plan to one or, with `for_each`, many steps of a run.

use std::{collections::BTreeSet, str::FromStr as _};

use serde_json::Value;

use super::{Expander, Path, look::Look, under};
use crate::{
    action::{Entry, Nature},
    code::Code,
    duration::Duration,
    ids::StepId,
    journal::Step,
    plan::{
        parse::UNREADABLE,
        spec::{StepSpec, Templated},
        template::{self, References, TemplateError, Text},
        words::nearest,
    },
    resource::Resource,
    written,
};

/// How often a check that waits looks where the plan does not say.
const EVERY: Duration = Duration::seconds(10);

/// The parameters of a step in bytes of JSON. A row of 400 KB holds them, both states of the resource (at most 150,000
/// bytes each) and what the step found out.
const LARGEST_PARAMETERS: usize = 80_000;

/// What templates left of a `with`.
pub(super) struct Rendered {
    pub(super) with: Value,
    pub(super) stated: BTreeSet<String>,
    pub(super) deferred: Option<Vec<StepId>>,
    pub(super) resource: Option<Resource>,
    pub(super) serialised_by: Vec<Resource>,
    pub(super) summary: String,
}

impl Expander<'_> {
    pub(super) fn steps_of(&mut self, spec: &StepSpec, stage: usize, at: &[String]) {
        let entry = self.catalogue.find(&spec.uses);
        let Some(items) = &spec.for_each else {
            self.step(spec, entry, None, stage, at);
            return;
        };
        if items.is_empty() {
            self.problem(Code::NothingToDo, &under(at, &["for_each"]), "`for_each` has no items".into(), None);
        }
        for (index, item) in items.iter().enumerate() {
            if self.is_beyond_measure() {
                return;
            }
            let item_at = under(at, &["for_each", &index.to_string()]);
            let Some(refers) = self.references(item, &item_at, None) else { continue };
            self.item_is_stated = self.states(&refers);
            match template::render(item, &self.scope(None)) {
                Ok(item) => self.step(spec, entry, Some(&item), stage, at),
                Err((path, error)) => self.broken_template(&item_at, path, &error),
            }
        }
    }

    fn step(
        &mut self,
        spec: &StepSpec,
        entry: Option<&'static Entry>,
        item: Option<&Value>,
        stage: usize,
        at: &[String],
    ) {
        let id = self.step_id(&spec.id, item, at);
        let within = spec.within.as_ref().and_then(|it| self.duration(it, &under(at, &["within"])));
        let every = spec.every.as_ref().and_then(|it| self.duration(it, &under(at, &["every"])));
        let timeout = spec.timeout.as_ref().and_then(|it| self.duration(it, &under(at, &["timeout"])));
        if spec.every.is_some() && spec.within.is_none() {
            let help = Some("say how long: `within: 5m`".into());
            self.problem(
                Code::MissingKey,
                &under(at, &["every"]),
                "`every` without `within` never looks twice".into(),
                help,
            );
        }
        if spec.timeout.is_some() && entry.is_some_and(|entry| entry.nature == Nature::Check) {
            let what = "`timeout` means nothing to a check: it looks for as long as `within` says, and without it once";
            self.warn(&under(at, &["timeout"]), what.into());
        }
        let rendered =
            entry.and_then(|entry| Some((entry, self.with(&spec.with, entry, item, &under(at, &["with"]))?)));
        let (id, (entry, rendered)) = match (id, rendered) {
            (Some(id), Some(rendered)) => (id, rendered),
            (id, _) => return self.drop_step(id),
        };
        let step = self.new_step(id, entry, rendered, stage);
        let step = Step {
            on_failure: spec.on_failure.unwrap_or(self.parsed.plan.on_failure),
            every: within.map(|_| every.unwrap_or(EVERY)),
            timeout: timeout.unwrap_or(Step::TIMEOUT).max(within.unwrap_or_default()),
            item: step.deferred.as_ref().and(item.cloned()),
            within,
            ..step
        };
        self.done.steps.push(step);
    }

    /// Refuses parameters that would leave no room in the step's row for what it finds and makes.
    fn row_holds(&mut self, with: &Value, item: Option<&Value>, entry: &Entry, at: &[String]) {
        let size = with.to_string().len() + item.map_or(0, |item| item.to_string().len());
        if size <= LARGEST_PARAMETERS {
            return;
        }
        let what = format!(
            "`{}`: its parameters take {size} bytes, and the step's row in the journal has room for {LARGEST_PARAMETERS}",
            entry.uses
        );
        let help = "put what is large into S3, where the action takes `s3`, or make several steps of it";
        self.problem(Code::StateTooLarge, at, what, Some(help.into()));
    }

    pub(super) fn new_step(&self, id: StepId, entry: &Entry, rendered: Rendered, stage: usize) -> Step {
        let position = self.done.steps.iter().rev().take_while(|step| step.stage == stage).count();
        Step {
            position,
            resource: rendered.resource,
            serialised_by: rendered.serialised_by,
            summary: rendered.summary,
            with: rendered.with,
            stated: rendered.stated,
            deferred: rendered.deferred,
            on_failure: self.parsed.plan.on_failure,
            ..Step::planned(id, entry, stage)
        }
    }

    /// A step of which something is wrong: it is there, as far as others refer to it.
    pub(super) fn drop_step(&mut self, id: Option<StepId>) {
        self.is_partial = true;
        self.dropped.extend(id);
    }

    pub(super) fn step_id(&mut self, written: &str, item: Option<&Value>, at: &[String]) -> Option<StepId> {
        let id = self.id(written, item, at);
        self.is_nameless |= id.is_none();
        id
    }

    fn id(&mut self, written: &str, item: Option<&Value>, at: &[String]) -> Option<StepId> {
        if written.starts_with(UNREADABLE) {
            return None;
        }
        let at = under(at, &["id"]);
        let text = match Text::parse(written).and_then(|text| text.render(&self.scope(item))) {
            Ok(value) => written::text(&value).into_owned(),
            Err(error) => {
                self.broken_template(&at, Path::new(), &error);
                return None;
            }
        };
        let id = match StepId::from_str(&text) {
            Ok(id) => id,
            Err(error) => {
                self.problem(Code::WrongValue, &at, error.to_string(), None);
                return None;
            }
        };
        if id.is_about_another() {
            let help = "choose an id that begins with neither `undo.` nor `seal.`".to_owned();
            let what = format!("`{id}` would be mistaken for a step that takes another one back, or compares it");
            self.problem(Code::WrongValue, &at, what, Some(help));
            return None;
        }
        if !self.ids.insert(id.clone()) {
            let help = item.map(|_| "with `for_each`, the id has to differ by item: `restart-{{ item.name }}`".into());
            self.problem(Code::DuplicateName, &at, format!("two steps are called `{id}`"), help);
            return None;
        }
        Some(id)
    }

    /// Renders a `with` as far as it can be known, and has the action look at it.
    pub(super) fn with(
        &mut self,
        with: &Value,
        entry: &Entry,
        item: Option<&Value>,
        at: &[String],
    ) -> Option<Rendered> {
        let given = if with.is_null() { Value::Object(Default::default()) } else { with.clone() };
        let refers = self.references(&given, at, Some(item.is_some()))?;
        let scope = self.scope(item);
        // A text that refers to an earlier step is stood in for; it is rendered when the step starts.
        let stand_in = template::walk(&given, &mut Vec::new(), &mut |_, text| {
            let refers = text.references();
            if refers.steps.is_empty() {
                return text.render(&scope);
            }
            text.check(&scope)?;
            Ok(Value::String(stand_in(&refers)))
        });
        let known = match stand_in {
            Ok(known) => known,
            Err((path, error)) => {
                self.broken_template(at, path, &error);
                return None;
            }
        };
        let deferred = (!refers.steps.is_empty())
            .then(|| refers.steps.iter().filter_map(|id| StepId::from_str(id).ok()).collect::<Vec<_>>());
        let stated = self.stated(&given);
        let with = if deferred.is_some() { given.clone() } else { known.clone() };
        self.row_holds(&with, item.filter(|_| deferred.is_some()), entry, at);
        match self.look(&given, &known, entry, at) {
            Look::At(looked) => {
                // What is said about a stand-in proves nothing; it is said again when the value is known.
                for fault in looked.faults.iter().filter(|fault| !fault.contains('‹')) {
                    let at = self.named(&with, fault, at);
                    self.problem(Code::WrongStep, &at, format!("`{}`: {fault}", entry.uses), None);
                }
                for warning in &looked.warnings {
                    let at = self.named(&with, warning, at);
                    self.warn(&at, format!("`{}`: {warning}", entry.uses));
                }
                let known = |it: &Resource| deferred.is_none() || !it.as_str().contains('‹');
                let resource = Some(looked.resource).filter(known);
                let serialised_by = looked.serialised_by.into_iter().filter(known).collect();
                Some(Rendered { with, stated, deferred, resource, serialised_by, summary: looked.summary })
            }
            Look::Later => {
                let summary = entry.about.into();
                Some(Rendered { with, stated, deferred, resource: None, serialised_by: Vec::new(), summary })
            }
            Look::Wrong => None,
        }
    }

    /// Whether the text at that path could only be stood in for, so that its form proves nothing.
    pub(super) fn stands_in(&self, with: &Value, path: &[String]) -> bool {
        let refers = references_at(with, path);
        !refers.steps.is_empty() || refers.inputs.iter().any(|name| self.inputs.unknown.contains(name))
    }

    /// What a value refers to, with everything that it may not refer to reported.
    /// `inside`: whether `item` is known; `None` where it never is and any step may be named (the report).
    pub(super) fn references(&mut self, value: &Value, at: &[String], inside: Option<bool>) -> Option<References> {
        let refers = match template::references(value) {
            Ok(refers) => refers,
            Err((path, error)) => {
                self.broken_template(at, path, &error);
                return None;
            }
        };
        if (self.parsed.has_gaps || self.is_nameless) && self.misses(&refers) {
            return None;
        }
        let before = self.problems.len();
        let place = |this: &Self, refers: &dyn Fn(&References) -> bool| {
            this.written(at, &template::place(value, refers).unwrap_or_default())
        };
        for name in refers.inputs.iter().filter(|name| !self.inputs.values.contains_key(*name)) {
            let at = &place(self, &|text| text.inputs.contains(name));
            let near = nearest(name, self.inputs.values.keys().map(String::as_str));
            let help = near.map_or_else(
                || format!("declare it under `inputs:`, e.g. `{name}: {{ default: … }}`"),
                |near| format!("did you mean `inputs.{near}`?"),
            );
            self.problem(Code::UndefinedInput, at, format!("there is no input `{name}`"), Some(help));
        }
        let is_in = |ids: &BTreeSet<StepId>, id: &str| ids.iter().any(|step| step.as_str() == id);
        for id in &refers.steps {
            if is_in(&self.earlier, id) {
                continue;
            }
            let at = &place(self, &|text| text.steps.contains(id));
            let near = nearest(id, self.earlier.iter().map(StepId::as_str));
            let (what, may) = match inside {
                Some(_) => {
                    (format!("no earlier stage has a step `{id}`"), "a template may name the steps of earlier stages")
                }
                None => (format!("the plan has no step `{id}`"), "the report may name every step of the plan"),
            };
            let help = near.map_or_else(|| may.into(), |near| format!("did you mean `steps.{near}`?"));
            self.problem(Code::UndefinedStep, at, what, Some(help));
        }
        for id in &refers.steps {
            if inside.is_none() || !self.is_chosen || !is_in(&self.unchosen, id) {
                continue;
            }
            let at = &place(self, &|text| text.steps.contains(id));
            let help = Some("add its stage to `only`".into());
            self.problem(
                Code::UndefinedStep,
                at,
                format!("the step `{id}`, which this needs, is in a stage that was not selected"),
                help,
            );
        }
        if refers.item && inside != Some(true) {
            let at = &place(self, &|text| text.item);
            self.problem(Code::BrokenTemplate, at, "`item` is known only in a step with `for_each`".into(), None);
        }
        (self.problems.len() == before).then_some(refers)
    }

    /// Whether something is referred to that is not there: perhaps it stands where the plan cannot be read.
    fn misses(&self, refers: &References) -> bool {
        let is_earlier = |id: &String| self.earlier.iter().any(|step| step.as_str() == id);
        refers.inputs.iter().any(|name| !self.inputs.values.contains_key(name)) || !refers.steps.iter().all(is_earlier)
    }

    pub(super) fn duration(&mut self, written: &Templated<Duration>, at: &[String]) -> Option<Duration> {
        let template = match written {
            Templated::Set(duration) => return Some(*duration),
            Templated::Template(template) => Value::String(template.clone()),
        };
        self.references(&template, at, Some(false))?;
        let text = match template::render(&template, &self.scope(None)) {
            Ok(value) => written::text(&value).into_owned(),
            Err((path, error)) => {
                self.broken_template(at, path, &error);
                return None;
            }
        };
        if text.contains('‹') {
            return Some(Step::TIMEOUT);
        }
        text.parse().map_err(|what| self.problem(Code::WrongValue, at, what, None)).ok()
    }

    /// The path of the first parameter that a sentence about a `with` names, as well as it can be told.
    fn named(&self, with: &Value, sentence: &str, at: &[String]) -> Path {
        let quoted: Vec<&str> = sentence.split('`').skip(1).step_by(2).collect();
        let outside = || quoted.iter().map(|name| reached(with, name)).find(|path| !path.is_empty());
        let named = outside().or_else(|| quoted.iter().find_map(|name| inside(with, name)));
        self.written(at, &named.unwrap_or_default())
    }

    pub(super) fn broken_template(&mut self, at: &[String], path: Path, error: &TemplateError) {
        let at = self.written(at, &path);
        let help = "templates hold one expression over `inputs`, `item` and `steps`: \"{{ inputs.name }}\"";
        self.problem(Code::BrokenTemplate, &at, error.to_string(), Some(help.into()));
    }
}

/// What the text at that path refers to.
pub(super) fn references_at(with: &Value, path: &[String]) -> References {
    let inside = path.iter().try_fold(with, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    });
    let text = inside.and_then(Value::as_str).and_then(|text| Text::parse(text).ok());
    text.map(|text| text.references()).unwrap_or_default()
}

/// Of a parameter's path as it is written in sentences, `pattern.detail.state` or `steps.0.name`, as far as there is one.
fn reached(mut with: &Value, path: &str) -> Path {
    let mut reached = Path::new();
    for part in path.split('.') {
        let inner = match with {
            Value::Array(items) => part.parse::<usize>().ok().and_then(|index| items.get(index)),
            other => other.get(part),
        };
        let Some(inner) = inner else { break };
        reached.push(part.to_owned());
        with = inner;
    }
    reached
}

/// The path to a key or a text inside of a value, wherever it stands first.
fn inside(with: &Value, name: &str) -> Option<Path> {
    template::texts(with, &mut Path::new(), &mut |path, text| if text == name { Err(path.to_vec()) } else { Ok(()) })
        .err()
}

fn stand_in(refers: &References) -> String {
    format!("‹{}›", refers.steps.iter().map(|id| format!("steps.{id}")).collect::<Vec<_>>().join(" "))
}
