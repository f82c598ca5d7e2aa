//! The stable codes of everything that a user may be told is wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a code is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidOf {
    /// A plan that is refused.
    Plan,
    /// A start that is refused.
    Start,
    /// A step that did not end well.
    Step,
}

macro_rules! codes {
    ($($said_of:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)* })*) => {
        /// A stable code. Its page says what it means and what to do, and without a page it does not compile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)*)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$variant => $text,)*)* }
            }

            /// What it is said of.
            pub const fn said_of(self) -> SaidOf {
                match self { $($(Self::$variant => SaidOf::$said_of,)*)* }
            }

            /// What is wrong, in one sentence: the index of the pages has it.
            pub fn about(self) -> String {
                let lines: &[&str] = match self { $($(Self::$variant => &[$($doc),+],)*)* };
                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
            }

            /// Its page, `docs/errors/<code>.md`, in Markdown.
            pub const fn page(self) -> &'static str {
                match self {
                    $($(Self::$variant => {
                        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors/", $text, ".md"))
                    })*)*
                }
            }
        }
    };
}

codes! {
    Plan {
        /// The file is not YAML, is empty, or holds what a plan cannot mean.
        BrokenYaml = "broken-yaml",
        /// `{{ … }}` stands without quotes.
        UnquotedTemplate = "unquoted-template",
        /// A key that means nothing at this place.
        UnknownKey = "unknown-key",
        /// Something that has to be said is not: a required key, or `within` beside `every`.
        MissingKey = "missing-key",
        /// A value has the wrong form.
        WrongValue = "wrong-value",
        /// Two steps have one id, two stages have one name, or two files hold plans of one name.
        DuplicateName = "duplicate-name",
        /// A plan without stages, a stage without steps, a ramp without rungs, or a `for_each` without items.
        NothingToDo = "nothing-to-do",
        /// `uses` names no action.
        UnknownAction = "unknown-action",
        /// An action stands where its nature does not fit.
        WrongNature = "wrong-nature",
        /// Two steps of one stage act on one resource, or on what AWS serialises together.
        SharedResource = "shared-resource",
        /// A template names an input that the plan does not declare.
        UndefinedInput = "undefined-input",
        /// A template names a step that does not come earlier.
        UndefinedStep = "undefined-step",
        /// A template cannot be read or evaluated.
        BrokenTemplate = "broken-template",
        /// The parameters are of the right form, and still the action cannot do that.
        WrongStep = "wrong-step",
        /// The plan's worst case would come too near to 25,000 history events, at which Step Functions ends an
        /// execution.
        PlanTooLarge = "plan-too-large",
        /// The plan is fine, and something about it is worth a word.
        WorthKnowing = "worth-knowing",
    }
    Start {
        /// The JSON that was to start a run is not of the right form.
        WrongRequest = "wrong-request",
        /// No plan of that name is stored; or the version that a run has pinned is not in the bucket any more.
        UnknownPlan = "unknown-plan",
        /// `only` names a stage that the plan does not have.
        UnknownStage = "unknown-stage",
        /// A value was given for an input that the plan does not declare.
        UnknownInput = "unknown-input",
        /// An input has neither a default nor a place to look it up, and the request gives no value, as an alarm's never
        /// does.
        MissingInput = "missing-input",
        /// An input is to be looked up in Parameter Store, and cannot be.
        InputNotFound = "input-not-found",
        /// Another run is working on the same system.
        SystemLocked = "system-locked",
        /// The run's id, which is the execution's name, is known from another execution.
        RunIdTaken = "run-id-taken",
        /// There is no run of that id.
        UnknownRun = "unknown-run",
        /// The run that is to be undone, resumed or compared with has not ended.
        NotEnded = "not-ended",
        /// The run has changed nothing that could be taken back.
        NothingToUndo = "nothing-to-undo",
        /// The run has nothing left to do.
        NothingToResume = "nothing-to-resume",
        /// Something is not as it was when the plan was rehearsed.
        DiffersFromRehearsal = "differs-from-rehearsal",
    }
    Step {
        /// A check looked and did not find what it expects; if it may wait (`within`), not in its whole time either.
        CheckFailed = "check-failed",
        /// A check found no data to judge by: no rows, no traffic.
        CheckInconclusive = "check-inconclusive",
        /// AWS refused a call for good: access denied, not found, not valid.
        Refused = "refused",
        /// Something that the step needs was not ready in its time (`timeout`, 15 minutes if nothing is said).
        TimedOut = "timed-out",
        /// AWS accepted the change, and later the resource is as it was before: something has taken it back.
        WentBack = "went-back",
        /// The resource is neither as it was when the step read it, nor as wanted, nor between.
        Drift = "drift",
        /// Nobody can tell whether a step has done its work.
        OutcomeUnknown = "outcome-unknown",
        /// The state of a resource is too large for the journal, so it could not be recorded before the change;
        /// nothing was changed.
        StateTooLarge = "state-too-large",
        /// Something that was to be taken back will not go back.
        Stuck = "stuck",
        /// Somebody stopped the run.
        Aborted = "aborted",
        /// backout itself failed: a function crashed or was killed, or an answer was nonsense.
        Internal = "internal",
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
