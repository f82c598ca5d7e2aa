"""The permissions that docs/cli.md lists for the command are those of the calls that its sources make."""

import json
import re

import botocore.session
from botocore import xform_name

from .test_docs import ROOT

PAGE = ROOT / "docs" / "cli.md"
# The services that the command has clients for, with the prefix of their permissions.
SERVICES = {"cloudformation": "cloudformation", "dynamodb": "dynamodb", "s3": "s3", "stepfunctions": "states"}
# Everything of the command that talks to AWS; the rest of these crates is for the functions.
SOURCES = ("cli/src/**/*.rs", "crates/executions/src/*.rs", "crates/aws/src/ledger.rs", "crates/aws/src/ledger/*.rs")
SOURCES += tuple(f"crates/aws/src/{name}.rs" for name in ("bucket", "plans", "reports"))
# Operations whose permission has another name.
RENAMED = {"s3:ListObjectsV2": "s3:ListBucket"}
NOT_BY_THE_COMMAND = {"dynamodb:PutItem": "a run and its steps are written first by its own functions"}


def called():
    text = "\n".join(path.read_text(encoding="utf-8") for pattern in SOURCES for path in ROOT.glob(pattern))
    session = botocore.session.get_session()
    names = {
        xform_name(operation): f"{prefix}:{operation}"
        for service, prefix in SERVICES.items()
        for operation in session.get_service_model(service).operation_names
    }
    found = {names[name] for name in re.findall(r"\.(\w+)\(\)", text) if name in names}
    if ".set_version_id(" in text:
        found.add("s3:GetObjectVersion")
    return {RENAMED.get(action, action) for action in found}


def section():
    return PAGE.read_text(encoding="utf-8").split("\n## What the caller may do\n", 1)[1].split("\n## ", 1)[0]


def statements():
    [policy] = re.findall(r"^```json\n(.+?)^```", section(), re.MULTILINE | re.DOTALL)
    return json.loads(policy)["Statement"]


def actions(statement):
    return [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]


def test_what_is_listed_is_what_is_called():
    listed = {action for statement in statements() for action in actions(statement) if not action.startswith("kms:")}
    assert listed == called() - set(NOT_BY_THE_COMMAND)
    assert set(NOT_BY_THE_COMMAND) <= called(), "a reason for what nothing calls"


def test_every_statement_is_some_commands():
    table = {name for row in re.findall(r"^\|[^|]+\|(.+)\|$", section(), re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    listed = {statement["Sid"] for statement in statements()}
    assert table - {"Look"} == {sid for sid in listed if not sid.startswith("Look")}
    assert any(sid.startswith("Look") for sid in listed)
