//! Errors in the words of each protocol.

use aws_smithy_cbor::Encoder;
use aws_smithy_runtime_api::{
    client::orchestrator::{HttpRequest, HttpResponse},
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;

use super::{
    models::{Protocol, Service},
    named::{Attempt, PLAIN_HTTP},
    trouble::Kind,
};

const MESSAGE: &str = "as the fault matrix wants it";

/// What a service answers that does not do what it is asked.
pub fn refusal(kind: Kind, attempt: &Attempt, request: &HttpRequest) -> HttpResponse {
    if attempt.service == PLAIN_HTTP {
        let status = match kind {
            Kind::Throttled => 429,
            Kind::Denied => 403,
            _ => 500,
        };
        return answer(status, "text/plain", SdkBody::from(MESSAGE));
    }
    let service = Service::called(&attempt.service);
    let protocol = spoken(request, service);
    let error = service.error(&attempt.operation, kind.name()).unwrap_or_else(|| common(kind, attempt, protocol));
    // Whatever the error, and whatever a model says of its status: these two have one for all.
    let (status, code) = match (protocol, error) {
        (Protocol::Json | Protocol::Cbor, (status, code)) if status < 500 => (400, code),
        (_, error) => error,
    };
    let (content_type, body) = written(protocol, attempt, code);
    let body = if request.method() == "HEAD" { SdkBody::empty() } else { body };
    let mut response = answer(status, content_type, body);
    match protocol {
        Protocol::RestJson => drop(response.headers_mut().insert("x-amzn-errortype", code.to_owned())),
        Protocol::Cbor => drop(response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor")),
        _ => {}
    }
    response
}

/// Where a service speaks several protocols, the request says which one it is.
fn spoken(request: &HttpRequest, service: &Service) -> Protocol {
    let has = |header: &str| request.headers().contains_key(header);
    let is_form = request.headers().get("content-type") == Some("application/x-www-form-urlencoded");
    if has("smithy-protocol") {
        Protocol::Cbor
    } else if has("x-amz-target") {
        Protocol::Json
    } else if is_form && service.protocol != Protocol::Ec2 {
        Protocol::Query
    } else {
        service.protocol
    }
}

/// Status and code where an operation's model names no error of the kind: those that the services have in common.
fn common(kind: Kind, attempt: &Attempt, protocol: Protocol) -> (u16, &'static str) {
    use Protocol::{Cbor, Ec2, Json, Query, RestJson, RestXml};
    match (kind, protocol) {
        (Kind::Throttled, RestXml) if attempt.service == "S3" => (503, "SlowDown"),
        (Kind::Throttled, Json | Cbor) => (400, "ThrottlingException"),
        (Kind::Throttled, RestJson) => (429, "ThrottlingException"),
        (Kind::Throttled, Query | RestXml) => (400, "Throttling"),
        (Kind::Throttled, Ec2) => (503, "RequestLimitExceeded"),
        (Kind::Denied, Json | Cbor) => (400, "AccessDeniedException"),
        (Kind::Denied, RestJson) => (403, "AccessDeniedException"),
        (Kind::Denied, Query | RestXml) => (403, "AccessDenied"),
        (Kind::Denied, Ec2) => (403, "UnauthorizedOperation"),
        (_, Ec2 | RestXml) => (500, "InternalError"),
        (_, Json | Cbor | RestJson | Query) => (500, "InternalFailure"),
    }
}

fn written(protocol: Protocol, attempt: &Attempt, code: &str) -> (&'static str, SdkBody) {
    let error = format!("<Code>{code}</Code><Message>{MESSAGE}</Message>");
    let xml = |text: String| ("text/xml", SdkBody::from(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}")));
    match protocol {
        Protocol::Json | Protocol::RestJson => {
            let body = format!("{{\"__type\":\"{code}\",\"message\":\"{MESSAGE}\"}}");
            ("application/x-amz-json-1.1", SdkBody::from(body))
        }
        Protocol::Cbor => {
            let mut body = Encoder::new(Vec::new());
            body.begin_map().str("__type").str(code).str("message").str(MESSAGE).end();
            ("application/cbor", SdkBody::from(body.into_writer()))
        }
        Protocol::Ec2 => {
            xml(format!("<Response><Errors><Error>{error}</Error></Errors><RequestID>matrix</RequestID></Response>"))
        }
        // S3 alone does not wrap its errors.
        Protocol::RestXml if attempt.service == "S3" => {
            xml(format!("<Error>{error}<RequestId>matrix</RequestId></Error>"))
        }
        Protocol::Query | Protocol::RestXml => xml(format!(
            "<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>matrix</RequestId></ErrorResponse>"
        )),
    }
}

fn answer(status: u16, content_type: &'static str, body: SdkBody) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::try_from(status).expect("a status"), body);
    response.headers_mut().insert("content-type", content_type);
    response
}

/// Each refusal as a client reads it that is made from the public models: botocore.
#[test]
fn refusals_are_understood_in_every_protocol() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    // The service, its operation, its protocol, and the codes of throttling, of no permission, and of a failure.
    let spoken: [(&str, &str, &str, [(u16, &str); 3]); 9] = [
        (
            "DynamoDB",
            "PutItem",
            "json",
            [(400, "RequestLimitExceeded"), (400, "AccessDeniedException"), (500, "InternalServerError")],
        ),
        (
            "SFN",
            "DescribeStateMachine",
            "json",
            [(400, "ThrottlingException"), (400, "AccessDeniedException"), (500, "InternalFailure")],
        ),
        (
            "Lambda",
            "UpdateFunctionCode",
            "rest-json",
            [(429, "TooManyRequestsException"), (403, "AccessDeniedException"), (500, "ServiceException")],
        ),
        (
            "CloudWatch",
            "DescribeAlarms",
            "smithy-rpc-v2-cbor",
            [(400, "ThrottlingException"), (400, "AccessDeniedException"), (500, "InternalFailure")],
        ),
        ("SNS", "Publish", "query", [(400, "Throttling"), (403, "AuthorizationError"), (500, "InternalError")]),
        (
            "RDS",
            "RestoreDBInstanceFromDBSnapshot",
            "query",
            [(400, "Throttling"), (403, "AccessDenied"), (500, "InternalFailure")],
        ),
        (
            "EC2",
            "StopInstances",
            "ec2",
            [(503, "RequestLimitExceeded"), (403, "UnauthorizedOperation"), (500, "InternalError")],
        ),
        (
            "Route 53",
            "ChangeResourceRecordSets",
            "rest-xml",
            [(400, "Throttling"), (403, "AccessDenied"), (500, "InternalError")],
        ),
        ("S3", "PutObject", "rest-xml", [(503, "SlowDown"), (403, "AccessDenied"), (500, "InternalError")]),
    ];
    let (mut answers, mut expected) = (Vec::new(), Vec::new());
    for (service, operation, protocol, codes) in spoken {
        let attempt = Attempt { service: service.into(), operation: operation.into(), number: 1 };
        let mut request = HttpRequest::new(SdkBody::empty());
        match protocol {
            "json" => drop(request.headers_mut().insert("x-amz-target", operation)),
            "smithy-rpc-v2-cbor" => drop(request.headers_mut().insert("smithy-protocol", "rpc-v2-cbor")),
            "query" | "ec2" => {
                drop(request.headers_mut().insert("content-type", "application/x-www-form-urlencoded"));
            }
            _ => {}
        }
        for (kind, code) in [Kind::Throttled, Kind::Denied, Kind::ServerError].into_iter().zip(codes) {
            let refused = refusal(kind, &attempt, &request);
            let headers: Value = refused.headers().iter().map(|(name, value)| (name, json!(value))).collect();
            answers.push(json!({
                "name": Service::called(service).name, "operation": operation, "protocol": protocol,
                "status": refused.status().as_u16(), "headers": headers,
                "body": STANDARD.encode(refused.body().bytes().expect("in memory")),
            }));
            expected.push(json!(code));
        }
    }
    let read = super::models::script(&["read"], &json!(answers).to_string());
    assert_eq!(serde_json::from_str::<Value>(&read).expect("JSON"), json!(expected));
}
