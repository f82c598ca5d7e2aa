"""CloudWatch: a change of an alarm's state runs the alarm's actions (SNS topics and Lambda functions).

An alarm that stays in its state sends nothing again. `StateTransitionedTimestamp` is when the value last changed.
A new alarm has no data yet, and putting an alarm again keeps its state. moto sends nothing, begins with OK and forgets.
"""

import datetime
import json
import logging
import threading
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.sns.models import sns_backends

from ..lambda_host.asynchronous import invoke_arn_later
from ._alarm_messages import State, lambda_event, sns_message, sns_subject
from .lambda_policy import allows_invoke

_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
_STATE = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
    "history",
)

_log = logging.getLogger(__name__)
_one_at_a_time = threading.RLock()


def install() -> None:
    set_state, put_alarm = CloudWatchBackend.set_alarm_state, CloudWatchBackend.put_metric_alarm

    def set_alarm_state(
        self: CloudWatchBackend, alarm_name: str, reason: str, reason_data: str | None, state_value: str
    ) -> None:
        with _one_at_a_time:
            alarm = self.alarms.get(alarm_name)
            before = _state_of(alarm) if alarm else None
            set_state(self, alarm_name, reason, reason_data, state_value)
            if alarm is None or before is None or before.value == state_value:
                return
            alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
        if alarm.actions_enabled:
            _run_actions(self, alarm, before)

    def put_metric_alarm(self: CloudWatchBackend, name: str, *args: Any, **kwargs: Any) -> Alarm:
        with _one_at_a_time:
            earlier = self.alarms.get(name)
            alarm = put_alarm(self, name, *args, **kwargs)
            if earlier is None:
                alarm.state_value = "INSUFFICIENT_DATA"
                alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
            else:
                for attribute in _STATE:
                    setattr(alarm, attribute, getattr(earlier, attribute))
            return alarm

    CloudWatchBackend.set_alarm_state = set_alarm_state
    CloudWatchBackend.put_metric_alarm = put_metric_alarm


def _state_of(alarm: Alarm) -> State:
    return State(alarm.state_value, alarm.state_reason, alarm.state_reason_data, _utc(alarm.state_updated_timestamp))


def _utc(time: datetime.datetime) -> datetime.datetime:
    return time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)


def _run_actions(backend: CloudWatchBackend, alarm: Alarm, before: State) -> None:
    after = _state_of(alarm)
    actions = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[after.value]
    for action in actions or []:
        try:
            _run(action, backend, alarm, before, after)
        except Exception:
            # As on AWS, where a failing action shows in the alarm's history and not in the answer.
            _log.exception("the action %s of the alarm %s failed", action, alarm.name)


def _run(action: str, backend: CloudWatchBackend, alarm: Alarm, before: State, after: State) -> None:
    _, _, service, region, account, _ = action.split(":", 5)
    if service == "sns":
        message = json.dumps(sns_message(alarm, backend.account_id, before, after))
        sns_backends[account][region].publish(message, action, subject=sns_subject(alarm, after))
    elif service == "lambda":
        if not allows_invoke(action, _PRINCIPAL, alarm.alarm_arn, backend.account_id):
            raise PermissionError(f"the function's policy does not let {_PRINCIPAL} invoke it")
        invoke_arn_later(action, lambda_event(alarm, backend.account_id, before, after))
    else:
        _log.warning("%s is no action that the local cloud runs", action)
