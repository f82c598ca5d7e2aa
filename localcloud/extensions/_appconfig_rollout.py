"""How an AppConfig deployment proceeds: a state that is a function of time, and what people and alarms do to it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ._delays import seconds

_REVERTIBLE_FOR = timedelta(hours=72)
IN_PROGRESS = ("VALIDATING", "DEPLOYING", "BAKING", "ROLLING_BACK")


def minute() -> timedelta:
    """How long a minute of a strategy lasts: `LOCALCLOUD_APPCONFIG_MINUTE_SECONDS`, default 60."""
    return timedelta(seconds=seconds("APPCONFIG_MINUTE", 60))


@dataclass
class Strategy:
    id: str
    name: str
    duration: int
    """Minutes."""
    bake: int
    """Minutes."""
    growth_factor: float
    """Per cent of the targets."""
    growth_type: str = "LINEAR"
    description: str | None = None
    replicate_to: str = "NONE"

    def to_model(self) -> dict[str, Any]:
        return {
            "Id": self.id,
            "Name": self.name,
            "Description": self.description,
            "ReplicateTo": self.replicate_to,
            **self.timing(),
        }

    def timing(self) -> dict[str, Any]:
        return {
            "DeploymentDurationInMinutes": self.duration,
            "GrowthType": self.growth_type,
            "GrowthFactor": self.growth_factor,
            "FinalBakeTimeInMinutes": self.bake,
        }

    def steps(self) -> list[float]:
        """The percentages that a deployment goes through, the last of them 100."""
        if self.duration == 0:
            return [100.0]
        steps, reached, grown = [], 0.0, self.growth_factor
        while reached < 100:
            reached = min(100.0, grown)
            steps.append(reached)
            grown = grown * 2 if self.growth_type == "EXPONENTIAL" else grown + self.growth_factor
        return steps


# https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-deployment-strategy-predefined.html
PREDEFINED = (
    Strategy("AppConfig.AllAtOnce", "AppConfig.AllAtOnce", 0, 10, 100.0),
    Strategy("AppConfig.Linear50PercentEvery30Seconds", "AppConfig.Linear50PercentEvery30Seconds", 1, 1, 50.0),
    Strategy("AppConfig.Linear20PercentEvery6Minutes", "AppConfig.Linear20PercentEvery6Minutes", 30, 30, 20.0),
    Strategy("AppConfig.Canary10Percent20Minutes", "AppConfig.Canary10Percent20Minutes", 20, 10, 10.0, "EXPONENTIAL"),
)


class NotStoppable(Exception):
    """The deployment is in no state that can be stopped or reverted."""


@dataclass
class Deployment:
    """One deployment to one environment. Times are UTC; call `advance` before reading its state."""

    number: int
    application_id: str
    environment_id: str
    profile: Any
    version: str
    version_label: str | None
    strategy: Strategy
    started: datetime
    description: str | None = None
    state: str = "DEPLOYING"
    percentage: float = 0.0
    completed: datetime | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    _step: int = 0
    _rolled_back_at: datetime | None = None

    def __post_init__(self) -> None:
        self._log(self.started, "DEPLOYMENT_STARTED", "USER", "Deployment started")

    def _log(self, when: datetime, event: str, by: str, description: str) -> None:
        # The most recent events are displayed first.
        entry = {"EventType": event, "TriggeredBy": by, "Description": description, "OccurredAt": when}
        self.events.insert(0, entry)

    def advance(self, now: datetime) -> None:
        """Brings the state to what it is at `now`."""
        if self.state == "DEPLOYING":
            self._grow(now)
        if self.state == "BAKING" and now >= self._ends():
            self.state, self.completed = "COMPLETE", self._ends()
            self._log(self._ends(), "DEPLOYMENT_COMPLETED", "APPCONFIG", "Deployment completed")
        if self.state == "ROLLING_BACK" and self._rolled_back_at and now >= self._rolled_back_at:
            self.state, self.completed, self.percentage = "ROLLED_BACK", self._rolled_back_at, 0.0
            self._log(self._rolled_back_at, "ROLLBACK_COMPLETED", "APPCONFIG", "Rollback completed")

    def _grow(self, now: datetime) -> None:
        steps = self.strategy.steps()
        interval = self.strategy.duration * minute() / len(steps)
        while self._step < len(steps) and now >= self.started + interval * self._step:
            self.percentage = steps[self._step]
            self._log(
                self.started + interval * self._step,
                "PERCENTAGE_UPDATED",
                "APPCONFIG",
                f"Configuration available to {self.percentage:.2f}% of clients",
            )
            self._step += 1
        rolled_out = self.started + self.strategy.duration * minute()
        if self._step == len(steps) and now >= rolled_out:
            self.state = "BAKING"
            if self.strategy.bake:
                self._log(rolled_out, "BAKE_TIME_STARTED", "APPCONFIG", f"Bake time started: {self.strategy.bake} minutes")

    def _ends(self) -> datetime:
        return self.started + (self.strategy.duration + self.strategy.bake) * minute()

    @property
    def in_progress(self) -> bool:
        return self.state in IN_PROGRESS

    def serves(self, share: float) -> bool:
        """Whether a client at `share` (0 up to 100) of all clients gets this deployment's version."""
        return self.state in ("DEPLOYING", "BAKING", "COMPLETE") and share < self.percentage

    def roll_back(self, now: datetime, by: str, description: str) -> None:
        """Takes a deployment in progress back. `LOCALCLOUD_APPCONFIG_ROLLBACK_SECONDS` is how long that takes."""
        if self.state not in ("VALIDATING", "DEPLOYING", "BAKING"):
            raise NotStoppable
        self.state = "ROLLING_BACK"
        self._rolled_back_at = now + timedelta(seconds=seconds("APPCONFIG_ROLLBACK", 0.5))
        self._log(now, "ROLLBACK_STARTED", by, description)

    def revert(self, now: datetime) -> None:
        """Takes a completed deployment back, for 72 hours."""
        if self.state != "COMPLETE" or self.completed is None or now - self.completed > _REVERTIBLE_FOR:
            raise NotStoppable
        self.state, self.percentage = "REVERTED", 0.0
        self._log(now, "REVERT_COMPLETED", "USER", "Deployment reverted")

    def summary(self) -> dict[str, Any]:
        return {
            "DeploymentNumber": self.number,
            "ConfigurationProfileId": self.profile.id,
            "ConfigurationName": self.profile.name,
            "ConfigurationVersion": self.version,
            "State": self.state,
            "PercentageComplete": self.percentage,
            "StartedAt": self.started,
            "CompletedAt": self.completed,
            "VersionLabel": self.version_label,
            "Type": "USER",
            **self.strategy.timing(),
        }

    def to_model(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in self.summary().items() if name != "Type"},
            "ApplicationId": self.application_id,
            "EnvironmentId": self.environment_id,
            "DeploymentStrategyId": self.strategy.id,
            "ConfigurationLocationUri": self.profile.location_uri,
            "Description": self.description,
            "EventLog": self.events,
            "AppliedExtensions": [],
        }
