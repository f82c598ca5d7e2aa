"""The calls of the end-to-end tests, as IAM sees them: which actions on which resource.

The harness of the tests (`tests/src/cloud.rs`) leaves one file for each cloud, with the outputs of its stack. The log
knows a resource by one name or id; where it does not know the rest, `*` stands for it.
"""

import json
import re
from dataclasses import dataclass
from functools import cache

import botocore.session

from infra.conftest import ROOT
from infra.test_calls import PERMISSIONS, SERVICES

FOLDER = ROOT / "target" / "end-to-end" / "calls"

# The prefix of a service's permissions.
PREFIXES = dict(SERVICES.values()) | {"dynamodb": "dynamodb", "s3": "s3"}
# Two services sign with this name, and the log cannot tell the operations of the second.
APPCONFIG_DATA = {True: "appconfig:StartConfigurationSession", False: "appconfig:GetLatestConfiguration"}
# Operations whose permission has another name.
RENAMED = PERMISSIONS | {
    "s3:HeadObject": {"s3:GetObject"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
}
# Actions that IAM knows no resources for: only `*` allows them.
WITHOUT_RESOURCE = {
    "appconfig:ListApplications",
    "appconfig:ListDeploymentStrategies",
    "cloudwatch:DescribeAlarms",
    "states:ListStateMachines",
    "timestream:DescribeEndpoints",
    "timestream:SelectValues",
    "timestream-influxdb:ListDbInstances",
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


def uses(call, here):
    """The permissions that a call needed. `here` is region and account, with a colon between them."""
    actions = _actions(call)
    return {
        Use(call["function"], action, "" if action in WITHOUT_RESOURCE else _resource(call, action, here))
        for action in actions
    }


def _actions(call):
    service, operation = call["service"], call["operation"]
    if service == "appconfig" and operation is None:
        return {APPCONFIG_DATA["ApplicationIdentifier" in call["parameters"]]}
    if service not in PREFIXES or operation is None:
        raise ValueError(f"tests/permissions does not know the permission for {call}")
    prefix = PREFIXES[service]
    if service == "apigateway":
        return {f"{prefix}:{_model(service, operation).http['method']}"}
    action = f"{prefix}:{operation}"
    if action == "s3:GetObject" and "versionId" in call["parameters"]:
        return {"s3:GetObjectVersion"}
    return RENAMED.get(action, {action})


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
def _model(service, operation):
    return botocore.session.get_session().get_service_model(service).operation_model(operation)
