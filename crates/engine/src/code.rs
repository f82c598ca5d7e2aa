//! The stable codes of everything that a user may be told is wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A stable code. `docs/errors/<code>.md` says what it means and what to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    BrokenYaml = "broken-yaml",
    /// `{{ }}` stands without quotes, so that YAML reads a mapping.
    UnquotedTemplate = "unquoted-template",
    /// A key that has no meaning there.
    UnknownKey = "unknown-key",
    /// A key that has to be there is not.
    MissingKey = "missing-key",
    /// A value of the wrong form.
    WrongValue = "wrong-value",
    /// Two things have one name.
    DuplicateName = "duplicate-name",
    /// A plan, a stage or a list without content.
    NothingToDo = "nothing-to-do",
    /// `uses` names no action.
    UnknownAction = "unknown-action",
    /// An action stands where its nature does not fit: a change in preflight or as a guard.
    WrongNature = "wrong-nature",
    /// Two steps of a stage act on one resource.
    SharedResource = "shared-resource",
    /// A template names an input that the plan does not declare.
    UndefinedInput = "undefined-input",
    /// A template names a step that does not come earlier.
    UndefinedStep = "undefined-step",
    /// A template that cannot be read or rendered.
    BrokenTemplate = "broken-template",
    /// A step that cannot do what it is asked to.
    WrongStep = "wrong-step",
    /// The plan's worst case would come too near to the history limit of Step Functions.
    PlanTooLarge = "plan-too-large",
    /// Allowed, and worth a word.
    WorthKnowing = "worth-knowing",
    /// The start request is not of the right form.
    WrongRequest = "wrong-request",
    /// There is no plan of that name.
    UnknownPlan = "unknown-plan",
    /// `only` names a stage that the plan does not have.
    UnknownStage = "unknown-stage",
    /// An input was given that the plan does not declare.
    UnknownInput = "unknown-input",
    /// An input without default was not given.
    MissingInput = "missing-input",
    /// An input could not be looked up where the plan says.
    InputNotFound = "input-not-found",
    /// Another run is working on the system.
    SystemLocked = "system-locked",
    /// The run's id is known from another execution.
    RunIdTaken = "run-id-taken",
    /// A check did not pass.
    CheckFailed = "check-failed",
    /// A check found no data to judge by.
    CheckInconclusive = "check-inconclusive",
    /// AWS refused a call, and nothing was changed.
    Refused = "refused",
    /// Something needed for the step was not ready in time.
    TimedOut = "timed-out",
    /// The change was accepted and went back by itself.
    WentBack = "went-back",
    /// Somebody else changed the resource meanwhile.
    Drift = "drift",
    /// Nobody can tell what a step has done.
    OutcomeUnknown = "outcome-unknown",
    /// A state too large for the journal.
    StateTooLarge = "state-too-large",
    /// The world is not as it was when the plan was rehearsed.
    DiffersFromRehearsal = "differs-from-rehearsal",
    /// What was to be taken back will not go back.
    Stuck = "stuck",
    /// Somebody stopped the run.
    Aborted = "aborted",
    /// There is no run of that id, or none that can be undone, resumed or resolved so.
    UnknownRun = "unknown-run",
    /// The run has nothing that can be taken back.
    NothingToUndo = "nothing-to-undo",
    /// The run has nothing left to do.
    NothingToResume = "nothing-to-resume",
    /// The run has not ended.
    NotEnded = "not-ended",
    /// backout itself failed.
    Internal = "internal",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
