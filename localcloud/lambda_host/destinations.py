"""Where the record of an asynchronous invocation goes: an SQS queue, an SNS topic or a function."""

import json
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends


def send(arn: str, record: dict[str, Any]) -> None:
    """Raises whatever moto raises when there is no such destination, and `ValueError` for another kind of one."""
    _, _, service, region, account, name = arn.split(":", 5)
    text = json.dumps(record)
    if service == "sqs":
        sqs_backends[account][region].send_message(name, text)
    elif service == "sns":
        sns_backends[account][region].publish(text, arn)
    elif service == "lambda":
        from .by_arn import invoke_arn_later

        invoke_arn_later(arn, record)
    else:
        raise ValueError(f"{service} is not a destination that the local cloud knows")
