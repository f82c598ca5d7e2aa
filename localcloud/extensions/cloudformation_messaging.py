"""CloudFormation: AWS::SNS::Topic, Subscription and TopicPolicy, AWS::SQS::QueuePolicy, AWS::S3::BucketPolicy.

moto has topics, but an update of one deletes it with its subscriptions, and most of its properties are dropped.
"""

from typing import Any

from ._cloudformation import ApiResource, Replace, only, without


class Topic(ApiResource):
    type_name = "AWS::SNS::Topic"
    name_property = "TopicName"
    attribute_names = ("TopicName", "TopicArn")

    _ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig", "FifoTopic")

    def create(self, name: str) -> None:
        only(self.properties, "TopicName", "Tags", "Subscription", *self._ATTRIBUTES)
        created = self.call(
            "sns", "create_topic", Name=name, Attributes=self._settings(), Tags=self.properties.get("Tags", [])
        )
        self.physical_id = created["TopicArn"]
        self.attributes = {"TopicName": name, "TopicArn": self.physical_id}
        for subscription in self.properties.get("Subscription", []):
            self.call("sns", "subscribe", TopicArn=self.physical_id, **subscription)

    def update(self) -> None:
        for name, value in self._settings().items():
            self.call(
                "sns", "set_topic_attributes", TopicArn=self.physical_id, AttributeName=name, AttributeValue=value
            )

    def remove(self) -> None:
        self.call("sns", "delete_topic", TopicArn=self.physical_id)

    def _settings(self) -> dict[str, Any]:
        return {name: self.properties[name] for name in self._ATTRIBUTES if name in self.properties}


class Subscription(ApiResource):
    type_name = "AWS::SNS::Subscription"

    _IDENTITY = ("TopicArn", "Protocol", "Endpoint", "Region")

    def create(self, name: str) -> None:
        self._identity = {key: self.properties.get(key) for key in self._IDENTITY}
        self.physical_id = self.call(
            "sns",
            "subscribe",
            TopicArn=self.properties["TopicArn"],
            Protocol=self.properties["Protocol"],
            Endpoint=self.properties["Endpoint"],
            Attributes=without(self.properties, *self._IDENTITY),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    def update(self) -> None:
        if {key: self.properties.get(key) for key in self._IDENTITY} != self._identity:
            raise Replace
        for name, value in without(self.properties, *self._IDENTITY).items():
            self.call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=self.physical_id,
                AttributeName=name,
                AttributeValue=value,
            )

    def remove(self) -> None:
        self.call("sns", "unsubscribe", SubscriptionArn=self.physical_id)


class TopicPolicy(ApiResource):
    type_name = "AWS::SNS::TopicPolicy"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()

    def update(self) -> None:
        policy = {"AttributeName": "Policy", "AttributeValue": self.properties["PolicyDocument"]}
        for topic in self.properties["Topics"]:
            self.call("sns", "set_topic_attributes", TopicArn=topic, **policy)


class QueuePolicy(ApiResource):
    type_name = "AWS::SQS::QueuePolicy"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()

    def update(self) -> None:
        attributes = {"Policy": self.properties["PolicyDocument"]}
        for queue in self.properties["Queues"]:
            self.call("sqs", "set_queue_attributes", QueueUrl=queue, Attributes=attributes)


class BucketPolicy(ApiResource):
    type_name = "AWS::S3::BucketPolicy"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()

    def update(self) -> None:
        document = self.properties["PolicyDocument"]
        self.call("s3", "put_bucket_policy", Bucket=self.properties["Bucket"], Policy=document)

    def remove(self) -> None:
        self.call("s3", "delete_bucket_policy", Bucket=self.properties["Bucket"])


def install() -> None:
    """Defining the types is enough."""
