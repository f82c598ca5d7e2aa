"""Reads from a signed AWS request what the call log needs, without keeping a value that could be secret."""

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from moto.core.request import Request
from moto.core.routing import get_service_router

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")

# Signing names that differ from botocore's service names.
_SERVICES = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "email": "ses",
    "execute-api": "apigatewaymanagementapi",
}
_TIMESTREAM = {"Query", "PrepareQuery", "CancelQuery"}

# Parameters that name what a call is about, most telling first.
_RESOURCE_PARAMETERS = (
    "FunctionName", "TableName", "Bucket", "executionArn", "stateMachineArn", "TopicArn", "QueueUrl", "AlarmName",
    "StackName", "logGroupName", "restApiId", "restapi_id", "EnvironmentId", "ApplicationId", "RoleName", "KeyId",
    "SecretId", "identifier", "Identifier", "Name", "name", "id", "Id",
)  # fmt: skip


@dataclass
class RequestFacts:
    service: str
    region: str
    access_key: str
    operation: str | None = None
    resource: str | None = None
    parameters: list[str] = field(default_factory=list)


def read(environ: dict[str, Any]) -> RequestFacts | None:
    """The facts of a request with a Signature Version 4; None for any other request. Leaves the body readable."""
    signed = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not signed:
        return None
    service = _SERVICES.get(signed["service"], signed["service"])
    facts = RequestFacts(service, signed["region"], signed["key"])
    values: dict[str, Any] = {}
    target = environ.get("HTTP_X_AMZ_TARGET")
    content_type = environ.get("CONTENT_TYPE", "")
    if target:
        facts.operation = target.rpartition(".")[2]
        values = _json_object(_body(environ))
    elif content_type.startswith("application/x-www-form-urlencoded"):
        form = {name: found[0] for name, found in parse_qs(_body(environ).decode()).items()}
        facts.operation = form.pop("Action", None)
        form.pop("Version", None)
        values = form
    else:
        facts.operation, values = _rest(environ, service)
        if service != "s3" and content_type.startswith("application/json"):
            values |= _json_object(_body(environ))
    if service == "timestream":
        facts.service = "timestream-query" if facts.operation in _TIMESTREAM else "timestream-write"
    facts.parameters = sorted(values)
    facts.resource = next((str(values[name]) for name in _RESOURCE_PARAMETERS if values.get(name)), None)
    return facts


def error_code(headers: list[tuple[str, str]], body: Any) -> str | None:
    """The AWS error code of an answer, in whichever of the protocols' places it stands."""
    for name, value in headers:
        if name.lower() == "x-amzn-errortype":
            return value.partition(":")[0]
    text = b"".join(body)
    in_xml = _XML_CODE.search(text)
    if in_xml:
        return in_xml[1].decode()
    answer = _json_object(text)
    code = answer.get("__type") or answer.get("code") or answer.get("Code")
    return str(code).rpartition("#")[2] if code else None


def _rest(environ: dict[str, Any], service: str) -> tuple[str | None, dict[str, Any]]:
    try:
        request = Request({k: v for k, v in environ.items() if k != "wsgi.input"})
        operation, in_path = get_service_router(service).match(request)
    except Exception:  # what moto cannot route is moto's to refuse; the log only lacks the operation's name
        return None, {}
    in_query = {name: found[0] for name, found in parse_qs(environ.get("QUERY_STRING", "")).items()}
    return operation.name, in_query | {name: unquote(str(value)) for name, value in in_path.items()}


def _body(environ: dict[str, Any]) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not length:  # none, or of unknown length, and then it must not be taken from moto
        return b""
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
