"""CloudFormation: AWS::CloudWatch::Alarm, AWS::Logs::LogGroup, AWS::Logs::MetricFilter.

moto has log groups too, but ignores every property except the retention and cannot change one.
"""

from botocore.exceptions import ClientError

from ._cloudformation import ApiResource, camel_case, only, without


class Alarm(ApiResource):
    type_name = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"
    attribute_names = ("Arn",)

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()
        described = self.call("cloudwatch", "describe_alarms", AlarmNames=[name])
        self.attributes["Arn"] = described["MetricAlarms"][0]["AlarmArn"]

    def update(self) -> None:
        self.call("cloudwatch", "put_metric_alarm", **(self.properties | {"AlarmName": self.physical_id}))

    def remove(self) -> None:
        self.call("cloudwatch", "delete_alarms", AlarmNames=[self.physical_id])


class LogGroup(ApiResource):
    type_name = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"
    attribute_names = ("Arn",)

    def create(self, name: str) -> None:
        only(self.properties, "LogGroupName", "RetentionInDays", "KmsKeyId", "Tags", "LogGroupClass")
        self.physical_id = name
        tags = {tag["Key"]: tag["Value"] for tag in self.properties.get("Tags", [])}
        key = {"kmsKeyId": self.properties["KmsKeyId"]} if "KmsKeyId" in self.properties else {}
        try:
            self.call("logs", "create_log_group", logGroupName=name, tags=tags, **key)
        except ClientError as error:
            # The functions here write at once, and then their group is there before the stack wants it.
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
        self.update()
        self.attributes["Arn"] = f"arn:aws:logs:{self.region}:{self.account_id}:log-group:{name}:*"

    def update(self) -> None:
        days = self.properties.get("RetentionInDays")
        if days is None:
            self.call("logs", "delete_retention_policy", logGroupName=self.physical_id)
        else:
            self.call("logs", "put_retention_policy", logGroupName=self.physical_id, retentionInDays=days)

    def remove(self) -> None:
        self.call("logs", "delete_log_group", logGroupName=self.physical_id)


class MetricFilter(ApiResource):
    type_name = "AWS::Logs::MetricFilter"
    name_property = "FilterName"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()

    def update(self) -> None:
        parameters = camel_case(without(self.properties, "FilterName"))
        self.call("logs", "put_metric_filter", filterName=self.physical_id, **parameters)

    def remove(self) -> None:
        group = self.properties["LogGroupName"]
        self.call("logs", "delete_metric_filter", logGroupName=group, filterName=self.physical_id)


def install() -> None:
    """Defining the types is enough."""
