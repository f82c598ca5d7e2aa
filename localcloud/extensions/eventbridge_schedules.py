"""EventBridge: an enabled rule with the schedule `rate(5 minutes)` fires every five minutes, on the time scale.

The first time is one interval after the rule was put or enabled. Disabling or deleting the rule stops it at once.
Targets get AWS's "Scheduled Event" unless they have an input of their own. `cron(...)` is accepted and never fires:
nothing here runs long enough to wait for a time of the day. moto fires nothing, and accepts `rate(1 minutes)`.
"""

import re
import threading
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.models import EventsBackend, Rule

from ..timescale import scaled
from .eventbridge_targets import deliver, envelope

_RATE = re.compile(r"rate\((?P<count>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

_lock = threading.Lock()
# By the rule's ARN. A rule that is put again is another object, whose interval begins anew.
_timers: dict[str, threading.Timer] = {}


def install() -> None:
    put_rule, delete_rule = EventsBackend.put_rule, EventsBackend.delete_rule
    enable, disable = Rule.enable, Rule.disable

    def put(self: EventsBackend, name: str, *args: Any, **kwargs: Any) -> Rule:
        expression = kwargs.get("scheduled_expression")
        if expression and expression.startswith("rate") and interval_of(expression) is None:
            raise JsonRESTError("ValidationException", "Parameter ScheduleExpression is not valid.")
        rule = put_rule(self, name, *args, **kwargs)
        _start(rule)
        return rule

    def delete(self: EventsBackend, name: str, event_bus_arn: str | None) -> None:
        bus = self.event_buses.get(self._normalize_event_bus_arn(event_bus_arn))
        rule = bus.rules.get(name) if bus else None
        delete_rule(self, name, event_bus_arn)
        if rule is not None:
            _stop(rule.arn)

    def enabled(self: Rule) -> None:
        was = self.state
        enable(self)
        if was != self.state:
            _start(self)

    def disabled(self: Rule) -> None:
        disable(self)
        _stop(self.arn)

    EventsBackend.put_rule = put
    EventsBackend.delete_rule = delete
    Rule.enable = enabled
    Rule.disable = disabled


def reset() -> None:
    with _lock:
        for timer in _timers.values():
            timer.cancel()
        _timers.clear()


def interval_of(expression: str) -> int | None:
    """The seconds of `rate(...)`; None for anything else. AWS wants the singular after 1, and only there."""
    match = _RATE.fullmatch(expression)
    if match is None or (match["count"] == "1") == bool(match["plural"]):
        return None
    return int(match["count"]) * _SECONDS[match["unit"]]


def _start(rule: Rule) -> None:
    seconds = interval_of(rule.scheduled_expression or "")
    with _lock:
        _cancel(rule.arn)
        if seconds is not None and rule.state != "DISABLED":
            _arm(rule, seconds)


def _stop(rule_arn: str) -> None:
    with _lock:
        _cancel(rule_arn)


def _cancel(rule_arn: str) -> None:
    timer = _timers.pop(rule_arn, None)
    if timer is not None:
        timer.cancel()


def _arm(rule: Rule, seconds: float) -> None:
    timer = threading.Timer(scaled(seconds), lambda: _fire(rule, seconds, timer))
    timer.name, timer.daemon = f"schedule-{rule.name}", True
    _timers[rule.arn] = timer
    timer.start()


def _fire(rule: Rule, seconds: float, timer: threading.Timer) -> None:
    with _lock:
        if _timers.get(rule.arn) is not timer:
            return  # stopped in the moment in which it went off
        _arm(rule, seconds)
    deliver(rule, envelope(rule.account_id, rule.region_name, "aws.events", "Scheduled Event", [rule.arn], {}))
