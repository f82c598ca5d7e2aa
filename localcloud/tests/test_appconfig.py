"""AppConfig: environments, strategies, hosted versions, deployments."""

import json
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

FLAGS = {
    "version": "1",
    "flags": {"maintenance": {"name": "maintenance"}, "influx": {"name": "influx", "attributes": {"limit": {}}}},
    "values": {"maintenance": {"enabled": False}, "influx": {"enabled": True, "limit": 5}},
}


def flags(**enabled):
    values = {name: {**value, "enabled": enabled.get(name, value["enabled"])} for name, value in FLAGS["values"].items()}
    return json.dumps({**FLAGS, "values": values}).encode()


@dataclass
class Platform:
    """An application with an environment, a profile of feature flags and a strategy without bake time."""

    api: object
    ids: dict = field(default_factory=dict)
    strategy: str = ""
    profile: str = ""

    def version(self, content=None, **more):
        return self.api.create_hosted_configuration_version(
            ApplicationId=self.ids["ApplicationId"],
            ConfigurationProfileId=self.profile,
            Content=content or flags(),
            ContentType="application/json",
            **more,
        )["VersionNumber"]

    def deploy(self, version, **more):
        return self.api.start_deployment(
            **self.ids,
            ConfigurationVersion=str(version),
            **{"DeploymentStrategyId": self.strategy, "ConfigurationProfileId": self.profile, **more},
        )

    def deployment(self, number):
        return self.api.get_deployment(**self.ids, DeploymentNumber=number)

    @property
    def state(self):
        return self.api.get_environment(**self.ids)["State"]


@pytest.fixture
def platform(client):
    api = client("appconfig")
    application = api.create_application(Name="ons-platform")["Id"]
    environment = api.create_environment(ApplicationId=application, Name="production", Tags={"team": "data"})["Id"]
    profile = api.create_configuration_profile(
        ApplicationId=application, Name="feature-flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )["Id"]
    strategy = api.create_deployment_strategy(
        Name="at-once", DeploymentDurationInMinutes=0, FinalBakeTimeInMinutes=0, GrowthFactor=100
    )["Id"]
    return Platform(api, {"ApplicationId": application, "EnvironmentId": environment}, strategy, profile)


def refused(call):
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_what_exists_is_listed(platform):
    assert [a["Name"] for a in platform.api.list_applications()["Items"]] == ["ons-platform"]
    listed = platform.api.list_environments(ApplicationId=platform.ids["ApplicationId"])["Items"]
    assert [(e["Name"], e["State"]) for e in listed] == [("production", "READY_FOR_DEPLOYMENT")]
    assert refused(lambda: platform.api.get_environment(ApplicationId="absent", EnvironmentId="x")) == (
        "ResourceNotFoundException",
        404,
    )


def test_an_environment_is_updated_and_deleted(platform):
    monitor = {"AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"}
    platform.api.update_environment(**platform.ids, Monitors=[monitor])
    assert platform.api.get_environment(**platform.ids)["Monitors"] == [monitor]
    platform.api.delete_environment(**platform.ids)
    assert refused(lambda: platform.state)[0] == "ResourceNotFoundException"


def test_predefined_strategies_are_there(platform):
    at_once = platform.api.get_deployment_strategy(DeploymentStrategyId="AppConfig.AllAtOnce")
    assert (at_once["DeploymentDurationInMinutes"], at_once["FinalBakeTimeInMinutes"]) == (0, 10)
    names = {s["Name"] for s in platform.api.list_deployment_strategies()["Items"]}
    assert {"at-once", "AppConfig.Linear50PercentEvery30Seconds"} <= names


def test_a_hosted_version_is_guarded_by_the_latest_number(platform):
    assert platform.version() == 1
    assert platform.version(LatestVersionNumber=1, VersionLabel="second") == 2
    assert refused(lambda: platform.version(LatestVersionNumber=1)) == ("ConflictException", 409)
    read = platform.api.get_hosted_configuration_version(
        ApplicationId=platform.ids["ApplicationId"], ConfigurationProfileId=platform.profile, VersionNumber=2
    )
    assert (read["Content"].read(), read["ContentType"], read["VersionLabel"]) == (flags(), "application/json", "second")
    listed = platform.api.list_hosted_configuration_versions(
        ApplicationId=platform.ids["ApplicationId"], ConfigurationProfileId=platform.profile
    )["Items"]
    assert [v["VersionNumber"] for v in listed] == [2, 1]


@pytest.mark.parametrize("content", [b"not json", b"{}", json.dumps({**FLAGS, "values": {"absent": {"enabled": True}}}).encode()])
def test_what_is_not_a_flag_document_is_refused(platform, content):
    assert refused(lambda: platform.version(content)) == ("BadRequestException", 400)


def test_a_deployment_at_once_completes_and_numbers_count_per_environment(platform):
    started = platform.deploy(platform.version(), Description="first")
    assert (started["DeploymentNumber"], started["State"]) == (1, "DEPLOYING")
    done = platform.deployment(1)
    assert (done["State"], done["PercentageComplete"], done["ConfigurationVersion"]) == ("COMPLETE", 100.0, "1")
    assert done["EventLog"][0]["EventType"] == "DEPLOYMENT_COMPLETED"
    assert platform.state == "READY_FOR_DEPLOYMENT"
    assert platform.deploy(platform.version(), LatestDeploymentNumber=1)["DeploymentNumber"] == 2
    assert refused(lambda: platform.deploy(1, LatestDeploymentNumber=1)) == ("ConflictException", 409)
    listed = platform.api.list_deployments(**platform.ids)["Items"]
    assert [(d["DeploymentNumber"], d["ConfigurationName"]) for d in listed] == [(2, "feature-flags"), (1, "feature-flags")]


def test_one_deployment_at_a_time_also_of_other_profiles(platform):
    version = platform.version()
    platform.deploy(version, DeploymentStrategyId="AppConfig.AllAtOnce")
    assert platform.deployment(1)["State"] == "BAKING" and platform.state == "DEPLOYING"
    other = platform.api.create_configuration_profile(
        ApplicationId=platform.ids["ApplicationId"], Name="other", LocationUri="hosted"
    )["Id"]
    platform.api.create_hosted_configuration_version(
        ApplicationId=platform.ids["ApplicationId"], ConfigurationProfileId=other, Content=b"x", ContentType="text/plain"
    )
    assert refused(lambda: platform.deploy(version)) == ("ConflictException", 409)
    assert refused(lambda: platform.deploy(1, ConfigurationProfileId=other)) == ("ConflictException", 409)


def test_an_unknown_version_is_refused(platform):
    assert refused(lambda: platform.deploy(7)) == ("ResourceNotFoundException", 404)


def test_a_linear_deployment_grows_step_by_step(platform, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_MINUTE_SECONDS", "3600")
    linear = platform.api.create_deployment_strategy(
        Name="linear", DeploymentDurationInMinutes=10, FinalBakeTimeInMinutes=1, GrowthFactor=20, GrowthType="LINEAR"
    )["Id"]
    platform.deploy(platform.version(), DeploymentStrategyId=linear)
    assert (platform.deployment(1)["State"], platform.deployment(1)["PercentageComplete"]) == ("DEPLOYING", 20.0)
    # A shorter minute is as good as waiting.
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_MINUTE_SECONDS", "0")
    assert platform.deployment(1)["State"] == "COMPLETE"
    grown = [e for e in platform.deployment(1)["EventLog"] if e["EventType"] == "PERCENTAGE_UPDATED"]
    assert len(grown) == 5


def test_stopping_rolls_back(platform, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS", "3600")
    platform.deploy(platform.version(), DeploymentStrategyId="AppConfig.AllAtOnce")
    stopped = platform.api.stop_deployment(**platform.ids, DeploymentNumber=1)
    assert stopped["State"] == "ROLLING_BACK" and platform.state == "ROLLING_BACK"
    assert refused(lambda: platform.deploy(1)) == ("ConflictException", 409)


def test_after_a_rollback_the_environment_can_be_deployed_to(platform, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS", "0")
    platform.deploy(platform.version(), DeploymentStrategyId="AppConfig.AllAtOnce")
    platform.api.stop_deployment(**platform.ids, DeploymentNumber=1)
    assert platform.deployment(1)["State"] == "ROLLED_BACK" and platform.state == "ROLLED_BACK"
    assert platform.deploy(1)["DeploymentNumber"] == 2


def test_a_completed_deployment_is_reverted_only_when_that_is_allowed(platform):
    platform.deploy(platform.version())
    assert refused(lambda: platform.api.stop_deployment(**platform.ids, DeploymentNumber=1)) == (
        "BadRequestException",
        400,
    )
    reverted = platform.api.stop_deployment(**platform.ids, DeploymentNumber=1, AllowRevert=True)
    assert reverted["State"] == "REVERTED" and platform.state == "REVERTED"


@pytest.mark.parametrize("state", ["ALARM", "INSUFFICIENT_DATA"])
def test_a_monitored_alarm_takes_a_deployment_back(platform, client, monkeypatch, state):
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS", "0")
    alarms = client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="errors", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    alarms.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="t")
    arn = alarms.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["AlarmArn"]
    platform.api.update_environment(**platform.ids, Monitors=[{"AlarmArn": arn}])
    platform.deploy(platform.version(), DeploymentStrategyId="AppConfig.AllAtOnce")
    assert platform.deployment(1)["State"] == "BAKING"
    # It counts also when it is over before anybody looks.
    alarms.set_alarm_state(AlarmName="errors", StateValue=state, StateReason="t")
    alarms.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="t")
    rolled_back = platform.deployment(1)
    assert rolled_back["State"] == "ROLLED_BACK"
    assert "CLOUDWATCH_ALARM" in {event["TriggeredBy"] for event in rolled_back["EventLog"]}


ATTRIBUTES = {
    "limit": {"constraints": {"type": "number", "minimum": 1, "maximum": 9}},
    "mode": {"constraints": {"type": "string", "enum": ["fast", "slow"]}},
}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"enabled": "yes"}, "influx.enabled must be true or false"),
        ({"enabled": True, "colour": "red"}, "influx.colour is not an attribute of the flag"),
        ({"enabled": True, "limit": 10}, "influx.limit is out of range"),
        ({"enabled": True, "limit": "9"}, "influx.limit must be of the type number"),
        ({"enabled": True, "mode": "none"}, "influx.mode must be one of fast, slow"),
        (
            {"_variants": [{"name": "beta", "enabled": True, "attributeValues": {"limit": 0}}]},
            "influx.limit is out of range",
        ),
        (
            {"_variants": [{"name": "beta", "enabled": True, "rule": "(eq $a 1)"}]},
            "influx._variants[0]: every variant has a rule but the last, which is the default",
        ),
    ],
)
def test_values_that_the_flag_does_not_admit(platform, value, reason):
    document = {"version": "1", "flags": {"influx": {"name": "i", "attributes": ATTRIBUTES}}, "values": {"influx": value}}
    with pytest.raises(ClientError) as caught:
        platform.version(json.dumps(document).encode())
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("BadRequestException", 400)
    assert answer["Error"]["Message"] == f"The feature flag data is not valid: {reason}"


@pytest.mark.parametrize("key", ["Influx", "1st", "a b", "a" * 65])
def test_keys_that_no_flag_can_have(platform, key):
    document = {"version": "1", "flags": {key: {"name": "i"}}, "values": {}}
    assert refused(lambda: platform.version(json.dumps(document).encode())) == ("BadRequestException", 400)
