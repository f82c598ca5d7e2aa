"""Loads processed objects into InfluxDB, and counts them in the metric that the alarm `ons-influxdb-unavailable` watches."""

import functools
import json
import time

import boto3

from onsdata import influxdb_store, load_service

s3 = boto3.client("s3")
open_store = functools.cache(influxdb_store.from_environment)


def handler(event, context):
    store = open_store()
    result = load_service.serve(event, context, store, s3)
    if result.get("loaded"):
        print(json.dumps(written_metric(store.instance, result["loaded"])), flush=True)
    return result


def written_metric(instance: str, records: int) -> dict:
    """An embedded-metric line: CloudWatch makes ONS/DataPlatform InfluxDBRecordsWritten of it. No line, no data: the alarm breaches."""
    return {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "ONS/DataPlatform",
                    "Dimensions": [["Instance"]],
                    "Metrics": [{"Name": "InfluxDBRecordsWritten", "Unit": "Count"}],
                }
            ],
        },
        "Instance": instance,
        "InfluxDBRecordsWritten": records,
    }
