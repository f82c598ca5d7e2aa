"""What the functions call, read off their sources, is what their roles allow: not less, and nothing more.

The journal (DynamoDB) and the stack's bucket (S3) are reached through `crates/aws` by all functions, and are not compared
here.
"""

import re

import botocore.session
import pytest

from .conftest import INVOKED, ROOT
from .test_permissions import as_list, statements

# The SDK crate, the name that botocore has for the service, and the prefix of its permissions.
SERVICES = {
    "apigateway": ("apigateway", "apigateway"),
    "appconfig": ("appconfig", "appconfig"),
    "appconfigdata": ("appconfigdata", "appconfig"),
    "cloudwatch": ("cloudwatch", "cloudwatch"),
    "cloudwatchlogs": ("logs", "logs"),
    "eventbridge": ("events", "events"),
    "lambda": ("lambda", "lambda"),
    "sfn": ("stepfunctions", "states"),
    "sns": ("sns", "sns"),
    "ssm": ("ssm", "ssm"),
    "timestreaminfluxdb": ("timestream-influxdb", "timestream-influxdb"),
    "timestreamquery": ("timestream-query", "timestream"),
}
# Crates of the project that call services other than ledger and bucket.
SHARED = ["aliases", "executions"]
# Operations whose permission has another name, or needs others beside it.
PERMISSIONS = {
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "timestream:Query": {"timestream:Select", "timestream:SelectValues", "timestream:DescribeEndpoints"},
}
# Allowed without a call in the source: what Lambda and CloudWatch Logs need for the function itself.
OWN_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}


def operations(service):
    """The operations of a service by their name in the SDK: (name, method of HTTP)."""
    model = botocore.session.get_session().get_service_model(service)
    snake = lambda name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()  # noqa: E731
    return {snake(name): (name, model.operation_model(name).http["method"]) for name in model.operation_names}


def called(folder):
    """The permissions that the calls in a crate's sources need."""
    manifest = (folder / "Cargo.toml").read_text()
    # What it calls through a crate of the project, it calls itself.
    folders = [folder] + [ROOT / "crates" / name for name in SHARED if f"backout-{name}." in manifest]
    manifest = "\n".join((each / "Cargo.toml").read_text() for each in folders)
    source = "\n".join(
        path.read_text()
        for each in folders
        for path in (each / "src").rglob("*.rs")
        if not path.stem.startswith(("test", "tests"))
    )
    calls = set(re.findall(r"\.\s*([a-z0-9_]+)\(\)", source))
    needed = set()
    for crate, (service, prefix) in SERVICES.items():
        if not re.search(rf"^aws-sdk-{crate}\b", manifest, re.MULTILINE):
            continue
        for name, (operation, method) in operations(service).items():
            if name in calls:
                permission = f"{prefix}:{method if service == 'apigateway' else operation}"
                needed |= PERMISSIONS.get(permission, {permission})
    return needed


@pytest.mark.parametrize("function", ["trigger", *INVOKED])
def test_a_role_allows_what_its_function_calls_and_nothing_more(template, function):
    [manifest] = ROOT.glob(f"functions/*/{function}/Cargo.toml")
    prefixes = {prefix for _, prefix in SERVICES.values()}
    allowed = {
        action
        for role, statement in statements(template)
        if role == f"{function.capitalize()}Role"
        for action in as_list(statement["Action"])
        if action.split(":")[0] in prefixes
    }
    assert allowed - OWN_LOGS == called(manifest.parent)
