//! Whether a row tells the truth about the cloud.

use backout_aws::SystemClock;
use backout_engine::{
    carry_out::{Standing, standing},
    clock::Clock as _,
    duration::Duration,
    journal::{Status, Step},
};
use jiff::SignedDuration;
use serde_json::Value;

use super::{
    trouble::Trouble,
    watch::{Effect, Seen},
    world::Snapshot,
};

/// How much longer a step may take when only the journal was not to be reached for a moment.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(20);

/// The cloud before a step, and after it if nothing goes wrong.
pub struct Ends {
    pub before: Snapshot,
    pub after: Snapshot,
    /// How the step ends then.
    pub status: Status,
    /// How long it takes then.
    pub took: Option<Duration>,
    /// How many changes are sent then.
    pub changes: usize,
    /// What may not be put back yet where nobody can tell what became of the step.
    pub lends: Vec<Vec<String>>,
}

impl Ends {
    /// The cloud as if everything that was lent were put back.
    fn put_back(&self, cloud: &Value) -> Value {
        let mut cloud = cloud.clone();
        for path in &self.lends {
            let at = |value: &Value| path.iter().try_fold(value.clone(), |value, key| value.get(key).cloned());
            let inside = path.iter().try_fold(&mut cloud, |value, key| value.get_mut(key));
            if let (Some(inside), Some(value)) = (inside, at(&self.after)) {
                *inside = value;
            }
        }
        cloud
    }
}

/// Whether more changes were sent than it takes: who reads before writing again repeats nothing that was carried out.
pub fn repeated(seen: &[Seen], ends: &Ends, trouble: &Trouble) -> Option<String> {
    let effect = seen.iter().find(|call| call.operation == trouble.operation).map(|call| call.effect);
    let in_vain = effect == Some(Effect::Change) && trouble.leaves_undone();
    // What is lent is not left lent while a write waits to be repeated: given back, and lent again.
    let again = 2 * ends.lends.len();
    let (sent, at_most) = (changes(seen), ends.changes + usize::from(in_vain) + again);
    (trouble.passes() && sent > at_most).then(|| format!("{sent} changes were sent where {at_most} are enough"))
}

/// How many changes there were.
pub fn changes(seen: &[Seen]) -> usize {
    seen.iter().filter(|call| call.effect == Effect::Change).count()
}

/// What is wrong with how a step has ended and what became of the cloud; nothing if all is as it should be.
pub fn untrue(row: &Step, cloud: &Snapshot, ends: &Ends, trouble: Option<&Trouble>) -> Vec<String> {
    let mut wrong = Vec::new();
    match row.status {
        Status::Applied | Status::InPlace | Status::Passed | Status::Rehearsed | Status::Undone => {
            if *cloud != ends.after {
                wrong.push(format!("it is {}, and the cloud is not as after the undisturbed run", row.status));
                wrong.extend(differences(&ends.after, cloud));
            }
        }
        Status::Failed | Status::Inconclusive => {
            if *cloud != ends.before {
                wrong.push(format!("it is {}, and the cloud is not as it was before", row.status));
                wrong.extend(differences(&ends.before, cloud));
            }
        }
        Status::Unknown | Status::Drifted | Status::Stuck => {
            let advised = row.conclusion.as_ref().is_some_and(|it| it.code.is_some() && it.advice.is_some());
            if !advised {
                wrong.push(format!("it is {}, without a code or without advice", row.status));
            }
            if standing(&ends.before, &ends.after, &ends.put_back(cloud)) == Standing::Drifted {
                wrong.push(format!("it is {}, and the cloud is not between before and after", row.status));
                wrong.extend(differences(&ends.after, cloud));
            }
        }
        Status::Planned | Status::Issued | Status::Started | Status::Skipped | Status::Closed => {
            wrong.push(format!("the run has ended, and the step is {}", row.status));
        }
    }
    let Some(trouble) = trouble else { return wrong };
    if trouble.passes() && row.status != ends.status {
        wrong.push(format!("what passes has made a difference: it is {}, not {}", row.status, ends.status));
    }
    // Whoever looks once more at a write of the journal that seems to have failed need not wait for its own deadline.
    let (took, at_most) = (row.took(SystemClock.now()), ends.took.map(|took| took.signed() + AT_ONCE));
    if trouble.is_seen_through_at_once() && took.map(Duration::signed) > at_most {
        wrong.push(format!("it took {took:?} instead of {:?}", ends.took));
    }
    wrong
}

/// What is wrong with how a command has ended, of which so many invocations have arrived.
pub fn untrue_of_command(row: &Step, arrived: usize, may_be_repeated: bool, trouble: &Trouble) -> Vec<String> {
    let mut wrong = Vec::new();
    match row.status {
        Status::Applied if arrived == 0 => wrong.push("it is applied, and never arrived".into()),
        Status::Failed if arrived > 0 => wrong.push(format!("it is failed, and arrived {arrived} times")),
        Status::Applied | Status::Failed => {}
        Status::Unknown => {
            if !row.conclusion.as_ref().is_some_and(|it| it.code.is_some() && it.advice.is_some()) {
                wrong.push("it is unknown, without a code or without advice".into());
            }
            if trouble.operation == "lambda.Invoke" && trouble.is_an_answer() {
                wrong.push("it is unknown, and its answer was that it was not carried out".into());
            }
        }
        other => wrong.push(format!("the run has ended, and the step is {other}")),
    }
    if !may_be_repeated && arrived > 1 {
        wrong.push(format!("it may not be repeated, and arrived {arrived} times"));
    }
    if may_be_repeated && trouble.passes() && row.status != Status::Applied {
        wrong.push(format!("what passes has made a difference: it is {}", row.status));
    }
    wrong
}

/// The paths at which two values differ, with both values, the first few.
pub fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut all = Vec::new();
    differ("", wanted, found, &mut all);
    all.truncate(8);
    all
}

fn differ(path: &str, wanted: &Value, found: &Value, all: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
            for key in keys {
                let part = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differ(&format!("{path}/{key}"), &part(one), &part(other), all);
            }
        }
        (one, other) if one == other => {}
        (one, other) => all.push(format!("    {path}: {} instead of {}", short(other), short(one))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    text.chars().take(160).collect()
}
