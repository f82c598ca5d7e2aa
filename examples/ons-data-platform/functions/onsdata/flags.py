"""The platform's feature flags, as AppConfig serves them to its clients."""

import json
import logging
import os
import time

import boto3

log = logging.getLogger(__name__)


class Flags:
    """Evaluated flags of one profile, read at most every `max_age` seconds.

    Each refresh opens a new session: its first poll is not held to the session's minimum interval of 15 s.
    A running process keeps the last values it saw when AppConfig cannot be reached, so that an outage of AppConfig does not
    turn maintenance mode off.
    """

    def __init__(self, client, application: str, environment: str, profile: str, max_age: float, clock=time.monotonic):
        self._client = client
        self._session = {
            "ApplicationIdentifier": application,
            "EnvironmentIdentifier": environment,
            "ConfigurationProfileIdentifier": profile,
        }
        self._max_age = max_age
        self._clock = clock
        self._values = None
        self._read_at = 0.0

    def enabled(self, name: str) -> bool:
        """Whether a flag is on. A flag that the profile does not have is off."""
        return bool(self._current().get(name, {}).get("enabled", False))

    def _current(self) -> dict:
        if self._values is None or self._clock() - self._read_at >= self._max_age:
            try:
                self._values = self._fetch()
            except Exception:
                if self._values is None:
                    raise
                log.exception("feature flags could not be read; the last known values stay in use")
            self._read_at = self._clock()
        return self._values

    def _fetch(self) -> dict:
        token = self._client.start_configuration_session(**self._session)["InitialConfigurationToken"]
        answer = self._client.get_latest_configuration(ConfigurationToken=token)
        return json.loads(answer["Configuration"].read())


def from_environment() -> Flags:
    """The flags named by FLAGS_APPLICATION, FLAGS_ENVIRONMENT, FLAGS_PROFILE; FLAGS_MAX_AGE_SECONDS (default 2)."""
    return Flags(
        boto3.client("appconfigdata"),
        os.environ["FLAGS_APPLICATION"],
        os.environ["FLAGS_ENVIRONMENT"],
        os.environ["FLAGS_PROFILE"],
        float(os.environ.get("FLAGS_MAX_AGE_SECONDS", "2")),
    )
