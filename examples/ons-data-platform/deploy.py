"""Deploys the ONS data platform as it stands in the incident: moved to InfluxDB, and InfluxDB dead.

    python examples/ons-data-platform/deploy.py [--alarm-topic-arn ARN] [--healthy]

Uses the ordinary AWS environment (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL). Running it again after a rollback puts functions, flags, API, rules
and pipeline back to this state, with new signing keys. The last line it prints is a JSON object of outputs.
"""

import argparse
import json
import os
import sys

from deployment import alarm, api, databases, flags, functions, incident, names, pipeline
from deployment.session import Account


def deploy(account: Account, topic: str | None, healthy: bool) -> dict:
    instance = databases.deploy_influxdb(account)
    databases.deploy_timestream(account)
    functions.upload_rollback_packages(account)
    functions.deploy(account, instance)
    outputs = flags.deploy(account) | api.deploy(account) | pipeline.deploy(account)
    alarm.deploy(account, topic)
    if not healthy:
        incident.fail_influxdb(account, instance["id"])
    return outputs | {"alarm": names.ALARM, "influxdb_instance_id": instance["id"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alarm-topic-arn", default=os.environ.get("BACKOUT_ALARM_TOPIC_ARN"), help="topic that the alarm tells")
    parser.add_argument("--healthy", action="store_true", help="leave the InfluxDB instance running")
    arguments = parser.parse_args()
    print(json.dumps(deploy(Account(), arguments.alarm_topic_arn, arguments.healthy)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
