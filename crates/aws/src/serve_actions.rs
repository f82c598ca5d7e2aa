//! The main of a function that hosts actions.

use backout_engine::{
    carry_out::{Actions, Answer, Call, Env, Purpose},
    ids::{RunId, StepId},
    journal::Turn,
};
use serde::{Deserialize, Serialize};

use crate::{Cloud, Failure, Invocation, SystemClock, serve, telemetry};

/// What the state machine sends for a step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct StepCall {
    run: RunId,
    step: StepId,
    #[serde(flatten)]
    turn: Turn,
    #[serde(default)]
    purpose: Purpose,
}

/// What the state machine hears of it. It is merged into what it sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
enum StepAnswer {
    Done,
    Pending { attempt: u32, wait_seconds: u32 },
}

impl StepAnswer {
    fn new(answer: Answer, turn: Turn) -> Self {
        match answer {
            Answer::Done => Self::Done,
            Answer::Pending { wait } => {
                Self::Pending { attempt: turn.attempt.saturating_add(1), wait_seconds: wait.seconds_up() }
            }
        }
    }
}

/// Serves the steps of these actions until Lambda ends the process.
///
/// Payload: `{"run", "step", "issue", "attempt"}`, and `"purpose": {"reconcile": {"since"}}` when the run has ended. Answer: `{"status": "done"}`, or `{"status": "pending", "attempt",
/// "wait_seconds"}` with the attempt to send next and when.
///
/// # Errors
/// When the environment is incomplete, or the Runtime API cannot be reached.
pub async fn serve_actions(actions: fn(&Cloud) -> Actions) -> Result<(), lambda_runtime::Error> {
    telemetry();
    let cloud = Cloud::from_env().await?;
    let (ledger, evidence) = (cloud.ledger(), cloud.evidence());
    let env = Env { ledger: &ledger, evidence: &evidence, clock: &SystemClock };
    let actions = actions(&cloud);
    let (env, actions) = (&env, &actions);
    serve(move |StepCall { run, step, turn, purpose }, Invocation { deadline }| async move {
        let answer = StepAnswer::new(actions.carry_out(env, &Call { run, step, turn, deadline, purpose }).await?, turn);
        match answer {
            StepAnswer::Done => tracing::info!(issue = turn.issue, attempt = turn.attempt, "done"),
            StepAnswer::Pending { wait_seconds, .. } => {
                tracing::info!(issue = turn.issue, attempt = turn.attempt, wait_seconds, "pending");
            }
        }
        Ok::<_, Failure>(answer)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_engine::duration::Duration;
    use serde_json::{from_value, json, to_value};

    #[test]
    fn the_payload_is_what_the_state_machine_sends() {
        let call: StepCall =
            from_value(json!({"run": "r", "step": "maintenance-on", "issue": 2, "attempt": 3})).expect("reads");
        assert_eq!(call.turn, Turn { issue: 2, attempt: 3 });
        assert_eq!((call.step.as_str(), call.purpose), ("maintenance-on", Purpose::CarryOn));
        let asked = json!({"run": "r", "step": "s", "issue": 1, "attempt": 0, "purpose": {"reconcile": {"since": "2026-11-20T03:00:00Z"}}});
        let since = "2026-11-20T03:00:00Z".parse().expect("a time");
        assert_eq!(from_value::<StepCall>(asked).expect("reads").purpose, Purpose::Reconcile { since });
    }

    #[test]
    fn the_answer_is_what_the_state_machine_branches_on() {
        let turn = Turn { issue: 1, attempt: 3 };
        let answer = |answer| to_value(StepAnswer::new(answer, turn)).expect("writes");
        assert_eq!(answer(Answer::Done), json!({"status": "done"}));
        let wait: Duration = "1500ms".parse().expect("reads");
        assert_eq!(answer(Answer::Pending { wait }), json!({"status": "pending", "attempt": 4, "wait_seconds": 2}));
    }
}
