"""The event that a Lambda proxy integration is given, and the response that it must return."""

import base64
import json
import uuid
from datetime import datetime, timezone
from typing import Any

from moto.apigateway.models import RestAPI, Stage
from werkzeug import Request, Response

from ._apigateway_routing import Match


class MalformedResponse(Exception):
    """The function did not answer `{"statusCode": ..., "headers": ..., "body": ...}`."""


def _multi(pairs: Any) -> dict[str, list[str]] | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values or None


def _last(values: dict[str, list[str]] | None) -> dict[str, str] | None:
    return {name: several[-1] for name, several in values.items()} if values else None


def event(request: Request, api: RestAPI, stage: Stage, match: Match, path: str, request_id: str) -> dict[str, Any]:
    """The event of format 1.0, which REST APIs send."""
    now = datetime.now(timezone.utc)
    headers = _multi(request.headers.items())
    query = _multi(request.args.items(multi=True))
    body = request.get_data()
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "resource": match.resource["path"],
        "path": path,
        "httpMethod": request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query),
        "multiValueQueryStringParameters": query,
        "pathParameters": match.parameters or None,
        "stageVariables": dict(stage.variables) or None,
        "requestContext": {
            "resourceId": match.resource["id"],
            "resourcePath": match.resource["path"],
            "httpMethod": request.method,
            "extendedRequestId": uuid.uuid4().hex[:15] + "=",
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "path": f"/{stage.name}{path}",
            "accountId": api.account_id,
            "protocol": "HTTP/1.1",
            "stage": stage.name,
            "domainPrefix": api.id,
            "domainName": f"{api.id}.execute-api.{api.region_name}.amazonaws.com",
            "requestId": request_id,
            "deploymentId": stage.deployment_id,
            "apiId": api.id,
            "identity": {
                "sourceIp": request.remote_addr,
                "userAgent": request.headers.get("User-Agent"),
                "apiKey": request.headers.get("x-api-key"),
            },
        },
        "body": text or None,
        "isBase64Encoded": encoded,
    }


def response(payload: bytes) -> Response:
    """The HTTP response that a function's answer describes. Raises `MalformedResponse`."""
    try:
        answer = json.loads(payload)
        status = int(answer["statusCode"])
        body = answer.get("body") or ""
        headers = answer.get("headers") or {}
        several = answer.get("multiValueHeaders") or {}
        data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        mapped = Response(data, status=status, content_type="application/json")
        for name, value in headers.items():
            mapped.headers[name] = str(value)
        for name, values in several.items():
            mapped.headers.setlist(name, [str(value) for value in values])
        return mapped
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise MalformedResponse(str(problem)) from problem
