"""The feature flags: an AppConfig application with one environment, one profile and its first version deployed."""

import json
import time

from deployment import names
from deployment.session import Account

# A rollback flips the first three; the others, with their attributes, are somebody else's business.
FLAGS = {
    "enable_maintenance_mode": {"value": {"enabled": False}},
    "use_influxdb": {"value": {"enabled": True}},
    "enable_flux_queries": {"value": {"enabled": True}},
    "enable_rag_answers": {
        "value": {"enabled": True, "model": "ons-answers-2", "max_sources": 3},
        "attributes": {
            "model": {"constraints": {"type": "string", "required": True}},
            "max_sources": {"constraints": {"type": "number", "minimum": 1, "maximum": 10}},
        },
    },
    "query_cache": {
        "value": {"enabled": True, "ttl_seconds": 60},
        "attributes": {"ttl_seconds": {"constraints": {"type": "number", "minimum": 1, "required": True}}},
    },
    "beta_forecasts": {
        "value": {"enabled": False},
        "attributes": {"regions": {"constraints": {"type": "array", "elements": {"type": "string"}}}},
    },
}


def definition() -> dict:
    """The profile's content, in the format of AWS.AppConfig.FeatureFlags version 1."""
    return {
        "version": "1",
        "flags": {
            name: {"name": name} | ({"attributes": flag["attributes"]} if "attributes" in flag else {}) for name, flag in FLAGS.items()
        },
        "values": {name: flag["value"] for name, flag in FLAGS.items()},
    }


def deploy(account: Account) -> dict:
    appconfig = account.client("appconfig")
    application = _named(appconfig.list_applications()["Items"], names.APPLICATION) or appconfig.create_application(Name=names.APPLICATION)
    scope = {"ApplicationId": application["Id"]}
    environment = _named(appconfig.list_environments(**scope)["Items"], names.ENVIRONMENT) or appconfig.create_environment(
        **scope, Name=names.ENVIRONMENT
    )
    profile = _named(
        appconfig.list_configuration_profiles(**scope)["Items"], names.FLAGS_PROFILE
    ) or appconfig.create_configuration_profile(
        **scope, Name=names.FLAGS_PROFILE, LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )
    strategy = _named(
        appconfig.list_deployment_strategies()["Items"], names.DEPLOYMENT_STRATEGY
    ) or appconfig.create_deployment_strategy(
        Name=names.DEPLOYMENT_STRATEGY,
        Description="To everyone, at once, without a bake time: for switches that must work in an emergency",
        DeploymentDurationInMinutes=0,
        FinalBakeTimeInMinutes=0,
        GrowthFactor=100,
        GrowthType="LINEAR",
        ReplicateTo="NONE",
    )
    version = appconfig.create_hosted_configuration_version(
        **scope,
        ConfigurationProfileId=profile["Id"],
        Content=json.dumps(definition()).encode(),
        ContentType="application/json",
    )["VersionNumber"]
    started = appconfig.start_deployment(
        **scope,
        EnvironmentId=environment["Id"],
        DeploymentStrategyId=strategy["Id"],
        ConfigurationProfileId=profile["Id"],
        ConfigurationVersion=str(version),
    )
    _wait_for_deployment(appconfig, {**scope, "EnvironmentId": environment["Id"]}, started["DeploymentNumber"])
    return {"application_id": application["Id"], "environment_id": environment["Id"], "profile_id": profile["Id"]}


def _named(items: list[dict], name: str) -> dict | None:
    return next((item for item in items if item["Name"] == name), None)


def _wait_for_deployment(appconfig, environment: dict, number: int) -> None:
    for _ in range(300):
        state = appconfig.get_deployment(**environment, DeploymentNumber=number)["State"]
        if state == "COMPLETE":
            return
        if state in ("ROLLING_BACK", "ROLLED_BACK", "REVERTED"):
            break
        time.sleep(0.1)
    raise RuntimeError(f"the deployment of the feature flags ended {state}")
