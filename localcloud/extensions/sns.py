"""SNS: functions get the message that was published, asynchronously and only when their policy admits the topic.

moto invokes them in the middle of Publish, with an example in place of the message id, the topic and the attributes.

`GET /_localcloud/messages` lists everything that was published: `{"messages": [{"topic", "subject", "message",
"message_id", "time"}]}`, oldest first; `?topic=ARN` narrows it.
"""

import datetime
import logging
import threading
from typing import Any

from moto.sns.models import Subscription, Topic
from werkzeug import Request, Response

from ..lambda_host.asynchronous import invoke_arn_later
from ..routes import json_response, route
from .lambda_policy import allows_invoke

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_messages: list[dict[str, Any]] = []


def install() -> None:
    publish_to_topic, publish_to_subscription = Topic.publish, Subscription.publish

    def publish(self: Topic, message: str, subject: str | None = None, **options: Any) -> str:
        message_id = publish_to_topic(self, message, subject=subject, **options)
        with _lock:
            _messages.append(
                {
                    "topic": self.arn,
                    "subject": subject,
                    "message": message,
                    "message_id": message_id,
                    "time": _now(),
                }
            )
        return message_id

    def deliver(self: Subscription, message: str, message_id: str, **options: Any) -> None:
        if self.protocol != "lambda":
            publish_to_subscription(self, message, message_id, **options)
            return
        matcher = self._filter_policy_matcher
        attributes = options.get("message_attributes")
        if matcher is not None and not matcher.matches(attributes, message):
            return
        if options.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        _invoke(self, message, message_id, options.get("subject"), attributes or {})

    Topic.publish = publish
    Subscription.publish = deliver


def reset() -> None:
    with _lock:
        _messages.clear()


def _invoke(
    subscription: Subscription, message: str, message_id: str, subject: str | None, attributes: dict[str, Any]
) -> None:
    topic, function = subscription.topic.arn, subscription.endpoint
    if not allows_invoke(function, "sns.amazonaws.com", topic, subscription.account_id):
        _log.warning("%s has no permission to invoke %s: the message %s is lost", topic, function, message_id)
        return
    notification = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic,
        "Subject": subject,
        "Message": message,
        "Timestamp": _now(),
        "SignatureVersion": "1",
        "Signature": "LOCAL",
        "SigningCertUrl": f"https://sns.{subscription.topic.sns_backend.region_name}.amazonaws.com/local.pem",
        "UnsubscribeUrl": f"https://sns.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        "MessageAttributes": {
            name: {"Type": attribute["Type"], "Value": attribute["Value"]} for name, attribute in attributes.items()
        },
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    }
    invoke_arn_later(function, {"Records": [record]})


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@route("GET", "/_localcloud/messages")
def _list(request: Request) -> Response:
    topic = request.args.get("topic")
    with _lock:
        found = [message for message in _messages if topic in (None, message["topic"])]
    return json_response({"messages": found})
