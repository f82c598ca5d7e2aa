//! Whether the Step Functions execution of a run has ended, and how: the proof that a lock may be taken over, and the
//! reason of a run that somebody else has to conclude.

use aws_sdk_sfn::{
    Client, config, config::retry::RetryConfig, operation::describe_execution::DescribeExecutionOutput,
    types::ExecutionStatus,
};
use backout_aws::{Cloud, SystemClock, fault, shortened};
use backout_engine::{
    clock::{Clock as _, Timestamp},
    code::Code,
    conclude::Ended,
    duration::Duration,
    fault::Fault,
    journal::{Execution, Outcome, Refusal},
};

/// `DescribeExecution` is eventually consistent: what has ended is asked twice.
const ASKED: usize = 2;
/// How often one question is sent. Nothing but reading is done with this client.
const ATTEMPTS: u32 = 4;
/// The longest cause of an execution that is passed on, in bytes.
const LONGEST: usize = 600;
/// How long ago an execution has to have begun to be forgotten.
const LONG_AGO: Duration = Duration::seconds(24 * 60 * 60);

/// The executions of a state machine.
#[derive(Debug, Clone)]
pub struct Executions {
    sfn: Client,
}

impl Executions {
    /// With the clients of one process.
    pub fn new(cloud: &Cloud) -> Self {
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        Self { sfn: Client::from_conf(config::Builder::from(cloud.reads()).retry_config(retries).build()) }
    }

    /// How an execution has ended; `None` while it has not, or may go on.
    ///
    /// # Errors
    /// When Step Functions cannot be asked. That is no proof of anything.
    pub async fn ended(&self, execution: &Execution) -> Result<Option<Ended>, Fault> {
        let mut how = None;
        for _ in 0..ASKED {
            match self.look(execution).await? {
                Some(ended) => how = Some(ended),
                None => return Ok(None),
            }
        }
        Ok(how)
    }

    async fn look(&self, execution: &Execution) -> Result<Option<Ended>, Fault> {
        match self.sfn.describe_execution().execution_arn(&execution.arn).send().await {
            Ok(found) => Ok(ended(&found)),
            // Step Functions forgets executions 90 days after their end, and may not know yet one that has just begun.
            Err(error) if error.as_service_error().is_some_and(|error| error.is_execution_does_not_exist()) => {
                let what = "its execution ended so long ago that Step Functions forgot it";
                let forgotten = Ended { outcome: Outcome::Halted, refusal: refusal(Code::Internal, what), at: None };
                Ok(began_long_ago(execution).then_some(forgotten))
            }
            Err(error) => Err(fault(&format!("look at the execution {}", execution.arn), error)),
        }
    }
}

fn began_long_ago(execution: &Execution) -> bool {
    let began: Option<Timestamp> = execution.started_at.parse().ok();
    began.is_some_and(|began| Duration::between(began, SystemClock.now()) > LONG_AGO)
}

fn ended(found: &DescribeExecutionOutput) -> Option<Ended> {
    if found.stop_date.is_none() || matches!(found.status(), ExecutionStatus::Running | ExecutionStatus::PendingRedrive)
    {
        return None;
    }
    let at = found.stop_date().and_then(|date| date.to_millis().ok());
    Some(how(found.status().as_str(), found.error(), found.cause(), at))
}

/// What an execution that ended so means for its run. The status is Step Functions' own; `stopped_at` are milliseconds
/// since 1970.
pub fn how(status: &str, error: Option<&str>, cause: Option<&str>, stopped_at: Option<i64>) -> Ended {
    let at = stopped_at.and_then(|at| Timestamp::from_millisecond(at).ok());
    let said: Vec<&str> = [error, cause].into_iter().flatten().filter(|text| !text.is_empty()).collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", shortened(&said.join(": "), LONGEST)) };
    match status {
        "ABORTED" => Ended {
            outcome: Outcome::Aborted,
            refusal: refusal(Code::Aborted, &format!("its execution was stopped{said}")),
            at,
        },
        "TIMED_OUT" => Ended {
            outcome: Outcome::Halted,
            refusal: refusal(Code::Internal, &format!("its execution timed out{said}")),
            at,
        },
        other => Ended {
            outcome: Outcome::Halted,
            refusal: refusal(Code::Internal, &format!("its execution ended as {other} before the run did{said}")),
            at,
        },
    }
}

fn refusal(code: Code, what: &str) -> Refusal {
    Refusal { code, what: what.to_owned(), help: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backout_aws::testing::cloud;
    use serde_json::{Value, json};

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:execution:backout:r";

    /// What is made of these answers, one after the other.
    async fn asked(answers: Vec<(u16, Value)>) -> Result<Option<Ended>, Fault> {
        asked_of("2026-01-20T03:00:00Z", answers).await
    }

    async fn asked_of(began: &str, answers: Vec<(u16, Value)>) -> Result<Option<Ended>, Fault> {
        let next = std::sync::Mutex::new(answers.into_iter().cycle());
        let (cloud, _) = cloud(move |_| {
            let (status, body) = next.lock().expect("not poisoned").next().expect("an answer");
            (status, body.to_string())
        });
        let execution = Execution { arn: ARN.into(), started_at: began.into() };
        Executions::new(&cloud).ended(&execution).await
    }

    fn execution(status: &str, stopped: bool, more: Value) -> (u16, Value) {
        let mut answer = json!({
            "executionArn": ARN, "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:backout",
            "name": "r", "status": status, "startDate": 1_800_000_000,
        });
        if stopped {
            answer["stopDate"] = json!(1_800_000_100);
        }
        answer.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        (200, answer)
    }

    #[tokio::test]
    async fn an_execution_that_goes_on_or_may_go_on_has_not_ended() {
        for answer in [
            execution("RUNNING", false, json!({})),
            execution("PENDING_REDRIVE", true, json!({})),
            execution("ABORTED", false, json!({})),
        ] {
            assert_eq!(asked(vec![answer]).await, Ok(None));
        }
    }

    #[tokio::test]
    async fn one_stale_answer_is_no_proof() {
        let answers = vec![execution("FAILED", true, json!({})), execution("RUNNING", false, json!({}))];
        assert_eq!(asked(answers).await, Ok(None));
    }

    #[tokio::test]
    async fn a_stopped_execution_is_an_aborted_run_and_says_what_was_said() {
        let more = json!({"error": "Enough", "cause": "wrong plan"});
        let ended = asked(vec![execution("ABORTED", true, more)]).await.expect("answers").expect("ended");
        assert_eq!((ended.outcome, ended.refusal.code), (Outcome::Aborted, Code::Aborted));
        assert_eq!(ended.refusal.what, "its execution was stopped: Enough: wrong plan");
        assert_eq!(ended.at.map(|at| at.as_second()), Some(1_800_000_100));
        let late = asked(vec![execution("TIMED_OUT", true, json!({}))]).await.expect("answers").expect("ended");
        assert_eq!((late.outcome, late.refusal.what.as_str()), (Outcome::Halted, "its execution timed out"));
    }

    #[tokio::test]
    async fn what_is_forgotten_has_ended_and_what_is_refused_tells_nothing() {
        let forgotten = (400, json!({"__type": "ExecutionDoesNotExist", "message": "x"}));
        assert!(asked(vec![forgotten.clone()]).await.expect("answers").is_some());
        let just_now = SystemClock.now().to_string();
        for began in [just_now.as_str(), "no time"] {
            assert_eq!(asked_of(began, vec![forgotten.clone()]).await, Ok(None), "it may not be known yet");
        }
        let denied = (400, json!({"__type": "AccessDeniedException", "message": "x"}));
        assert!(asked(vec![denied]).await.is_err());
    }
}
