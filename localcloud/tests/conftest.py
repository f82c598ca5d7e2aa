"""A real server on a free port, with every extension installed, shared by all tests and emptied before each."""

import json

import pytest

from localcloud.cloud import LocalCloud


@pytest.fixture(scope="session")
def running_cloud(tmp_path_factory):
    with LocalCloud(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def cloud(running_cloud):
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def client(cloud):
    """`client("lambda")` gives a boto3 client of the local cloud."""
    return cloud.client


@pytest.fixture
def stack(client):
    """`stack(resources, ...)` creates the stack, or updates it, and returns its outputs."""
    cloudformation = client("cloudformation")

    def apply(resources, outputs=None, parameters=None, **given):
        template = {
            "Resources": resources,
            "Outputs": {name: {"Value": value} for name, value in (outputs or {}).items()},
            "Parameters": {name: {"Type": "String"} for name in (parameters or [])},
        }
        options = {
            "StackName": "s",
            "TemplateBody": json.dumps(template),
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        }
        exists = cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE", "UPDATE_COMPLETE"])["StackSummaries"]
        (cloudformation.update_stack if exists else cloudformation.create_stack)(**options)
        found = cloudformation.describe_stacks(StackName="s")["Stacks"][0].get("Outputs", [])
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    return apply
