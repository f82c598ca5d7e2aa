"""What the public service models (botocore) say of the services whose SDKs this workspace links, and how they are read.

    models.py [SERVICE…]      prints {service id: {"name", "protocol", "errors": {operation: {kind: [status, code]}}}},
                              of those services beside the linked ones
    models.py read < answers  prints [status, code] of each error answer, as botocore understands it
"""

import base64
import gzip
import json
import re
import sys
from pathlib import Path

import botocore
from botocore.model import ServiceModel
from botocore.parsers import create_parser

LOCK = Path(__file__).parents[3] / "Cargo.lock"
MODELS = Path(botocore.__file__).parent / "data"
# Enough of a model to have its metadata.
HEAD = 4000

# How services call what may go wrong, where an operation's model names it.
CODES = {
    "throttled": {
        "RequestLimitExceeded",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    },
    "denied": {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"},
}


def described(also):
    linked = set(re.findall(r'^name = "aws-sdk-(.+)"$', LOCK.read_text(), re.MULTILINE))
    found = {}
    for path in sorted(MODELS.glob("*/*/service-2.json.gz")):
        with gzip.open(path) as model:
            head = re.search(rb'"serviceId"\s*:\s*"([^"]+)"', model.read(HEAD))
        service = head and head[1].decode()
        # That is how the SDK's crates are named. Of several versions of a model the last one is the present one.
        if service and (service.lower().replace(" ", "") in linked or service in also):
            found[service] = path
    return {service: _service(path) for service, path in found.items()}


def _service(path):
    model = json.loads(gzip.decompress(path.read_bytes()))
    errors = {name: _errors(model, operation) for name, operation in model["operations"].items()}
    return {"name": path.parts[-3], "protocol": model["metadata"]["protocol"], "errors": errors}


def _errors(model, operation):
    kinds = {}
    for shape in (error["shape"] for error in operation.get("errors", [])):
        error = model["shapes"][shape].get("error", {})
        code, status = error.get("code", shape), error.get("httpStatusCode")
        kind = next((kind for kind, codes in CODES.items() if code in codes), None)
        if kind is None and model["shapes"][shape].get("fault") and status in (None, 500):
            kind = "server_error"
        if kind is not None:
            kinds.setdefault(kind, [status or (500 if kind == "server_error" else 400), code])
    return kinds


def read(answers):
    return [_read(answer) for answer in answers]


def _read(answer):
    path = max(MODELS.glob(f"{answer['name']}/*/service-2.json.gz"))
    model = ServiceModel(json.loads(gzip.decompress(path.read_bytes())), answer["name"])
    parser = create_parser(answer["protocol"])
    operation = model.operation_model(answer["operation"])
    response = {
        "status_code": answer["status"],
        "headers": answer["headers"],
        "body": base64.b64decode(answer["body"]),
        "context": {"operation_name": answer["operation"]},
    }
    parsed = parser.parse(response, operation.output_shape)
    return [parsed["ResponseMetadata"]["HTTPStatusCode"], parsed["Error"]["Code"]]


if __name__ == "__main__":
    if sys.argv[1:] == ["read"]:
        print(json.dumps(read(json.load(sys.stdin))))
    else:
        print(json.dumps(described(set(sys.argv[1:]))))
