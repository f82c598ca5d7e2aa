"""The platform's data source: puts a processed object of each dataset into the bucket, every few seconds.

    python examples/ons-data-platform/producer.py [--every 5] [--seconds N] [--stop-file FILE]

S3 hands an `Object Created` event to EventBridge, and EventBridge to the targets of the enabled rules that match. The local cloud does not
deliver these events, so this program stands in for S3 and EventBridge: it reads the rules and their targets through the API before each
delivery, as they are at that moment, and invokes what it finds (Lambda functions asynchronously, state machines by StartExecution). With the
rule disabled nothing is delivered, and a function that fails loads nothing: whether data arrives in Timestream depends on the platform alone.

Prints one JSON object an upload: `{"at", "key", "delivered": [rule names]}`. Loopback only.
"""

import argparse
import itertools
import json
import random
import sys
from datetime import datetime, timezone

from botocore.exceptions import BotoCoreError, ClientError

import patterns
import running
from deployment import databases, names
from deployment.session import Account


def records(dataset: str, at: datetime, chance: random.Random) -> list[dict]:
    """One record of each of a dataset's series at one time, within a tenth of its usual size."""
    dimensions, measure, series = databases.SERIES[dataset]
    return [
        {"time": at.isoformat(), **dict(zip(dimensions, values)), measure: round(usual * chance.uniform(0.9, 1.1), 1)}
        for *values, usual in series
    ]


def put(account: Account, dataset: str, at: datetime, chance: random.Random) -> dict:
    """Uploads an object and returns the event that S3 would send."""
    key = f"dataset={dataset}/year={at:%Y}/month={at:%m}/day={at:%d}/{at:%H%M%S%f}.json"
    body = "".join(json.dumps(record) + "\n" for record in records(dataset, at, chance)).encode()
    answer = account.client("s3").put_object(Bucket=names.PROCESSED_BUCKET, Key=key, Body=body, ContentType="application/x-ndjson")
    return {
        "version": "0",
        "id": answer["ResponseMetadata"]["RequestId"],
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": account.id,
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": account.region,
        "resources": [f"arn:aws:s3:::{names.PROCESSED_BUCKET}"],
        "detail": {
            "version": "0",
            "bucket": {"name": names.PROCESSED_BUCKET},
            "object": {"key": key, "size": len(body), "etag": answer["ETag"].strip('"')},
            "reason": "PutObject",
        },
    }


def deliver(account: Account, event: dict) -> list[str]:
    """Hands an event to every target of every enabled rule that matches; the names of those rules."""
    events = account.client("events")
    delivered = []
    for rule in events.list_rules()["Rules"]:
        if rule["State"] == "DISABLED" or not patterns.matches(json.loads(rule.get("EventPattern") or "null") or {"source": []}, event):
            continue
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]:
            _send(account, target["Arn"], json.dumps(event))
        delivered.append(rule["Name"])
    return delivered


def _send(account: Account, arn: str, event: str) -> None:
    service = arn.split(":")[2]
    if service == "lambda":
        account.client("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=event)
    elif service == "states":
        account.client("stepfunctions").start_execution(stateMachineArn=arn, input=event)
    else:
        raise ValueError(f"cannot deliver to a target of {service}: {arn}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two uploads (default 5, least 0.5)")
    running.add_arguments(parser)
    arguments = parser.parse_args()
    stop = running.Stop(arguments.seconds, arguments.stop_file)
    account = Account()
    running.require_loopback(account.endpoint)
    chance = random.Random()
    # Generation is what the rollback's validation looks for, so it comes first.
    for dataset in itertools.cycle(databases.SERIES):
        if stop:
            return 0
        at = datetime.now(timezone.utc)
        try:
            event = put(account, dataset, at, chance)
            stop.heard()
            print(json.dumps({"at": at.isoformat(), "key": event["detail"]["object"]["key"], "delivered": deliver(account, event)}), flush=True)
        except (ClientError, BotoCoreError) as error:
            # A platform in the middle of a change refuses now and then; the source goes on regardless, as the real one does.
            print(json.dumps({"at": at.isoformat(), "error": str(error)}), file=sys.stderr, flush=True)
        stop.wait(max(arguments.every, 0.5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
