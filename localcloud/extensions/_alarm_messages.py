"""What an alarm sends: to an SNS topic and to a function, which are two different shapes."""

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from moto.cloudwatch.models import Alarm


@dataclass(frozen=True)
class State:
    """A state of an alarm and since when."""

    value: str
    reason: str
    reason_data: str | None
    timestamp: datetime.datetime


def sns_subject(alarm: Alarm, after: State) -> str:
    """At most the 100 characters that SNS takes."""
    return f'{after.value}: "{alarm.name}" in {_region_name(alarm.region_name)}'[:99]


def sns_message(alarm: Alarm, account_id: str, before: State, after: State) -> dict[str, Any]:
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account_id,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
        "NewStateValue": after.value,
        "NewStateReason": after.reason,
        "StateChangeTime": _time(after.timestamp),
        "Region": _region_name(alarm.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before.value,
        "OKActions": alarm.ok_actions or [],
        "AlarmActions": alarm.alarm_actions or [],
        "InsufficientDataActions": alarm.insufficient_data_actions or [],
    }
    if alarm.rule is not None:
        return message | {"AlarmRule": alarm.rule, "NewStateReasonData": after.reason_data}
    return message | {"Trigger": _trigger(alarm)}


def lambda_event(alarm: Alarm, account_id: str, before: State, after: State) -> dict[str, Any]:
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.alarm_arn,
        "accountId": account_id,
        "time": _time(after.timestamp),
        "region": alarm.region_name,
        "alarmData": {
            "alarmName": alarm.name,
            "state": _state(after),
            "previousState": _state(before),
            "configuration": _configuration(alarm),
        },
    }


def _trigger(alarm: Alarm) -> dict[str, Any]:
    trigger: dict[str, Any] = {
        "Period": _number(alarm.period),
        "EvaluationPeriods": _number(alarm.evaluation_periods),
        "DatapointsToAlarm": _number(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if not alarm.metric_name:
        return trigger | {"Metrics": [{"Id": query.id} for query in alarm.metric_data_queries]}
    return trigger | {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "Statistic" if alarm.statistic else "ExtendedStatistic",
        "Statistic": _shouted(alarm.statistic or alarm.extended_statistic),
        "Unit": alarm.unit,
        "Dimensions": [{"value": dimension.value, "name": dimension.name} for dimension in alarm.dimensions],
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    if alarm.rule is not None:
        return {"alarmRule": alarm.rule, "description": alarm.description}
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {dimension.name: dimension.value for dimension in alarm.dimensions},
    }
    stat = {
        "metric": metric,
        "period": _number(alarm.period),
        "stat": alarm.statistic or alarm.extended_statistic,
    }
    return {
        "description": alarm.description,
        "metrics": [{"id": "m1", "metricStat": stat, "returnData": True}],
    }


def _state(state: State) -> dict[str, Any]:
    return {
        "value": state.value,
        "reason": state.reason,
        "reasonData": state.reason_data,
        "timestamp": _time(state.timestamp),
    }


def _time(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}+0000"


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _shouted(statistic: str | None) -> str | None:
    """`SampleCount` is `SAMPLE_COUNT` in messages."""
    if statistic is None:
        return None
    return "SAMPLE_COUNT" if statistic == "SampleCount" else statistic.upper()


@cache
def _region_name(region: str) -> str:
    """`US East (N. Virginia)` for `us-east-1`."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    for partition in partitions:
        if region in partition["regions"]:
            return partition["regions"][region]["description"]
    return region
