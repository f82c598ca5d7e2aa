"""AppConfig: deployments, one at a time per environment, taken back when a monitored alarm goes off.

They proceed in real time by their strategy. Settings: `LOCALCLOUD_APPCONFIG_MINUTE_SECONDS`, how long a minute of a
strategy lasts (default 60), and `LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS` (default 0.5).
"""

import threading
from datetime import datetime, timezone

from moto.appconfig.models import AppConfigBackend, ConfigurationProfile, appconfig_backends
from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.core.responses import ActionResult

from ._appconfig_rollout import Deployment, NotStoppable
from ._model import error
from .appconfig import AppConfigModelled, Environment, add_paths, strategies

_lock = threading.RLock()


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _alarming_monitor(environment: Environment) -> str | None:
    """The ARN of a monitored alarm that is in ALARM or has insufficient data."""
    for monitor in environment.monitors:
        arn = monitor["AlarmArn"]
        _, _, _, region, account, _, name = arn.split(":", 6)
        alarm = cloudwatch_backends[account][region].alarms.get(name)
        if alarm is not None and alarm.state_value in ("ALARM", "INSUFFICIENT_DATA"):
            return arn
    return None


def _advance(self: AppConfigBackend, environment: Environment) -> None:
    with _lock:
        now = _now()
        for deployment in environment.deployments:
            deployment.advance(now)
        last = environment.deployments[-1] if environment.deployments else None
        if last and last.state in ("DEPLOYING", "BAKING"):
            alarm = _alarming_monitor(environment)
            if alarm:
                last.roll_back(now, "CLOUDWATCH_ALARM", f"Rollback initiated by CloudWatch alarm {alarm}")


def _find(environment: Environment, number: int) -> Deployment:
    for deployment in environment.deployments:
        if deployment.number == number:
            return deployment
    raise error("ResourceNotFoundException", f"Could not find deployment {number}")


def _version(profile: ConfigurationProfile, wanted: str) -> tuple[str, str | None]:
    """The number and the label of the version that `wanted`, a number or a label, names."""
    for number, version in profile.config_versions.items():
        if wanted in (str(number), version.version_label):
            return str(number), version.version_label
    raise error("ResourceNotFoundException", f"Could not find configuration version {wanted}")


def _start_deployment(self: AppConfigModelled) -> ActionResult:
    with _lock:
        environment = self._environment()
        profile = self.backend.get_configuration_profile(
            environment.application_id, self.param("ConfigurationProfileId")
        )
        strategy = strategies(self.backend).get(self.param("DeploymentStrategyId"))
        if strategy is None:
            raise error("ResourceNotFoundException", "Could not find deployment strategy")
        latest = environment.deployments[-1].number if environment.deployments else 0
        if environment.state in ("DEPLOYING", "ROLLING_BACK"):
            raise error("ConflictException", f"Deployment number {latest} is in progress in environment {environment.id}")
        expected = self.param("LatestDeploymentNumber")
        if expected is not None and expected != latest:
            raise error("ConflictException", f"The latest deployment number is {latest}, not {expected}")
        number, label = _version(profile, self.param("ConfigurationVersion"))
        deployment = Deployment(
            latest + 1,
            environment.application_id,
            environment.id,
            profile,
            number,
            label,
            strategy,
            _now(),
            self.param("Description"),
        )
        environment.deployments.append(deployment)
        self.backend.tag_resource(f"{environment.arn}/deployment/{deployment.number}", self.param("Tags") or {})
        # Answered before it has got anywhere.
        answer = deployment.to_model()
        _advance(self.backend, environment)
        return ActionResult(answer)


def _get_deployment(self: AppConfigModelled) -> ActionResult:
    return ActionResult(_find(self._environment(), self.param("DeploymentNumber")).to_model())


def _list_deployments(self: AppConfigModelled) -> ActionResult:
    return self.page([deployment.summary() for deployment in reversed(self._environment().deployments)])


def _stop_deployment(self: AppConfigModelled) -> ActionResult:
    with _lock:
        environment = self._environment()
        deployment = _find(environment, self.param("DeploymentNumber"))
        try:
            if deployment.state == "COMPLETE" and self.param("AllowRevert"):
                if deployment is not environment.deployments[-1]:
                    raise NotStoppable
                deployment.revert(_now())
            else:
                deployment.roll_back(_now(), "USER", f"Rollback initiated by {self.current_account}")
        except NotStoppable:
            raise error(
                "BadRequestException", f"Deployment {deployment.number} cannot be stopped in state {deployment.state}"
            ) from None
        return ActionResult(deployment.to_model())


def deployed_version(environment: Environment, profile: ConfigurationProfile, share: float) -> str | None:
    """The version of `profile` that a client at `share` (0 up to 100) of all clients is served; None before the first."""
    for deployment in reversed(environment.deployments):
        if deployment.profile.id == profile.id and deployment.serves(share):
            return deployment.version
    return None


def _watch_alarms() -> None:
    """An alarm counts when it goes off, also if nobody looks at the deployment before it is quiet again."""
    update_state = Alarm.update_state

    def update(self: Alarm, *args: str, **kwargs: str) -> None:
        update_state(self, *args, **kwargs)
        for account in list(appconfig_backends.values()):
            for backend in list(account.values()):
                for environments in backend.environments.values():
                    for environment in environments.values():
                        backend.advance_deployments(environment)

    Alarm.update_state = update


def install() -> None:
    AppConfigBackend.advance_deployments = _advance
    AppConfigModelled.start_deployment = _start_deployment
    AppConfigModelled.get_deployment = _get_deployment
    AppConfigModelled.list_deployments = _list_deployments
    AppConfigModelled.stop_deployment = _stop_deployment
    deployments = "/applications/(?P<app_id>[^/]+)/environments/(?P<env_id>[^/]+)/deployments"
    add_paths(deployments, deployments + "/(?P<deployment_number>[^/]+)")
    _watch_alarms()
