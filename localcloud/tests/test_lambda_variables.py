"""Environments that Lambda refuses."""

import json

import pytest

from localcloud.tests.support import python_function, role, zip_of
from localcloud.tests.test_model_constraints import refusal

WHY = "Lambda was unable to configure your environment variables because the environment variables you have provided "


@pytest.fixture
def update(client):
    """`update(variables)` replaces the environment of a function."""
    python_function(client, "f", "def handler(e, c): return 1", Environment={"Variables": {"KEPT": "yes"}})

    def update(variables):
        return client("lambda").update_function_configuration(FunctionName="f", Environment={"Variables": variables})

    yield update
    assert "Environment" in client("lambda").get_function_configuration(FunctionName="f")


def of_size(size):
    """Variables that measure `size` bytes: as JSON, names and quotes included."""
    return {"VARIABLE": "x" * (size - len('{"VARIABLE":""}'))}


def test_4096_bytes_fit_and_one_more_does_not(client, update):
    too_much = of_size(4097)
    measured = json.dumps(too_much, separators=(",", ":"))
    assert refusal(lambda: update(too_much)) == (
        "InvalidParameterValueException",
        400,
        f"{WHY}exceeded the 4KB limit. String measured: {measured}",
    )
    assert client("lambda").get_function_configuration(FunctionName="f")["Environment"]["Variables"] == {"KEPT": "yes"}
    assert update(of_size(4096))["Environment"]["Variables"] == of_size(4096)


def test_the_limit_is_in_bytes(update):
    assert refusal(lambda: update({"VARIABLE": "ü" * 2048}))[0] == "InvalidParameterValueException"


def test_names_that_lambda_keeps_for_itself(update):
    assert refusal(lambda: update({"FINE": "1", "AWS_REGION": "eu-west-1", "AWS_LAMBDA_RUNTIME_API": "x"})) == (
        "InvalidParameterValueException",
        400,
        f"{WHY}contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_LAMBDA_RUNTIME_API, AWS_REGION",
    )
    # Others that begin alike are free.
    assert update({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap", "TZ": "UTC", "AWS_ENDPOINT_URL": "http://localhost"})


def test_a_new_function_too(client):
    code = {"ZipFile": zip_of({"app.py": "def handler(e, c): return 1"})}
    settings = {"Runtime": "python3.12", "Handler": "app.handler", "Role": role(client), "Code": code}
    for variables in (of_size(4097), {"AWS_SESSION_TOKEN": "x"}):
        create = lambda: client("lambda").create_function(  # noqa: E731
            FunctionName="new", Environment={"Variables": variables}, **settings
        )
        assert refusal(create)[:2] == ("InvalidParameterValueException", 400)
