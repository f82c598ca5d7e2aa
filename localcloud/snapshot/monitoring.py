"""CloudWatch alarms and dashboards, and the log groups of CloudWatch Logs with their filters."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

from .plain import document, plain, regional

# An alarm that went off and is quiet again has another reason and other times, and is as it was.
_ALARM = ("alarm_arn", "history", "state_reason", "state_reason_data")


def alarms() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(cloudwatch_backends):
        for name, alarm in list(backend.alarms.items()):
            yield (
                named(name),
                lambda backend=backend, alarm=alarm: plain(alarm, *_ALARM)
                | {"tags": backend.tagger.get_tag_dict_for_resource(alarm.alarm_arn)},
            )
        for name, dashboard in list(backend.dashboards.items()):
            yield named(f"dashboard/{name}"), lambda dashboard=dashboard: {"body": document(dashboard.body)}


def log_groups() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(logs_backends):
        for name, group in list(backend.groups.items()):
            yield named(name), lambda backend=backend, group=group: _group(backend, group)
        for name, policy in list(backend.resource_policies.items()):
            yield (
                named(f"resource-policy/{name}"),
                lambda policy=policy: plain(policy, documents=["policy_document"]),
            )


def _group(backend: Any, group: Any) -> dict[str, Any]:
    filters = [each for each in backend.filters.metric_filters if each["logGroupName"] == group.name]
    return plain(group, "streams") | {
        "tags": backend.tagger.get_tag_dict_for_resource(group.arn),
        "metric_filters": {each["filterName"]: plain(each) for each in filters},
    }
