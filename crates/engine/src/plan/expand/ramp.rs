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
        let entry = self.catalogue.find(&ramp.uses)?;
        let rung = ramp.through.get(number)?;
        let rung_at = under(at, &["through", &number.to_string()]);
        let id = self.step_id(&format!("{}-{}", ramp.id, number + 1), None, at)?;
        // `original` needs no values of its own; the last rung's make the parameters whole.
        let values = match rung {
            Rung::With(values) => Some(values),
            Rung::Word(RungWord::Original) => ramp.through[..number].iter().rev().find_map(|earlier| match earlier {
                Rung::With(values) => Some(values),
                Rung::Word(_) => None,
            }),
        };
        let mut with = ramp.with.as_object().cloned().unwrap_or_default();
        with.extend(values.cloned().unwrap_or_default());
        let rendered = self.with(&Value::Object(with), entry, None, &under(at, &["with"]))?;
        let mut step = self.new_step(id.clone(), entry, rendered, stage);
        if matches!(rung, Rung::Word(RungWord::Original)) {
            let Some(first) = self.first_on_same(&step) else {
                let what = "`original` goes back to what an earlier rung or step found, and there is none".into();
                self.problem(Code::WrongValue, &rung_at, what, None);
                return None;
            };
            let resource = step.resource.as_ref().map_or_else(String::new, |it| format!(" of {it}"));
            step.summary = format!("back to the original{resource}, as `{first}` found it");
            step.original_of = Some(first);
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
    pub(super) fn guard(&mut self, guard: &Guard, rung: &StepId, index: usize, stage: usize, at: &[String]) {
        let Some(entry) = self.catalogue.find(&guard.uses) else { return };
        let Some(id) = self.step_id(&format!("{rung}-guard-{}", index + 1), None, at) else { return };
        let within = guard.within.as_ref().and_then(|it| self.duration(it, &under(at, &["within"])));
        let every = guard.every.as_ref().and_then(|it| self.duration(it, &under(at, &["every"])));
        let Some(rendered) = self.with(&guard.with, entry, None, &under(at, &["with"])) else { return };
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
