//! What is known of the calls of a run: which there were, what was read before the first write, and whether each
//! change was allowed to be made when it was.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use backout_engine::{
    action::Nature,
    clock::{Clock as _, Timestamp},
};
use jiff::SignedDuration;

use super::{
    named::{Attempt, PLAIN_HTTP},
    trouble::Trouble,
    whose::Whose,
};

/// How long the one attempt of a change may take.
const ATTEMPT: SignedDuration = SignedDuration::from_secs(10);
/// For how long after the first write reads may show how it was before: less than any action waits for.
const STALE_FOR: SignedDuration = SignedDuration::from_secs(20);

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Read,
    /// It keeps bytes in the stack's own bucket, under their hash.
    Keep,
    /// It writes the journal.
    Journal,
    /// It changes the user's cloud.
    Change,
}

impl Effect {
    /// Everything is a change that is not known to be none. What is sent to the stack's own stores changes nothing of the
    /// user's. To invoke a function or to post to a URL is what a command does; a check that does so only asks.
    pub fn of(attempt: &Attempt, whose: Whose, nature: Nature) -> Self {
        const READS: [&str; 4] = ["Get", "List", "Describe", "Head"];
        const READS_OF: [(&str, &str); 4] = [
            ("AppConfigData", "StartConfigurationSession"),
            ("CloudWatch Logs", "FilterLogEvents"),
            ("DynamoDB", "Query"),
            ("Timestream Query", "Query"),
        ];
        let (service, operation) = (attempt.service.as_str(), attempt.operation.as_str());
        match (service, operation) {
            (PLAIN_HTTP, "GET" | "HEAD") => Self::Read,
            (PLAIN_HTTP, _) | ("Lambda", "Invoke") if nature == Nature::Check => Self::Read,
            (PLAIN_HTTP, _) => Self::Change,
            _ if READS_OF.contains(&(service, operation)) => Self::Read,
            _ if READS.iter().any(|read| operation.starts_with(read)) => Self::Read,
            ("S3", _) if whose == Whose::Own => Self::Keep,
            ("DynamoDB", _) if whose == Whose::Own => Self::Journal,
            _ => Self::Change,
        }
    }
}

/// A call that was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// As the SDK names it.
    pub service: String,
    /// As the SDK names it, without its service.
    pub call: String,
    /// With its service, and whether it is of the stack's own: no two have one name.
    pub operation: String,
    pub number: u32,
    pub effect: Effect,
    /// Whether the answer was another one before the first write.
    pub differs: bool,
}

/// What is known of a call while it is under way.
#[derive(Debug)]
pub struct Counted {
    /// As in [`Seen`].
    pub operation: String,
    pub number: u32,
    pub effect: Effect,
}

/// An answer as it is given once more.
#[derive(Debug, Clone)]
pub struct Answered {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Until when the row allows changes, if it does.
pub type MayWriteUntil = Option<Timestamp>;

/// One run, watched.
#[derive(Debug, Default)]
pub struct Watch {
    /// Of the action that is watched. Without one nothing is, and nothing goes wrong.
    pub nature: Option<Nature>,
    pub trouble: Option<Trouble>,
    pub seen: Vec<Seen>,
    /// How often the trouble struck.
    pub struck: u32,
    /// Sentences on what was done against the law.
    pub offences: Vec<String>,
    pub may_write_until: MayWriteUntil,
    /// When the invocation that is at work ends.
    pub deadline: Option<Timestamp>,
    before: BTreeMap<String, Answered>,
    first_write: Option<Timestamp>,
}

impl Watch {
    /// For a run that begins now.
    pub fn begin(nature: Nature, trouble: Option<Trouble>) -> Self {
        Self { nature: Some(nature), trouble, ..Self::default() }
    }

    /// For what is none of the run's, and goes undisturbed.
    pub fn calm(may_write_until: MayWriteUntil) -> Self {
        Self { may_write_until, ..Self::default() }
    }

    /// Counts a call and judges whether it may be made.
    pub fn count(&mut self, nature: Nature, attempt: &Attempt, whose: Whose) -> Counted {
        let effect = Effect::of(attempt, whose, nature);
        let operation = whose.name(attempt);
        let so_far = self.seen.iter().filter(|seen| seen.operation == operation).count();
        let mut number = u32::try_from(so_far).expect("not so many");
        if attempt.number <= 1 {
            number += 1;
            let (service, call) = (attempt.service.clone(), attempt.operation.clone());
            self.judge(&operation, effect);
            self.seen.push(Seen { service, call, operation: operation.clone(), number, effect, differs: false });
        }
        Counted { operation, number, effect }
    }

    fn judge(&mut self, operation: &str, effect: Effect) {
        let now = backout_aws::SystemClock.now();
        let until = match effect {
            Effect::Read | Effect::Journal => return,
            Effect::Keep => self.deadline,
            Effect::Change => {
                self.first_write.get_or_insert(now);
                self.may_write_until
            }
        };
        match until {
            None => self.offences.push(format!("{operation} was sent without a started row")),
            Some(until) if now + ATTEMPT > until => {
                self.offences.push(format!("{operation} was sent at {now}, too late to end before {until}"));
            }
            Some(_) => {}
        }
    }

    /// Notes what a read was answered.
    pub fn answered(&mut self, call: &Counted, key: String, answer: Answered) {
        if self.first_write.is_none() {
            self.before.insert(key, answer);
        } else if self.before.get(&key).is_some_and(|it| it.status != answer.status || it.body != answer.body)
            && let Some(seen) =
                self.seen.iter_mut().find(|it| it.operation == call.operation && it.number == call.number)
        {
            seen.differs = true;
        }
    }

    /// What a read was answered before the first write, while that may still be shown.
    pub fn stale(&self, key: &str) -> Option<Answered> {
        let written = self.first_write?;
        let may_be_seen = backout_aws::SystemClock.now() < written + STALE_FOR;
        may_be_seen.then(|| self.before.get(key).cloned()).flatten()
    }
}

/// What tells two reads apart.
pub fn key(attempt: &Attempt, request: &HttpRequest) -> String {
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    format!("{} {} {} {} {body}", attempt.service, attempt.operation, request.method(), request.uri())
}
