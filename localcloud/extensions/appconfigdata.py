"""AppConfig's data plane: sessions, poll tokens, and feature flags as clients see them.

A token serves once. An answer is empty when the client has the latest configuration already. While a deployment is
under way, a session belongs to the share of the clients that has it or to the share that has not, and stays there.
"""

import threading
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from moto.appconfig import urls
from moto.appconfig.models import AppConfigBackend, ConfigurationProfile, appconfig_backends
from moto.core.responses import ActionResult

from ._appconfig_flags import retrieved
from ._model import ModelledResponse, error
from .appconfig import FEATURE_FLAGS, Environment, environments, find_environment
from .appconfig_deployments import deployed_version

_DEFAULT_INTERVAL = 60


@dataclass
class _Session:
    application_id: str
    environment_id: str
    profile_id: str
    interval: int
    share: float
    served: str | None = None


_lock = threading.Lock()
_sessions: dict[str, _Session] = {}


def _new_token(session: _Session) -> str:
    token = uuid.uuid4().hex
    _sessions[token] = session
    return token


def _by_id_or_name(items: Any, wanted: str, what: str) -> Any:
    for item in items:
        if wanted in (item.id, item.name):
            return item
    raise error("ResourceNotFoundException", f"{what} {wanted} not found")


class AppConfigDataModelled(ModelledResponse):
    def __init__(self) -> None:
        super().__init__("appconfigdata")

    @property
    def backend(self) -> AppConfigBackend:
        return appconfig_backends[self.current_account][self.region]

    def start_configuration_session(self) -> ActionResult:
        application = _by_id_or_name(
            self.backend.applications.values(), self.param("ApplicationIdentifier"), "Application"
        )
        environment: Environment = _by_id_or_name(
            environments(self.backend, application.id).values(), self.param("EnvironmentIdentifier"), "Environment"
        )
        profile: ConfigurationProfile = _by_id_or_name(
            application.config_profiles.values(),
            self.param("ConfigurationProfileIdentifier"),
            "ConfigurationProfile",
        )
        interval = self.param("RequiredMinimumPollIntervalInSeconds") or _DEFAULT_INTERVAL
        share = zlib.crc32(uuid.uuid4().bytes) % 10000 / 100
        session = _Session(application.id, environment.id, profile.id, interval, share)
        with _lock:
            return ActionResult({"InitialConfigurationToken": _new_token(session)})

    def get_latest_configuration(self) -> ActionResult:
        with _lock:
            session = _sessions.pop(self.param("ConfigurationToken"), None)
        if session is None:
            raise error("BadRequestException", "Request must contain a valid configuration token")
        environment = find_environment(self.backend, session.application_id, session.environment_id)
        profile = self.backend.get_configuration_profile(session.application_id, session.profile_id)
        number = deployed_version(environment, profile, session.share)
        if number is None:
            raise error("ResourceNotFoundException", "Configuration not deployed")
        result: dict[str, Any] = {"Configuration": b"", "NextPollIntervalInSeconds": session.interval}
        if number != session.served:
            version = profile.get_version(int(number))
            content, kind = version.content, version.content_type
            if profile._type == FEATURE_FLAGS:
                content, kind = retrieved(content)
            result |= {"Configuration": content, "ContentType": kind}
            if version.version_label:
                result["VersionLabel"] = version.version_label
            session.served = number
        with _lock:
            result["NextPollConfigurationToken"] = _new_token(session)
        return ActionResult(result)


def install() -> None:
    # The data plane is signed as `appconfig`, so its requests arrive there.
    urls.url_paths["{0}/configurationsessions$"] = AppConfigDataModelled.dispatch
    urls.url_paths["{0}/configuration$"] = AppConfigDataModelled.dispatch


def reset() -> None:
    _sessions.clear()
