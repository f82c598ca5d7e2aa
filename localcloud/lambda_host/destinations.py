"""Where the record of an asynchronous invocation goes: an SQS queue, an SNS topic or a function."""

import json
from collections.abc import Callable
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends


def send(arn: str, record: dict[str, Any], invoke: Callable[[str, dict[str, Any]], None]) -> None:
    """`invoke` hands the record to the function with that ARN, and does not wait for it.

    Raises whatever moto raises when there is no such destination, and `ValueError` for another kind of one.
    """
    _, _, service, region, account, name = arn.split(":", 5)
    text = json.dumps(record)
    if service == "sqs":
        sqs_backends[account][region].send_message(name, text)
    elif service == "sns":
        sns_backends[account][region].publish(text, arn)
    elif service == "lambda":
        invoke(arn, record)
    else:
        raise ValueError(f"{service} is not a destination that the local cloud knows")
