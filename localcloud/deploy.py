"""Deploys a SAM template as a CloudFormation stack, as `sam deploy` does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from . import sam

ARTIFACTS = "localcloud-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeployError(Exception):
    """The stack could not be deployed; the text says why."""


def deploy(
    client: Callable[[str], Any],
    template: Path,
    stack: str,
    bin_dir: Path,
    parameters: dict[str, str] | None = None,
) -> dict[str, str]:
    """Creates or updates the stack and returns its outputs. `client(service)` gives boto3 clients.

    Raises `DeployError`.
    """
    try:
        source = sam.load(template)
        values = sam.parameter_values(source, parameters or {})
        s3 = client("s3")
        s3.create_bucket(Bucket=ARTIFACTS)
        packaged = sam.package(source, template.parent, bin_dir, s3, ARTIFACTS)
        expanded = sam.expand(packaged, values, s3.meta.region_name)
        key = f"{stack}.template.json"
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=json.dumps(expanded).encode())
        _create_or_update(
            client("cloudformation"),
            stack,
            StackName=stack,
            TemplateURL=f"https://{ARTIFACTS}.s3.amazonaws.com/{key}",
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
            Capabilities=_CAPABILITIES,
        )
    except sam.TemplateError as error:
        raise DeployError(f"{template}:\n{error}") from error
    except ClientError as error:
        raise DeployError(f"the stack {stack}: {error.response['Error']['Message']}") from error
    return outputs_of(client("cloudformation"), stack)


def outputs_of(cloudformation: Any, stack: str) -> dict[str, str]:
    """The outputs of a stack, by key."""
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _create_or_update(cloudformation: Any, stack: str, **parameters: Any) -> None:
    if not _exists(cloudformation, stack):
        cloudformation.create_stack(**parameters)
        return
    try:
        cloudformation.update_stack(**parameters)
    except ClientError as error:
        if "No updates are to be performed" not in error.response["Error"]["Message"]:
            raise


def _exists(cloudformation: Any, stack: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return False
        raise
    return True
