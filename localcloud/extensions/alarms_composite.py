"""CloudWatch: composite alarms, which follow the alarms that their rule names and run their own actions.

`DescribeAlarms` gives metric alarms alone unless `AlarmTypes` asks for others. A rule that cannot be read, or names an
alarm that does not exist, is refused. Not modelled: `AT_LEAST`, and suppressors of actions.
"""

from collections.abc import Iterable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from ._alarm_rules import InvalidRule, Rule, parse


def install() -> None:
    set_state, describe = CloudWatchBackend.set_alarm_state, CloudWatchResponse.describe_alarms

    def set_alarm_state(self: CloudWatchBackend, alarm_name: str, *given: Any) -> None:
        set_state(self, alarm_name, *given)
        _follow(self, alarm_name)

    def describe_alarms(self: CloudWatchResponse) -> ActionResult:
        wanted = self._get_param("AlarmTypes", []) or ["MetricAlarm"]
        kinds = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm"}
        found = describe(self).result
        return ActionResult({member: alarms if kinds.get(member) in wanted else [] for member, alarms in found.items()})

    CloudWatchBackend.set_alarm_state = set_alarm_state
    CloudWatchResponse.describe_alarms = describe_alarms
    CloudWatchResponse.put_composite_alarm = _put


def _put(self: CloudWatchResponse) -> ActionResult:
    backend: CloudWatchBackend = self.cloudwatch_backend
    text = self._get_param("AlarmRule")
    try:
        rule = parse(text)
    except InvalidRule as wrong:
        raise ValidationError(f"AlarmRule must contain a valid expression: {wrong}") from None
    missing = sorted(name for name in rule.alarms if _named(backend, name) is None)
    if missing:
        raise ValidationError(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        )
    alarm = backend.put_metric_alarm(
        self._get_param("AlarmName"),
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=self._get_bool_param("ActionsEnabled"),
        rule=text,
        tags=self._get_param("Tags", []),
    )
    alarm.alarm_rule = text  # as the answer's model calls it
    _evaluate(backend, alarm, rule)
    return EmptyResult()


def _named(backend: CloudWatchBackend, name: str) -> Alarm | None:
    """`name` may be an ARN of the same region."""
    return backend.alarms.get(name.rpartition(":alarm:")[2])


def _follow(backend: CloudWatchBackend, changed: str) -> None:
    for alarm, rule in _composites(backend.alarms.values()):
        if changed in {name.rpartition(":alarm:")[2] for name in rule.alarms}:
            _evaluate(backend, alarm, rule)


def _composites(alarms: Iterable[Alarm]) -> list[tuple[Alarm, Rule]]:
    return [(alarm, parse(alarm.rule)) for alarm in list(alarms) if alarm.rule is not None]


def _evaluate(backend: CloudWatchBackend, alarm: Alarm, rule: Rule) -> None:
    def state_of(name: str) -> str:
        found = _named(backend, name)
        return found.state_value if found else "INSUFFICIENT_DATA"

    value = "ALARM" if rule.holds(state_of) else "OK"
    if value != alarm.state_value:
        reason = f"{alarm.alarm_arn} was {'' if value == 'ALARM' else 'not '}in the state that its rule describes"
        backend.set_alarm_state(alarm.name, reason, "{}", value)
