//! What the error codes of AWS mean for what to do next: the one table, with the reason of each row.
//!
//! A code that stands nowhere here is final: a refusal that nobody knows is not repeated. What a code means to one action
//! only, and what can be done about it there, stands with that action ([`Vocabulary`](super::Vocabulary)).
//!
//! The SDKs do not say: of all the crates that are linked none has an error that is marked as retryable
//! (`retryable_error_kind` is `None` throughout), and their own list of codes counts `LimitExceededException` as
//! throttling, which is a quota with most services.

use super::Meaning::{self, Absent, Conflict, Denied, Elsewhere, Final, Throttled, Unready};

/// Any service.
const ANY: &str = "";

/// One code of one service.
pub(super) struct Row {
    /// The SDK's crate, without `aws-sdk-`.
    service: &'static str,
    code: &'static str,
    /// What it means.
    pub(super) meaning: Meaning,
    /// The reason, for the log.
    pub(super) why: &'static str,
}

const fn row(service: &'static str, code: &'static str, meaning: Meaning, why: &'static str) -> Row {
    Row { service, code, meaning, why }
}

/// What a code means; `None` if nobody knows.
pub(super) fn find(service: &str, code: &str) -> Option<&'static Row> {
    let of = |service: &str| ROWS.iter().find(|row| row.service == service && row.code == code);
    let throttled = || code.contains("Throttl").then_some(&NAMED_SO);
    of(service).or_else(|| of(ANY)).or_else(throttled)
}

/// AWS names throttling in many ways (`KMSThrottling`, `KmsThrottled`, `EC2ThrottledException`), and nothing else so.
const NAMED_SO: Row = row(ANY, "", Throttled, "its name says that it is throttling");

const STALE: &str = "the revision that was named is not the present one: a fresh look mends it";
const OTHERS: &str = "another change of the same resource is under way";
const TOO_MANY: &str = "too many calls at a time";
const TOO_SLOW: &str = "the request did not arrive whole in time";
const KEY_BUSY: &str = "the key behind the resource takes no more calls at the moment";
const NO_KEY_USE: &str = "the role may not use the key behind the resource";
const KEY_OFF: &str = "the key behind the resource is disabled or gone until somebody enables it";
const MAY_NOT: &str = "the role may not";
const MISSING: &str = "there is no such thing";
const REGION: &str = "the bucket is in another region than the one that was asked";
const STARTING: &str = "the function is still being set up";

const ROWS: &[Row] = &[
    // Any service.
    row(ANY, "BandwidthLimitExceeded", Throttled, TOO_MANY),
    row(ANY, "PriorRequestNotComplete", Conflict, OTHERS),
    row(ANY, "ProvisionedThroughputExceeded", Throttled, TOO_MANY),
    row(ANY, "ProvisionedThroughputExceededException", Throttled, TOO_MANY),
    row(ANY, "RequestLimitExceeded", Throttled, TOO_MANY),
    row(ANY, "RequestTimeout", Throttled, TOO_SLOW),
    row(ANY, "RequestTimeoutException", Throttled, TOO_SLOW),
    row(ANY, "SlowDown", Throttled, TOO_MANY),
    row(ANY, "TooManyRequestsException", Throttled, TOO_MANY),
    row(ANY, "ConcurrentModification", Conflict, OTHERS),
    row(ANY, "ConcurrentModificationException", Conflict, OTHERS),
    row(ANY, "ConflictException", Conflict, OTHERS),
    row(ANY, "OperationAborted", Conflict, OTHERS),
    row(ANY, "OperationAbortedException", Conflict, OTHERS),
    row(ANY, "PreconditionFailed", Conflict, STALE),
    row(ANY, "PreconditionFailedException", Conflict, STALE),
    row(ANY, "ResourceConflictException", Conflict, OTHERS),
    row(ANY, "ResourceInUseException", Conflict, OTHERS),
    row(ANY, "AccessDenied", Denied, MAY_NOT),
    row(ANY, "AccessDeniedException", Denied, MAY_NOT),
    row(ANY, "UnauthorizedOperation", Denied, MAY_NOT),
    row(ANY, "NotFoundException", Absent, MISSING),
    row(ANY, "ResourceNotFoundException", Absent, MISSING),
    // API Gateway.
    row("apigateway", "LimitExceededException", Throttled, "with the status 429 it is the rate of calls, not a quota"),
    row("apigateway", "UnauthorizedException", Denied, MAY_NOT),
    // CloudWatch.
    row("cloudwatch", "KmsAccessDeniedException", Denied, NO_KEY_USE),
    row("cloudwatch", "ResourceNotFound", Absent, MISSING),
    // CloudWatch Logs.
    row("cloudwatchlogs", "SessionTimeoutException", Throttled, "the session took too long; a new one may not"),
    // DynamoDB.
    row("dynamodb", "ReplicatedWriteConflictException", Conflict, "another region writes the same item"),
    row("dynamodb", "TransactionConflictException", Conflict, "a transaction is at the same item"),
    row("dynamodb", "TransactionInProgressException", Conflict, "the same transaction is being carried out"),
    // Lambda. Its faults of set-up with a status of 5xx are no refusals, and pass as any of those.
    row("lambda", "CodeArtifactUserPendingException", Unready, STARTING),
    row("lambda", "EFSMountTimeoutException", Unready, "the function's file system did not answer in time"),
    row("lambda", "S3FilesMountTimeoutException", Unready, "the function's file system did not answer in time"),
    row("lambda", "SnapStartNotReadyException", Unready, STARTING),
    row("lambda", "SnapStartTimeoutException", Unready, STARTING),
    // S3.
    row("s3", "AuthorizationHeaderMalformed", Elsewhere, REGION),
    row("s3", "ConditionalRequestConflict", Conflict, OTHERS),
    row("s3", "IllegalLocationConstraintException", Elsewhere, REGION),
    row("s3", "NoSuchBucket", Absent, MISSING),
    row("s3", "NoSuchKey", Absent, MISSING),
    row("s3", "NoSuchVersion", Absent, MISSING),
    row("s3", "NotFound", Absent, "an answer to HEAD has no other code"),
    row("s3", "PermanentRedirect", Elsewhere, REGION),
    row("s3", "TemporaryRedirect", Unready, "the bucket is new, and its name is not known everywhere yet"),
    // Step Functions.
    row("sfn", "ExecutionDoesNotExist", Absent, MISSING),
    row("sfn", "KmsAccessDeniedException", Denied, NO_KEY_USE),
    row("sfn", "KmsInvalidStateException", Final, KEY_OFF),
    row("sfn", "KmsThrottlingException", Throttled, KEY_BUSY),
    row("sfn", "ResourceNotFound", Absent, MISSING),
    row("sfn", "StateMachineDoesNotExist", Absent, MISSING),
    // SNS.
    row("sns", "AuthorizationError", Denied, MAY_NOT),
    row("sns", "ConcurrentAccess", Conflict, OTHERS),
    row("sns", "KMSAccessDenied", Denied, NO_KEY_USE),
    row("sns", "KMSDisabled", Final, KEY_OFF),
    row("sns", "KMSInvalidState", Final, KEY_OFF),
    row("sns", "KMSThrottling", Throttled, KEY_BUSY),
    row("sns", "NotFound", Absent, MISSING),
    // Systems Manager.
    row("ssm", "ParameterNotFound", Absent, MISSING),
    row("ssm", "ParameterVersionNotFound", Absent, MISSING),
    row("ssm", "TooManyUpdates", Conflict, OTHERS),
    // Timestream.
    row("timestreamquery", "ConflictException", Final, "the query was cancelled: its results will not come"),
    row("timestreamquery", "InvalidEndpointException", Unready, "the endpoint has changed and is looked up again"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use backout_catalogue::CATALOGUE;
    use backout_engine::action::By;

    use super::*;

    #[test]
    fn a_code_of_a_service_has_one_row_and_a_reason() {
        let mut seen = BTreeSet::new();
        for Row { service, code, why, .. } in ROWS {
            assert!(seen.insert((service, code)), "{service} {code} stands here twice");
            assert!(!why.is_empty(), "{service} {code} has no reason");
        }
    }

    #[test]
    fn a_service_may_mean_something_else_by_a_code_than_all_others() {
        let meaning = |service, code| find(service, code).map(|row| row.meaning);
        assert_eq!(meaning("appconfig", "ConflictException"), Some(Conflict));
        assert_eq!(meaning("timestreamquery", "ConflictException"), Some(Final));
        assert_eq!(meaning("apigateway", "LimitExceededException"), Some(Throttled));
        assert_eq!(meaning("eventbridge", "LimitExceededException"), None, "a quota");
    }

    /// What each service that actions call answers about what is not there, as its SDK knows it.
    const NOT_THERE: &[(&str, &[&str])] = &[
        ("apigateway", &["NotFoundException"]),
        ("appconfig", &["ResourceNotFoundException"]),
        ("appconfigdata", &["ResourceNotFoundException"]),
        ("cloudwatch", &["ResourceNotFound", "ResourceNotFoundException"]),
        ("cloudwatchlogs", &["ResourceNotFoundException"]),
        ("eventbridge", &["ResourceNotFoundException"]),
        ("lambda", &["ResourceNotFoundException"]),
        ("s3", &["NoSuchBucket", "NoSuchKey", "NoSuchVersion", "NotFound"]),
        ("sfn", &["ExecutionDoesNotExist", "ResourceNotFound", "StateMachineDoesNotExist"]),
        ("ssm", &["ParameterNotFound", "ParameterVersionNotFound"]),
        ("timestreaminfluxdb", &["ResourceNotFoundException"]),
        ("timestreamquery", &["ResourceNotFoundException"]),
    ];

    #[test]
    fn what_is_not_there_is_known_as_such_with_every_service_that_an_action_calls() {
        let called = CATALOGUE.0.iter().flat_map(|entry| entry.calls).filter(|calls| calls.by == By::Function);
        let called: BTreeSet<_> = called.map(|calls| calls.service.to_lowercase().replace(' ', "")).collect();
        let told: BTreeSet<_> = NOT_THERE.iter().map(|(service, _)| (*service).to_owned()).collect();
        assert_eq!(told, called, "what does each of these answer about what is not there?");
        for (service, codes) in NOT_THERE {
            for code in *codes {
                assert_eq!(find(service, code).map(|row| row.meaning), Some(Absent), "{service} {code}");
            }
        }
    }

    #[test]
    fn whatever_is_called_throttling_is_throttling() {
        for (service, code) in [
            ("sns", "KMSThrottling"),
            ("sns", "Throttled"),
            ("sfn", "KmsThrottlingException"),
            ("sqs", "KmsThrottled"),
            ("databasemigration", "KMSThrottlingFault"),
            ("lambda", "EC2ThrottledException"),
            ("ssm", "ThrottlingException"),
            ("route53", "Throttling"),
            ("sqs", "RequestThrottled"),
        ] {
            assert_eq!(find(service, code).map(|row| row.meaning), Some(Throttled), "{service} {code}");
        }
    }
}
