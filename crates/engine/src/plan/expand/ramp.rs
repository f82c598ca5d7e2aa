//! The rungs of a ramp and their guards.

use serde_json::Value;

use super::{Expander, under};
use crate::{
    code::Code,
    ids::StepId,
    journal::{Status, Step},
    plan::{
        OnFailure,
        spec::{Guard, Ramp, Rung, RungWord},
    },
};

impl Expander<'_> {
    /// Makes the step of one rung.
    pub(super) fn rung(&mut self, ramp: &Ramp, number: usize, stage: usize, at: &[String]) -> Option<StepId> {
        let rung = ramp.through.get(number)?;
        let at_rung = |number: usize| under(at, &["through", &number.to_string()]);
        let rung_at = at_rung(number);
        let id = self.step_id(&format!("{}-{}", ramp.id, number + 1), None, at);
        // `original` needs no values of its own; the last rung's make the parameters whole.
        let last = ramp.through.iter().enumerate().take(number + 1).rev().find_map(|(number, rung)| match rung {
            Rung::With(values) => Some((number, values)),
            Rung::Word(RungWord::Original) => None,
        });
        let (values_at, values) = last.map_or((rung_at.clone(), None), |(last, values)| (at_rung(last), Some(values)));
        let mut with = ramp.with.as_object().cloned().unwrap_or_default();
        with.extend(values.cloned().unwrap_or_default());
        let shared_at = under(at, &["with"]);
        self.overlay = Some((shared_at.clone(), values_at));
        let entry = self.catalogue.find(&ramp.uses);
        let rendered = entry.and_then(|entry| Some((entry, self.with(&Value::Object(with), entry, None, &shared_at)?)));
        self.overlay = None;
        let (id, (entry, rendered)) = match (id, rendered) {
            (Some(id), Some(rendered)) => (id, rendered),
            (id, _) => {
                self.drop_step(id);
                return None;
            }
        };
        let mut step = self.new_step(id.clone(), entry, rendered, stage);
        if matches!(rung, Rung::Word(RungWord::Original)) {
            let resource = step.resource.as_ref().map_or_else(String::new, |it| format!(" of {it}"));
            step.summary = format!("back to the original{resource}");
            match self.first_on_same(&step) {
                Some(first) => {
                    step.summary = format!("{}, as `{first}` found it", step.summary);
                    step.original_of = Some(first);
                }
                None if self.is_chosen && !self.parsed.has_gaps && !self.is_partial => {
                    let what = "`original` goes back to what an earlier rung or step found, and there is none".into();
                    self.problem(Code::WrongValue, &rung_at, what, None);
                    return None;
                }
                None => {}
            }
            // Without it the rung before stays, and what comes after the ramp is still worth doing.
            step.on_failure = OnFailure::Continue;
        }
        self.done.steps.push(step);
        Some(id)
    }

    /// The first step of the run that makes the same kind of change to the same resource.
    fn first_on_same(&self, step: &Step) -> Option<StepId> {
        self.done
            .steps
            .iter()
            .filter(|other| other.status != Status::Skipped)
            .find(|other| other.uses == step.uses && other.resource.is_some() && other.resource == step.resource)
            .map(|other| other.id.clone())
    }

    /// Makes the step of one guard of a rung.
    pub(super) fn guard(&mut self, guard: &Guard, rung: Option<&StepId>, index: usize, stage: usize, at: &[String]) {
        let id = rung.and_then(|rung| self.step_id(&format!("{rung}-guard-{}", index + 1), None, at));
        let within = guard.within.as_ref().and_then(|it| self.duration(it, &under(at, &["within"])));
        let every = guard.every.as_ref().and_then(|it| self.duration(it, &under(at, &["every"])));
        let entry = self.catalogue.find(&guard.uses);
        let rendered =
            entry.and_then(|entry| Some((entry, self.with(&guard.with, entry, None, &under(at, &["with"]))?)));
        let (rung, id, (entry, rendered)) = match (rung, id, rendered) {
            (Some(rung), Some(id), Some(rendered)) => (rung, id, rendered),
            (_, id, _) => return self.drop_step(id),
        };
        let step = self.new_step(id, entry, rendered, stage);
        self.done.steps.push(Step {
            // What a failed guard means is the ramp's to say.
            on_failure: OnFailure::Continue,
            since: Some(rung.clone()),
            every: within.map(|_| every.unwrap_or(crate::duration::Duration::seconds(10))),
            within,
            ..step
        });
    }
}
