"""SNS topics with their subscriptions, and SQS queues."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from .plain import document, plain, regional

_TOPIC = (
    "sent_notifications",
    "sns_backend",
    "subscriptions_confimed",
    "subscriptions_deleted",
    "subscriptions_pending",
)
_SUBSCRIPTION = ("attributes", "topic", "filter_policy_matcher", "owner")
_QUEUE = (
    "created_timestamp",
    "dead_letter_queue",
    "deleted_messages",
    "lambda_event_source_mappings",
    "last_modified_timestamp",
    "last_purged_at",
    "messages",
    "messages_lock",
    "pending_messages",
    "queue_arn",
)


def topics() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(sns_backends):
        for topic in list(backend.topics.values()):
            yield named(topic.name), lambda backend=backend, topic=topic: _topic(backend, topic)


def _topic(backend: Any, topic: Any) -> dict[str, Any]:
    subscriptions = [each for each in list(backend.subscriptions.values()) if each.topic is topic]
    return plain(topic, *_TOPIC, documents=["delivery_policy", "effective_delivery_policy"]) | {
        "subscriptions": {
            f"{each.protocol}:{each.endpoint}": plain(each, *_SUBSCRIPTION)
            | {"attributes": {key: document(item) for key, item in each.attributes.items() if key != "SubscriptionArn"}}
            for each in subscriptions
        }
    }


def queues() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(sqs_backends):
        for name, queue in list(backend.queues.items()):
            yield named(name), lambda queue=queue: plain(queue, *_QUEUE, documents=["policy", "redrive_policy"])
