"""AppConfig's data plane: what clients are served."""

import json

import pytest

from .test_appconfig import flags, platform, refused  # noqa: F401


@pytest.fixture
def data(client):
    return client("appconfigdata")


def begin(data, **more):
    return data.start_configuration_session(
        ApplicationIdentifier="ons-platform",
        EnvironmentIdentifier="production",
        ConfigurationProfileIdentifier="feature-flags",
        **more,
    )["InitialConfigurationToken"]


def test_flags_are_served_as_clients_see_them(platform, data):
    platform.deploy(platform.version())
    answer = data.get_latest_configuration(
        ConfigurationToken=begin(data, RequiredMinimumPollIntervalInSeconds=15)
    )
    assert json.load(answer["Configuration"]) == {"maintenance": {"enabled": False}, "influx": {"enabled": True, "limit": 5}}
    assert (answer["NextPollIntervalInSeconds"], answer["ContentType"]) == (15, "application/json")


def test_a_flag_that_is_off_shows_no_attributes(platform, data):
    platform.deploy(platform.version(flags(influx=False)))
    answer = data.get_latest_configuration(ConfigurationToken=begin(data))
    assert json.load(answer["Configuration"])["influx"] == {"enabled": False}


def test_a_poll_is_empty_until_something_new_is_deployed(platform, data):
    platform.deploy(platform.version())
    token = data.get_latest_configuration(ConfigurationToken=begin(data))["NextPollConfigurationToken"]
    again = data.get_latest_configuration(ConfigurationToken=token)
    assert again["Configuration"].read() == b""
    platform.deploy(platform.version(flags(maintenance=True)))
    fresh = data.get_latest_configuration(ConfigurationToken=again["NextPollConfigurationToken"])
    assert json.load(fresh["Configuration"])["maintenance"] == {"enabled": True}


def test_one_flag_with_variants_makes_all_of_it_ion(platform, data):
    document = json.loads(flags())
    document["values"]["influx"] = {
        "_variants": [
            {"name": "beta", "enabled": True, "rule": '(contains $user "o\'neill")', "attributeValues": {"limit": 9}},
            {"name": "default", "enabled": False, "attributeValues": {"limit": 1}},
        ]
    }
    platform.deploy(platform.version(json.dumps(document).encode()))
    answer = data.get_latest_configuration(ConfigurationToken=begin(data))
    assert answer["ContentType"] == "application/ion; type=AWS.AppConfig.FeatureFlags"
    assert answer["Configuration"].read().decode() == """\
'maintenance'::'''{"enabled": false}'''

'influx'::[
  [
    (contains $user "o'neill"),
    '''{"_variant": "beta", "enabled": true, "limit": 9}'''
  ],
  '''{"_variant": "default", "enabled": false}'''
]
"""


def test_another_kind_of_configuration_has_its_own_type(client, platform, data):
    profile = client("appconfig").create_configuration_profile(
        ApplicationId=platform.ids["ApplicationId"], Name="words", LocationUri="hosted"
    )["Id"]
    stored = client("appconfig").create_hosted_configuration_version(
        ApplicationId=platform.ids["ApplicationId"],
        ConfigurationProfileId=profile,
        Content=b"hello",
        ContentType="text/plain",
    )
    platform.deploy(stored["VersionNumber"], ConfigurationProfileId=profile)
    token = data.start_configuration_session(
        ApplicationIdentifier="ons-platform", EnvironmentIdentifier="production", ConfigurationProfileIdentifier="words"
    )["InitialConfigurationToken"]
    answer = data.get_latest_configuration(ConfigurationToken=token)
    assert (answer["ContentType"], answer["Configuration"].read()) == ("text/plain", b"hello")


def test_a_token_serves_once(platform, data):
    platform.deploy(platform.version())
    token = begin(data)
    data.get_latest_configuration(ConfigurationToken=token)
    assert refused(lambda: data.get_latest_configuration(ConfigurationToken=token)) == ("BadRequestException", 400)


def test_a_version_that_is_not_deployed_is_not_served(platform, data):
    platform.version()
    token = begin(data)
    assert refused(lambda: data.get_latest_configuration(ConfigurationToken=token)) == ("ResourceNotFoundException", 404)


def test_taking_a_deployment_back_serves_the_one_before(platform, data, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS", "0")
    platform.deploy(platform.version())
    platform.deploy(platform.version(flags(maintenance=True)))
    platform.api.stop_deployment(**platform.ids, DeploymentNumber=2, AllowRevert=True)
    answer = data.get_latest_configuration(ConfigurationToken=begin(data))
    assert json.load(answer["Configuration"])["maintenance"] == {"enabled": False}


def test_a_growing_deployment_serves_only_its_share(platform, data, monkeypatch):
    platform.deploy(platform.version())
    monkeypatch.setenv("LOCALCLOUD_APPCONFIG_MINUTE_SECONDS", "3600")
    platform.deploy(platform.version(flags(maintenance=True)), DeploymentStrategyId="AppConfig.Linear50PercentEvery30Seconds")
    served = [
        json.load(data.get_latest_configuration(ConfigurationToken=begin(data))["Configuration"])["maintenance"]["enabled"]
        for _ in range(40)
    ]
    assert {True, False} == set(served)
