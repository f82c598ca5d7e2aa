import io
import json

import pytest

from onsdata.flags import Flags


class AppConfigData:
    def __init__(self):
        self.values = {"use_influxdb": {"enabled": True}}
        self.down = False
        self.reads = 0

    def start_configuration_session(self, **_):
        if self.down:
            raise ConnectionError("AppConfig is away")
        return {"InitialConfigurationToken": "t"}

    def get_latest_configuration(self, ConfigurationToken):
        self.reads += 1
        return {"Configuration": io.BytesIO(json.dumps(self.values).encode())}


@pytest.fixture
def service():
    return AppConfigData()


@pytest.fixture
def now():
    return [100.0]


@pytest.fixture
def flags(service, now):
    return Flags(service, "app", "env", "profile", max_age=2, clock=lambda: now[0])


def test_a_flip_is_seen_when_the_values_are_too_old(flags, service, now):
    assert flags.enabled("use_influxdb")
    service.values = {"use_influxdb": {"enabled": False}}
    assert flags.enabled("use_influxdb") and service.reads == 1

    now[0] += 2
    assert not flags.enabled("use_influxdb")


def test_a_flag_that_is_not_there_is_off(flags):
    assert not flags.enabled("no_such_flag")


def test_the_last_values_stay_in_use_while_appconfig_is_away(flags, service, now):
    assert flags.enabled("use_influxdb")
    service.down = True
    now[0] += 10

    assert flags.enabled("use_influxdb")


def test_without_any_values_a_failure_is_a_failure(flags, service):
    service.down = True
    with pytest.raises(ConnectionError):
        flags.enabled("use_influxdb")
