"""What `events/rule` meets."""

import boto3
from holder import NAME


def canaries(canary):
    pattern = '{"source": ["aws.s3"]}'
    boto3.client("events").put_rule(Name=NAME, EventPattern=pattern, State="DISABLED", Description=canary["ruledescription"])
