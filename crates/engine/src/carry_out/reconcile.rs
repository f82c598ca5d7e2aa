//! A step that its run left behind, started and not ended: found out by reading, once nobody can be writing any more.

use serde_json::Map;

use super::{Answer, Perform, Seen, Standing, Visit, failure};
use crate::{
    clock::Timestamp,
    code::Code,
    duration::Duration,
    fault::Fault,
    journal::{Conclusion, Event, Status},
};

/// How long a resource may still be settling, or a reading not succeed, once nobody is at the step any more, before what
/// was done counts as unknown.
const PATIENCE: Duration = Duration::seconds(90);

impl Visit<'_> {
    pub(super) async fn reconcile(&self, action: &dyn Perform, since: Timestamp) -> Result<Answer, Fault> {
        let step = self.step;
        if step.status != Status::Started {
            return Ok(Answer::Done);
        }
        // The deadline counts whatever the writer has told: a repeated invocation may be at it.
        if let Some(until) = step.until.filter(|until| self.now() <= *until) {
            let left = Duration::between(self.now(), until);
            return Ok(Answer::Pending { wait: Duration::seconds(left.seconds_up().saturating_add(1)) });
        }
        let shows = step.until.is_none_or(|until| Duration::between(until, self.now()) >= action.visible_within());
        let may_wait = Duration::between(since, self.now()) < PATIENCE;
        let soon = Answer::Pending { wait: Duration::seconds(5) };
        let lose = |why: &str| {
            let says = format!("the run ended while it was under way, and nobody can tell what it has done: {why}");
            let advice = "compare the resource with the two states in the report; `backout resolve` writes down what \
                          you find";
            (Event::Lose, failure(Code::OutcomeUnknown, says, Some(advice.into())))
        };
        let mut facts = Map::new();
        let (event, conclusion) = match action.look(self).await {
            Ok(Seen::At(Standing::AsWanted, _, found)) => {
                facts = found;
                (Event::Apply, told("it was found done after the run had ended"))
            }
            Ok(Seen::At(..)) if !shows => return Ok(soon),
            Ok(Seen::Settling(_)) | Err(_) if may_wait => return Ok(soon),
            Ok(Seen::At(Standing::AsWas, ..)) => {
                let says = "the run ended before it was carried out; a reading shows the resource as it was before";
                (Event::Fail, failure(Code::Refused, says, None))
            }
            Ok(Seen::At(Standing::Between, now, _)) => {
                facts.insert("found".into(), now);
                lose("it stands half-way")
            }
            Ok(Seen::At(Standing::Drifted, now, _)) => {
                facts.insert("found".into(), now);
                let says = "somebody else changed the resource meanwhile; it was left as they made it";
                (Event::Drift, failure(Code::Drift, says, None))
            }
            Ok(Seen::Settling(why) | Seen::Nothing(why)) => lose(&why),
            Err(fault) => lose(&fault.message),
        };
        self.end(step, event, facts, conclusion).await
    }
}

fn told(says: &str) -> Conclusion {
    Conclusion { says: says.into(), ..Conclusion::default() }
}
