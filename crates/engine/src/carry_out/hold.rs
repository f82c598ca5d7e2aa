//! Who may write to a step's resource, and until when.

use super::{Answer, Moved, Visit};
use crate::{
    duration::Duration,
    fault::Fault,
    journal::{IllegalTransition, LastWrite, Step},
};

/// A mutating call has one attempt of at most ten seconds; a write may take two in a row.
const TIME_TO_WRITE: Duration = Duration::seconds(20);

impl Visit<'_> {
    /// Whether too little time is left before the deadline for a write to end.
    pub(super) fn too_late_to_write(&self) -> bool {
        Duration::between(self.now(), self.call.deadline) < TIME_TO_WRITE
    }

    /// Notes that this invocation is about to write. `Moved::On` means that it may, now.
    pub(super) async fn save_and_write(
        &self,
        was: &Step,
        now: Result<Step, IllegalTransition>,
    ) -> Result<Moved, Fault> {
        // The next invocation has all of its time.
        let next = Moved::Off(Answer::Pending { wait: Duration::seconds(1) });
        if self.too_late_to_write() {
            return Ok(next);
        }
        let step = match self.save(was, now).await? {
            Moved::On(step) => step,
            off => return Ok(off),
        };
        // Writing the row may have taken long.
        if !self.too_late_to_write() {
            return Ok(Moved::On(step));
        }
        if step.last_write.is_none() {
            let deferred = LastWrite::Deferred(Fault::passing("too little time was left to write"));
            if let Moved::Off(answer) = self.save(&step, step.doubt(deferred, self.now())).await? {
                return Ok(Moved::Off(answer));
            }
        }
        Ok(next)
    }

    /// For a started step: the answer to an invocation that is sent again although one like it has set out to write,
    /// or that comes later than its successor. Nobody hears the first one then, and it may still be at work.
    pub(super) async fn repeated(&self) -> Result<Option<Answer>, Fault> {
        let (Some(writer), Some(until)) = (self.step.turn, self.step.until) else { return Ok(None) };
        if self.call.turn > writer || !self.step.is_being_written(self.now()) && self.call.turn == writer {
            return Ok(None);
        }
        if self.call.turn == writer && self.step.last_write.is_none() {
            let unheard = self.step.doubt(LastWrite::Unheard(unheard()), self.now());
            if let Moved::Off(answer) = self.save(self.step, unheard).await? {
                return Ok(Some(answer));
            }
        }
        let left = Duration::between(self.now(), until);
        Ok(Some(self.pending(Duration::seconds(left.seconds_up().saturating_add(1)))))
    }

    /// What became of the last write as far as this invocation can know, where the row does not say: handed out or
    /// sent again means that nobody heard the writer's answer.
    pub(super) fn unheard(&self, step: &Step) -> Option<LastWrite> {
        let writer = self.step.turn?;
        let is_silent = writer.issue < self.call.turn.issue || writer == self.call.turn;
        (is_silent && step.turn == self.step.turn && step.last_write.is_none()).then(|| LastWrite::Unheard(unheard()))
    }
}

pub(super) fn unheard() -> Fault {
    Fault::unanswered("the invocation that set out to write was lost")
}
