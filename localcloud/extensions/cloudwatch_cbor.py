"""CloudWatch over Smithy RPC v2 CBOR, the protocol that the Rust SDK speaks to it. moto knows only JSON and query.

A request is read by the public model, made once more with the same access key over JSON, and its answer is written as
CBOR, so moto's CloudWatch and everything that extends it serve both protocols alike.
"""

import re
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import OperationNotFoundError
from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from werkzeug import Request, Response

from ..routes import route
from ..settings import OPERATOR_ENV, REGION
from ._clients import checking_client

_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/")
_HEADERS = {"smithy-protocol": "rpc-v2-cbor"}

_parser = RpcV2CBORParser()
_serializer = RpcV2CBORSerializer()


def install() -> None:
    route("POST", r"/service/GraniteServiceVersion20100801/operation/(?P<operation>\w+)")(_answer)


def _answer(request: Request, operation: str) -> Response:
    signed = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    region = signed["region"] if signed else REGION
    key = signed["key"] if signed else OPERATOR_ENV["AWS_ACCESS_KEY_ID"]
    cloudwatch = checking_client("cloudwatch", region, key)
    try:
        model = cloudwatch.meta.service_model.operation_model(operation)
        given = _read(request.get_data())
        result = getattr(cloudwatch, xform_name(operation))(**given)
    except OperationNotFoundError:
        return _error("UnknownOperationException", f"CloudWatch has no operation {operation}", 404)
    except ParamValidationError as wrong:
        return _error("ValidationError", str(wrong), 400)
    except ClientError as refused:
        error = refused.response["Error"]
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
        return _error(error["Code"], error["Message"], status)
    result.pop("ResponseMetadata")
    if model.output_shape is None:
        return Response(status=200, headers=_HEADERS)
    body = bytearray()
    _serializer._serialize_data_item(body, result, model.output_shape)
    return Response(bytes(body), headers=_HEADERS, content_type="application/cbor")


def _read(body: bytes) -> dict[str, Any]:
    return _parser.parse_data_item(_parser.get_peekable_stream_from_bytes(body)) if body else {}


def _error(code: str, message: str, status: int) -> Response:
    pairs = {"__type": f"com.amazonaws.cloudwatch#{code}", "message": message}
    body = bytearray([0xA0 + len(pairs)])  # a map of so many pairs
    for text in (text for pair in pairs.items() for text in pair):
        _serializer._serialize_type_string(body, text, None, None)
    return Response(bytes(body), status=status, headers=_HEADERS, content_type="application/cbor")
