"""The calls of the end-to-end tests, as IAM sees them: which actions on which resource.

The harness of the tests (`tests/src/cloud.rs`) leaves one file for each cloud, with the outputs of its stack. The log
knows a resource by one name or id; where it does not know the rest, `*` stands for it.
"""

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cache

import botocore.session

from infra.conftest import ROOT

FOLDER = ROOT / "target" / "end-to-end" / "calls"

# The prefix of a service's permissions, where it is not what botocore calls the service.
PREFIXES = {"appconfigdata": "appconfig", "stepfunctions": "states", "timestream-query": "timestream"}
# Operations whose permission has another name.
RENAMED = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "timestream:Query": "timestream:Select",
}


@dataclass(frozen=True, order=True)
class Use:
    """A permission that a function needed; `resource` is an ARN, with `*` for what the log does not know."""

    function: str
    action: str
    resource: str


def logs():
    """(outputs of the stack, calls) of each cloud."""
    read = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))]
    return [(log["outputs"], log["calls"]) for log in read]


@cache
def table():
    """What the actions call, as the catalogue says it: (function, calls)."""
    command = [ROOT / "target" / "debug" / "backout", "schema", "--actions", "--output", "json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [(f"backout-{action['function']}", calls) for action in told["actions"] for calls in action["calls"]]


def use(call, here):
    """The permission that a call needed. `here` is region and account, with a colon between them."""
    action = _action(call)
    everything = {"everything", "everything_once"}
    without_resource = {it for _, calls in table() if everything & set(calls["on"]) for it in calls["permissions"]}
    return Use(call["function"], action, "" if action in without_resource else _resource(call, action, here))


def made(call):
    """(function, service, operation) of a call, as the tables have them."""
    service, operation = _operation(call)
    return call["function"], service_model(service).service_id, operation


def _operation(call):
    service, operation = call["service"], call["operation"]
    if service == "appconfig" and operation is None:
        # Two services sign with this name, and the log cannot tell the operations of the second.
        starts = "ApplicationIdentifier" in call["parameters"]
        return "appconfigdata", "StartConfigurationSession" if starts else "GetLatestConfiguration"
    if operation is None:
        raise ValueError(f"tests/permissions does not know the operation of {call}")
    return service, operation


def _action(call):
    service, operation = _operation(call)
    prefix = PREFIXES.get(service, service)
    if service == "apigateway":
        return f"{prefix}:{_model(service, operation).http['method']}"
    action = f"{prefix}:{operation}"
    if action == "s3:GetObject" and "versionId" in call["parameters"]:
        return "s3:GetObjectVersion"
    return RENAMED.get(action, action)


def _resource(call, action, here):
    name, parameters = call["resource"] or "*", call["parameters"]
    if name.startswith("arn:"):
        return name
    match action.split(":")[0]:
        case "apigateway":
            path = _model("apigateway", call["operation"]).http["requestUri"].partition("?")[0]
            path = path.replace("{restapi_id}", name)
            return f"arn:aws:apigateway:{here.split(':')[0]}::{re.sub(r'{[^}]+}', '*', path)}"
        case "appconfig" if "EnvironmentId" in parameters:
            return f"arn:aws:appconfig:{here}:application/*/environment/{name}*"
        case "appconfig":
            return f"arn:aws:appconfig:{here}:application/{name}*"
        case "dynamodb":
            index = "/index/*" if "IndexName" in parameters else ""
            return f"arn:aws:dynamodb:{here}:table/{name}{index}"
        case "events":
            # Of the default bus the name alone, of another one the bus before it.
            return f"arn:aws:events:{here}:rule/*{name}"
        case "lambda":
            return f"arn:aws:lambda:{here}:function:{name}" + (":*" if "Qualifier" in parameters else "")
        case "logs":
            return f"arn:aws:logs:{here}:log-group:{name}:*"
        case "s3":
            return f"arn:aws:s3:::{name}" + ("" if action == "s3:ListBucket" else "/*")
        case "ssm":
            return f"arn:aws:ssm:{here}:parameter/{name.removeprefix('/')}"
        case "timestream":
            return f"arn:aws:timestream:{here}:database/*"
    raise ValueError(f"tests/permissions does not know the ARN for {call}")


@cache
def service_model(service):
    """The model of a service, by the name that botocore has for it."""
    return botocore.session.get_session().get_service_model(service)


@cache
def _model(service, operation):
    return service_model(service).operation_model(operation)
