"""AppConfig: environments, deployment strategies, and hosted versions that are numbered and guarded.

moto has applications and configuration profiles; their list, and what they need to be deployed, is here.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from moto.appconfig import urls
from moto.appconfig.exceptions import (
    AppNotFoundException,
    ConfigurationProfileNotFound,
    ConfigurationVersionNotFound,
)
from moto.appconfig.models import AppConfigBackend, ConfigurationProfile, appconfig_backends
from moto.appconfig.responses import AppConfigResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.moto_api._internal import mock_random

from . import _appconfig_flags
from ._appconfig_rollout import PREDEFINED, Deployment, Strategy
from ._model import ModelledResponse, error

FEATURE_FLAGS = "AWS.AppConfig.FeatureFlags"


@dataclass
class Environment:
    id: str
    application_id: str
    name: str
    arn: str
    description: str | None = None
    monitors: list[dict[str, str]] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)

    @property
    def state(self) -> str:
        last = self.deployments[-1].state if self.deployments else "COMPLETE"
        if last in ("VALIDATING", "DEPLOYING", "BAKING"):
            return "DEPLOYING"
        return last if last in ("ROLLING_BACK", "ROLLED_BACK", "REVERTED") else "READY_FOR_DEPLOYMENT"

    def to_model(self) -> dict[str, Any]:
        return {
            "ApplicationId": self.application_id,
            "Id": self.id,
            "Name": self.name,
            "Description": self.description,
            "State": self.state,
            "Monitors": self.monitors,
        }


def environments(backend: AppConfigBackend, application_id: str) -> dict[str, Environment]:
    """The environments of an application, by id. Raises when there is no such application."""
    backend.get_application(application_id)
    return backend.environments.setdefault(application_id, {})


def find_environment(backend: AppConfigBackend, application_id: str, environment_id: str) -> Environment:
    found = environments(backend, application_id).get(environment_id)
    if found is None:
        raise error("ResourceNotFoundException", f"Could not find environment {environment_id}")
    # Time has passed, and alarms may have gone off, since it was looked at last.
    backend.advance_deployments(found)
    return found


def strategies(backend: AppConfigBackend) -> dict[str, Strategy]:
    return {strategy.id: strategy for strategy in PREDEFINED} | backend.strategies


class AppConfigModelled(ModelledResponse):
    def __init__(self) -> None:
        super().__init__("appconfig")

    @property
    def backend(self) -> AppConfigBackend:
        return appconfig_backends[self.current_account][self.region]

    def _environment(self) -> Environment:
        return find_environment(self.backend, self.param("ApplicationId"), self.param("EnvironmentId"))

    def create_environment(self) -> ActionResult:
        application_id = self.param("ApplicationId")
        siblings = environments(self.backend, application_id)
        identifier = mock_random.get_random_hex(7)
        arn = f"{self.backend.get_application(application_id).arn}/environment/{identifier}"
        created = Environment(
            identifier,
            application_id,
            self.param("Name"),
            arn,
            self.param("Description"),
            self.param("Monitors") or [],
        )
        siblings[identifier] = created
        self.backend.tag_resource(arn, self.param("Tags") or {})
        return ActionResult(created.to_model())

    def get_environment(self) -> ActionResult:
        return ActionResult(self._environment().to_model())

    def list_environments(self) -> ActionResult:
        application_id = self.param("ApplicationId")
        return self.page(
            [
                find_environment(self.backend, application_id, identifier).to_model()
                for identifier in environments(self.backend, application_id)
            ]
        )

    def update_environment(self) -> ActionResult:
        environment = self._environment()
        environment.name = self.param("Name", environment.name)
        environment.description = self.param("Description", environment.description)
        environment.monitors = self.param("Monitors", environment.monitors)
        return ActionResult(environment.to_model())

    def delete_environment(self) -> ActionResult:
        environment = self._environment()
        if environment.state in ("DEPLOYING", "ROLLING_BACK"):
            raise error("ConflictException", "The environment has a deployment in progress")
        del environments(self.backend, environment.application_id)[environment.id]
        return EmptyResult()

    def create_deployment_strategy(self) -> ActionResult:
        strategy = Strategy(
            mock_random.get_random_hex(7),
            self.param("Name"),
            self.param("DeploymentDurationInMinutes"),
            self.param("FinalBakeTimeInMinutes") or 0,
            self.param("GrowthFactor"),
            self.param("GrowthType") or "LINEAR",
            self.param("Description"),
            self.param("ReplicateTo") or "NONE",
        )
        self.backend.strategies[strategy.id] = strategy
        arn = f"arn:{self.backend.partition}:appconfig:{self.region}:{self.current_account}:deploymentstrategy/{strategy.id}"
        self.backend.tag_resource(arn, self.param("Tags") or {})
        return ActionResult(strategy.to_model())

    def get_deployment_strategy(self) -> ActionResult:
        identifier = self.param("DeploymentStrategyId")
        if identifier not in strategies(self.backend):
            raise error("ResourceNotFoundException", f"Could not find deployment strategy {identifier}")
        return ActionResult(strategies(self.backend)[identifier].to_model())

    def list_deployment_strategies(self) -> ActionResult:
        return self.page([strategy.to_model() for strategy in strategies(self.backend).values()])

    def _profile(self) -> ConfigurationProfile:
        return self.backend.get_configuration_profile(
            self.param("ApplicationId"), self.param("ConfigurationProfileId")
        )

    def create_hosted_configuration_version(self) -> ActionResult:
        profile = self._profile()
        content = self.raw_body
        latest = max(profile.config_versions, default=0)
        expected = self.param("LatestVersionNumber")
        if expected is not None and expected != latest:
            raise error("ConflictException", f"The latest version number is {latest}, not {expected}")
        if profile._type == FEATURE_FLAGS:
            _refuse_bad_flags(content)
        label = self.param("VersionLabel")
        if label and any(version.version_label == label for version in profile.config_versions.values()):
            raise error("ConflictException", f"The version label {label} is in use")
        version = self.backend.create_hosted_configuration_version(
            profile.application_id, profile.id, self.param("Description"), content, self.param("ContentType"), label
        )
        return ActionResult(_version(version))

    def get_hosted_configuration_version(self) -> ActionResult:
        return ActionResult(_version(self._profile().get_version(self.param("VersionNumber"))))

    def list_hosted_configuration_versions(self) -> ActionResult:
        newest_first = sorted(self._profile().config_versions.values(), key=lambda v: v.version, reverse=True)
        label = self.param("VersionLabel")
        shown = [_version(v) for v in newest_first if not label or v.version_label == label]
        return self.page([{k: v for k, v in version.items() if k != "Content"} for version in shown])

    def delete_hosted_configuration_version(self) -> ActionResult:
        profile = self._profile()
        profile.get_version(self.param("VersionNumber"))
        profile.delete_version(self.param("VersionNumber"))
        return EmptyResult()


def _version(version: Any) -> dict[str, Any]:
    return {
        "ApplicationId": version.app_id,
        "ConfigurationProfileId": version.config_id,
        "VersionNumber": version.version,
        "Description": version.description,
        "Content": version.content,
        "ContentType": version.content_type,
        "VersionLabel": version.version_label,
    }


def _refuse_bad_flags(content: bytes) -> None:
    """Raises unless `content` is a feature-flag document whose values are as its flags are defined."""
    found = list(_appconfig_flags.problems(content))
    if found:
        problem = error("BadRequestException", f"The feature flag data is not valid: {'; '.join(found)}")
        problem.Reason = "InvalidConfiguration"
        raise problem


def _list_applications(self: AppConfigResponse) -> str:
    applications = self.appconfig_backend.applications.values()
    return json.dumps({"Items": [application.to_json() for application in applications]})


def add_paths(*paths: str) -> None:
    """Has the operations at `paths` of the service answered by `AppConfigModelled`."""
    for path in paths:
        urls.url_paths["{0}" + path + "$"] = AppConfigModelled.dispatch


def install() -> None:
    init = AppConfigBackend.__init__

    def with_environments(self: AppConfigBackend, region_name: str, account_id: str) -> None:
        init(self, region_name, account_id)
        self.environments: dict[str, dict[str, Environment]] = {}
        self.strategies: dict[str, Strategy] = {}

    AppConfigBackend.__init__ = with_environments
    AppConfigResponse.list_applications = _list_applications
    for not_found in (AppNotFoundException, ConfigurationProfileNotFound, ConfigurationVersionNotFound):
        not_found.code = 404
    application = "/applications/(?P<app_id>[^/]+)"
    versions = application + "/configurationprofiles/(?P<config_profile_id>[^/]+)/hostedconfigurationversions"
    add_paths(
        application + "/environments",
        application + "/environments/(?P<env_id>[^/]+)",
        "/deploymentstrategies",
        "/deploymentstrategies/(?P<strategy_id>[^/]+)",
        versions,
        versions + "/(?P<version>[^/]+)",
    )
