"""A stage's canary: its settings, its share of the requests, its promotion."""

import pytest

from .test_apigateway import api, refused, uri  # noqa: F401
from .test_apigateway_gateway import platform  # noqa: F401


def settings(api):  # noqa: F811
    return api.gateway.get_stage(**api.stage).get("canarySettings")


def canary(api, percent=100.0, **more):  # noqa: F811
    return api.deploy(canarySettings={"percentTraffic": percent, **more})


def test_a_deployment_can_be_the_canarys_alone(api):  # noqa: F811
    before = api.gateway.get_stage(**api.stage)["deploymentId"]
    deployed = canary(api, 12.5, stageVariableOverrides={"colour": "blue"})
    assert api.gateway.get_stage(**api.stage)["deploymentId"] == before
    assert settings(api) == {
        "percentTraffic": 12.5,
        "deploymentId": deployed,
        "stageVariableOverrides": {"colour": "blue"},
        "useStageCache": False,
    }


def test_a_new_stage_can_have_one(api):  # noqa: F811
    first, second = api.deploy(), api.deploy()
    api.gateway.create_stage(
        restApiId=api.id, stageName="beta", deploymentId=first, canarySettings={"deploymentId": second, "percentTraffic": 5}
    )
    stage = api.gateway.get_stage(restApiId=api.id, stageName="beta")
    assert (stage["deploymentId"], stage["canarySettings"]["deploymentId"]) == (first, second)


def test_it_is_patched_promoted_and_removed(api):  # noqa: F811
    deployed = canary(api, 10)
    api.patch_stage(
        ("replace", "/canarySettings/percentTraffic", "25"),
        ("replace", "/canarySettings/stageVariableOverrides/colour", "blue"),
        ("replace", "/canarySettings/useStageCache", "true"),
    )
    assert settings(api) == {
        "percentTraffic": 25.0,
        "deploymentId": deployed,
        "stageVariableOverrides": {"colour": "blue"},
        "useStageCache": True,
    }
    promote = {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}
    api.gateway.update_stage(**api.stage, patchOperations=[promote, {"op": "remove", "path": "/canarySettings"}])
    assert api.gateway.get_stage(**api.stage)["deploymentId"] == deployed
    assert settings(api) is None


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/canarySettings/percentTraffic", "many"), "Invalid value 'many' for /canarySettings/percentTraffic"),
        (("replace", "/canarySettings/percentTraffic", "101"), "Canary percentTraffic must be between 0.0 and 100.0"),
        (("replace", "/canarySettings/deploymentId", "nope"), "Deployment id does not exist"),
        (
            ("replace", "/canarySettings/weight", "1"),
            "Invalid patch path  '/canarySettings/weight' specified for op 'replace'",
        ),
        (("copy", "/deploymentId"), "Invalid copy: the stage has no canary to copy from"),
    ],
)
def test_what_is_refused(api, operation, message):  # noqa: F811
    assert refused(lambda: api.patch_stage(operation)) == ("BadRequestException", 400, message)
    assert settings(api) is None


def test_a_deployment_that_a_canary_serves_is_not_deleted(api):  # noqa: F811
    deployed = canary(api)
    delete = lambda: api.gateway.delete_deployment(restApiId=api.id, deploymentId=deployed)  # noqa: E731
    assert refused(delete)[0] == "BadRequestException"


@pytest.mark.parametrize(("percent", "by"), [("100", "timestream"), ("0", "influx")])
def test_requests_are_shared(platform, percent, by):  # noqa: F811
    platform.function("timestream")
    platform.permit("timestream")
    gateway = platform.client("apigateway")
    gateway.update_integration(
        **platform.query, patchOperations=[{"op": "replace", "path": "/uri", "value": uri("timestream")}]
    )
    gateway.create_deployment(restApiId=platform.id, stageName="prod", canarySettings={"percentTraffic": 50})
    platform.patch(("/canarySettings/percentTraffic", percent))
    assert platform.send("POST", "/query")[1]["by"] == by


def test_patches_that_a_stage_does_not_know(api):  # noqa: F811
    assert refused(lambda: api.patch_stage(("add", "/deploymentId", "x"))) == (
        "BadRequestException",
        400,
        "Invalid patch path  '/deploymentId' specified for op 'add'. Must be: [replace]",
    )
    assert refused(lambda: api.patch_stage(("replace", "/*/*/logging/loglevel", "LOUD")))[:2] == ("BadRequestException", 400)
