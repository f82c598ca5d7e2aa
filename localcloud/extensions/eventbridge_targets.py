"""EventBridge: an event that matches an enabled rule reaches the rule's targets: functions, topics and queues.

A function is invoked asynchronously, with the retries and destinations of the version or alias that the target names,
if its policy admits the rule (`events.amazonaws.com`, the rule's ARN as the source). moto delivers to no function, has
disabled rules deliver, takes a rule without a pattern for one that matches all, and takes events in AWS's own name.

Targets of other kinds get what moto sends them, or a line in the log. Not modelled: the retry policy and dead-letter
queue of a target (here an event that cannot be delivered is a line in the log), and the policies of topics and queues.
"""

import copy
import datetime
import json
import logging
import uuid
from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends

from ..lambda_host.asynchronous import invoke_arn_later
from ..lambda_host.destinations import send
from ._eventbridge_input import input_of
from .lambda_policy import allows_invoke

_PRINCIPAL = "events.amazonaws.com"

_log = logging.getLogger(__name__)
_send_as_moto_does = Rule.send_to_targets


def install() -> None:
    put_events = EventsBackend.put_events

    def put(self: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Entries that claim to come from AWS are refused, the others put."""
        refused = [str(event.get("Source", "")).lower().startswith("aws.") for event in events]
        accepted = iter(put_events(self, [event for event, no in zip(events, refused, strict=True) if not no]))
        refusal = {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
        return [dict(refusal) if no else next(accepted) for no in refused]

    def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
        deliver_if_matching(self, original_event)

    EventsBackend.put_events = put
    Rule.send_to_targets = send_to_targets


def emit(account_id: str, region: str, source: str, detail_type: str, resources: list[str], detail: Any) -> None:
    """An AWS service tells the default bus of something. Returns at once and raises nothing."""
    event = envelope(account_id, region, source, detail_type, resources, detail)
    for rule in list(events_backends[account_id][region].event_buses["default"].rules.values()):
        try:
            deliver_if_matching(rule, event)
        except Exception:
            _log.exception("the event %s could not be matched with %s", event["id"], rule.arn)


def envelope(
    account_id: str, region: str, source: str, detail_type: str, resources: list[str], detail: Any
) -> dict[str, Any]:
    """An event that happens now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": resources,
        "detail": detail,
    }


def deliver_if_matching(rule: Rule, event: dict[str, Any]) -> None:
    """`event` is in EventBridge's form, or in the one that moto's PutEvents makes."""
    if rule.state == "DISABLED" or not rule.event_pattern.dump():
        return
    event = _as_delivered(event)
    if rule.event_pattern.matches_event(event):
        deliver(rule, event)


def deliver(rule: Rule, event: dict[str, Any]) -> None:
    """To every target of the rule. A target that cannot be reached does not keep it from the others."""
    for target in list(rule.targets):
        try:
            _deliver_to(rule, target, event)
        except Exception:
            _log.exception("the event %s did not reach the target %s of %s", event["id"], target["Arn"], rule.arn)


def _as_delivered(event: dict[str, Any]) -> dict[str, Any]:
    delivered = {name: value for name, value in event.items() if name != "ingestion-time"}
    if isinstance(delivered["time"], int | float):
        time = datetime.datetime.fromtimestamp(delivered["time"], datetime.timezone.utc)
        delivered["time"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return delivered


def _deliver_to(rule: Rule, target: dict[str, Any], event: dict[str, Any]) -> None:
    arn = target["Arn"]
    service = arn.split(":")[2]
    if service == "lambda":
        if not allows_invoke(arn, _PRINCIPAL, rule.arn, rule.account_id):
            raise PermissionError(f"the function's policy does not let {_PRINCIPAL} invoke it for this rule")
        invoke_arn_later(arn, input_of(target, event, rule.arn, rule.name))
    elif service == "sns" or (service == "sqs" and "SqsParameters" not in target):
        send(arn, input_of(target, event, rule.arn, rule.name), invoke_arn_later)
    else:
        only = copy.copy(rule)
        only.targets = [target]
        arrived = datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
        _send_as_moto_does(only, event | {"time": arrived, "ingestion-time": arrived})
