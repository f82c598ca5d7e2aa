use super::*;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

type Failed = SdkError<GetObjectError, Response>;

fn answer(status: u16) -> Response {
    Response::new(status.try_into().expect("a status"), SdkBody::empty())
}

fn refused(status: u16, code: &str, message: &str) -> Fault {
    let meta = ErrorMetadata::builder().code(code).message(message).build();
    fault("set the throttle", Failed::service_error(GetObjectError::generic(meta), answer(status)))
}

fn io(kind: std::io::ErrorKind) -> Box<dyn Error + Send + Sync> {
    Box::new(std::io::Error::new(kind, "the wire"))
}

fn judged(fault: &Fault) -> (CarriedOut, Lasting) {
    (fault.carried_out, fault.lasting)
}

const NO_FOR_GOOD: (CarriedOut, Lasting) = (CarriedOut::No, Lasting::Permanent);
const NO_FOR_NOW: (CarriedOut, Lasting) = (CarriedOut::No, Lasting::Transient);
const PERHAPS: (CarriedOut, Lasting) = (CarriedOut::Perhaps, Lasting::Transient);

#[test]
fn a_request_that_could_not_be_made_did_nothing_and_never_will() {
    let fault = fault("set the throttle", Failed::construction_failure("`stage` is missing"));
    assert_eq!(judged(&fault), NO_FOR_GOOD);
    assert!(fault.message.starts_with("could not set the throttle: ") && fault.message.contains("`stage` is missing"));
}

#[test]
fn an_answer_that_did_not_come_or_cannot_be_read_says_nothing() {
    let (broken, timeout) = (io(std::io::ErrorKind::ConnectionReset), io(std::io::ErrorKind::TimedOut));
    for error in [
        Failed::timeout_error("10 s have passed"),
        Failed::dispatch_failure(ConnectorError::timeout(timeout)),
        Failed::dispatch_failure(ConnectorError::io(broken)),
        Failed::dispatch_failure(ConnectorError::user("a proxy".into())),
        Failed::dispatch_failure(ConnectorError::other("something".into(), None)),
        Failed::response_error("not XML", answer(200)),
        Failed::response_error("not XML", answer(403)),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(judged(&fault("set the throttle", error)), PERHAPS, "{shown}");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("failed to apply endpoint `127.0.0.1:9` to request `{request:?}`")]
struct NoEndpoint {
    request: aws_smithy_runtime_api::http::Request,
    #[source]
    why: std::io::Error,
}

#[test]
fn no_request_is_shown_whole() {
    let request = aws_smithy_runtime_api::http::Request::new(SdkBody::from("Password=hunter2"));
    let broken = NoEndpoint { request, why: std::io::Error::other("endpoint must contain scheme") };
    assert!(broken.to_string().contains("hunter2"), "the SDK's words: {broken}");
    let failed = Failed::dispatch_failure(ConnectorError::other(Box::new(broken), None));
    assert_eq!(
        fault("set the throttle", failed).message,
        "could not set the throttle: no answer: other: failed to apply endpoint `127.0.0.1:9`: endpoint must contain scheme"
    );
}

#[test]
fn a_refused_connection_carried_nothing() {
    let refused = ConnectorError::io(io(std::io::ErrorKind::ConnectionRefused));
    let fault = fault("set the throttle", Failed::dispatch_failure(refused));
    assert_eq!(judged(&fault), NO_FOR_NOW);
    assert!(fault.message.contains("refused"));
}

#[test]
fn without_credentials_nothing_is_sent() {
    let none = CredentialsError::not_loaded("no providers in chain provided credentials");
    let fault = fault("list the plans", Failed::dispatch_failure(ConnectorError::other(none.into(), None)));
    assert_eq!(judged(&fault), NO_FOR_GOOD);
    assert!(fault.message.contains("no providers in chain") && fault.advice.is_some());
}

#[test]
fn a_refusal_that_was_read_is_final_unless_it_passes() {
    for (status, code, expected) in [
        (400, "ValidationException", NO_FOR_GOOD),
        (403, "AccessDeniedException", NO_FOR_GOOD),
        (404, "ResourceNotFoundException", NO_FOR_GOOD),
        (400, "ConditionalCheckFailedException", NO_FOR_GOOD),
        (400, "ThrottlingException", NO_FOR_NOW),
        (400, "ProvisionedThroughputExceededException", NO_FOR_NOW),
        (429, "LimitExceededException", NO_FOR_NOW),
        (400, "LimitExceededException", NO_FOR_GOOD),
        (409, "ResourceConflictException", NO_FOR_NOW),
        (409, "ConflictException", NO_FOR_NOW),
        (412, "PreconditionFailedException", NO_FOR_NOW),
        // S3 is asked through the client of one region; its buckets are everywhere.
        (301, "PermanentRedirect", NO_FOR_GOOD),
        (307, "TemporaryRedirect", NO_FOR_NOW),
        (304, "NotModified", NO_FOR_GOOD),
        (400, "AuthorizationHeaderMalformed", NO_FOR_GOOD),
        // Of the key behind a bucket.
        (400, "KMS.ThrottlingException", NO_FOR_NOW),
        (400, "KMS.DisabledException", NO_FOR_GOOD),
        (500, "InternalServerError", PERHAPS),
        (503, "SlowDown", PERHAPS),
        // A success that holds an error: S3 answers some failures so.
        (200, "InternalError", PERHAPS),
    ] {
        assert_eq!(judged(&refused(status, code, "no")), expected, "{status} {code}");
    }
}

#[test]
fn a_bucket_of_another_region_is_said_to_be_one() {
    assert!(refused(301, "PermanentRedirect", "x").advice.is_some_and(|advice| advice.contains("another region")));
    let nameless = GetObjectError::generic(ErrorMetadata::builder().build());
    let head = fault("look for the artifact", Failed::service_error(nameless, answer(301)));
    assert_eq!(judged(&head), NO_FOR_GOOD);
    assert!(head.advice.is_some_and(|advice| advice.contains("another region")));
}

#[test]
fn the_service_is_known_by_its_error() {
    assert_eq!(service::<GetObjectError>(), "s3");
    assert_eq!(service::<aws_sdk_dynamodb::operation::get_item::GetItemError>(), "dynamodb");
    assert_eq!(service::<std::io::Error>(), "");
    let meta = ErrorMetadata::builder().code("TransactionConflictException").build();
    let error = aws_sdk_dynamodb::operation::put_item::PutItemError::generic(meta);
    let fault = fault("write the row", SdkError::service_error(error, answer(400)));
    assert_eq!(judged(&fault), NO_FOR_NOW);
}

#[test]
fn it_is_a_sentence_that_a_tired_person_understands() {
    let fault =
        refused(403, "AccessDeniedException", "User: backout-traffic is not authorized to perform: apigateway:PATCH");
    assert_eq!(
        fault.message,
        "could not set the throttle: AccessDeniedException: User: backout-traffic is not authorized to perform: \
         apigateway:PATCH"
    );
    assert_eq!(fault.code, "AccessDeniedException");
    assert!(fault.advice.is_some_and(|advice| advice.contains("parameters of the backout stack")));
}

#[test]
fn a_code_is_bare_and_a_missing_one_is_the_status() {
    assert_eq!(refused(400, "com.amazonaws.dynamodb.v20120810#ThrottlingException", "x").code, "ThrottlingException");
    assert_eq!(refused(400, "BadRequestException:http://internal.amazon.com/", "x").code, "BadRequestException");
    let nameless = GetObjectError::generic(ErrorMetadata::builder().build());
    let fault = fault("read it", Failed::service_error(nameless, answer(404)));
    assert_eq!((fault.code.as_str(), fault.message.as_str()), ("HTTP 404", "could not read it: HTTP 404"));
    let nameless = GetObjectError::generic(ErrorMetadata::builder().build());
    let forbidden = super::fault("look for it", Failed::service_error(nameless, answer(403)));
    assert!(forbidden.advice.is_some(), "an answer to HEAD has no code");
}

#[test]
fn what_is_not_there_comes_with_its_own_advice_and_nothing_else_does() {
    let looked_up = |code: &str| {
        let meta = ErrorMetadata::builder().code(code).message("no").build();
        let error = Failed::service_error(GetObjectError::generic(meta), answer(400));
        lookup_fault("read the stage", error, "check its name").advice
    };
    assert_eq!(looked_up("NotFoundException").as_deref(), Some("check its name"));
    assert_eq!(looked_up("ResourceNotFoundException").as_deref(), Some("check its name"));
    assert_eq!(looked_up("ValidationException"), None);
}

#[test]
fn no_log_of_any_level_has_what_a_service_quotes() {
    #[derive(Clone, Default)]
    struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = everything.with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let quoting = refused(400, "InvalidParameterValueException", "String measured: {\"KEY\":\"hunter2\"}");
        assert!(quoting.message.contains("hunter2"));
    });
    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
    assert!(log.contains("could not set the throttle") && !log.contains("hunter2"), "{log}");
}

#[test]
fn what_is_to_be_hidden_is_hidden_before_a_long_text_is_cut() {
    let hide = |text: &str| text.replace("hunter2-hunter2", "(hidden)");
    // The cut would fall into the middle of the secret.
    let text = format!("{}hunter2-hunter2", "a".repeat(LONGEST - 8));
    let meta = ErrorMetadata::builder().code("InvalidParameterValueException").message(&text).build();
    let refused = Failed::service_error(GetObjectError::generic(meta), answer(400));
    let not_made = Failed::construction_failure(text.clone());
    let not_sent = Failed::dispatch_failure(ConnectorError::other(text.into(), None));
    for error in [refused, not_made, not_sent] {
        let shown = format!("{error:?}");
        assert!(!fault_without("set the throttle", error, hide).message.contains("hunter"), "{shown}");
    }
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let message = refused(400, "ValidationException", &"ã".repeat(LONGEST + 1)).message;
    assert!(message.ends_with('…') && message.chars().count() < LONGEST + 100);
}
