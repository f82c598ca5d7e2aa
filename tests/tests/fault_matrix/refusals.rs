//! Errors in the words of each protocol.

use aws_smithy_runtime_api::{
    client::orchestrator::{HttpRequest, HttpResponse},
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

use super::{named::Attempt, trouble::Kind};

/// What a service answers that does not do what it is asked.
pub fn refusal(kind: Kind, attempt: &Attempt, request: &HttpRequest) -> HttpResponse {
    let is_s3 = attempt.service == "S3";
    let (status, code) = match (kind, is_s3) {
        (Kind::Throttled, true) => (503, "SlowDown"),
        (Kind::Throttled, false) => (400, "ThrottlingException"),
        (Kind::Denied, true) => (403, "AccessDenied"),
        (Kind::Denied, false) => (if speaks_json_rpc(request) { 400 } else { 403 }, "AccessDeniedException"),
        (_, true) => (500, "InternalError"),
        (_, false) => (500, "InternalFailure"),
    };
    let message = "as the fault matrix wants it";
    let (content_type, body) = if request.method() == "HEAD" {
        ("application/xml", SdkBody::empty())
    } else if is_s3 {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
        ("application/xml", SdkBody::from(body))
    } else {
        let body = format!("{{\"__type\":\"{code}\",\"message\":\"{message}\"}}");
        ("application/x-amz-json-1.1", SdkBody::from(body))
    };
    let mut response = HttpResponse::new(StatusCode::try_from(status).expect("a status"), body);
    response.headers_mut().insert("content-type", content_type);
    if !is_s3 {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

/// Where the operation is named in a header, errors have the status 400.
fn speaks_json_rpc(request: &HttpRequest) -> bool {
    request.headers().contains_key("x-amz-target")
}
