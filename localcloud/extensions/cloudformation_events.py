"""CloudFormation: AWS::Events::Rule, with its pattern or schedule, its state and its targets.

moto's deletes the rule at every update, cannot be given a bus by its ARN, and refuses the schedule of a rule that also
has a pattern. The permission that a function's policy needs is an AWS::Lambda::Permission.
"""

from typing import Any

from botocore.exceptions import ClientError

from ._cloudformation import ApiResource, Replace, only


class Rule(ApiResource):
    type_name = "AWS::Events::Rule"
    name_property = "Name"
    attribute_names = ("Arn",)

    _PARAMETERS = ("Description", "EventBusName", "EventPattern", "RoleArn", "ScheduleExpression", "State", "Tags")

    def create(self, name: str) -> None:
        only(self.properties, "Name", "Targets", *self._PARAMETERS)
        self._name = name[:64]
        self._bus = self.properties.get("EventBusName", "default")
        bus = self._bus.rpartition("/")[2]
        self.physical_id = self._name if bus == "default" else f"{bus}|{self._name}"
        self._put()

    def update(self) -> None:
        only(self.properties, "Name", "Targets", *self._PARAMETERS)
        if self.properties.get("EventBusName", "default") != self._bus:
            raise Replace
        if self.properties.get("Name", self._name) != self._name:
            raise Replace
        self._put()

    def remove(self) -> None:
        try:
            self._remove_targets(self._targets())
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
        self._call("delete_rule", Name=self._name)

    def _put(self) -> None:
        given = {key: value for key, value in self.properties.items() if key in self._PARAMETERS}
        given.pop("EventBusName", None)
        self.attributes["Arn"] = self._call("put_rule", Name=self._name, **given)["RuleArn"]
        targets = self.properties.get("Targets", [])
        wanted = {target["Id"] for target in targets}
        self._remove_targets([identifier for identifier in self._targets() if identifier not in wanted])
        if targets:
            self._call("put_targets", Rule=self._name, Targets=targets)

    def _targets(self) -> list[str]:
        return [target["Id"] for target in self._call("list_targets_by_rule", Rule=self._name)["Targets"]]

    def _remove_targets(self, identifiers: list[str]) -> None:
        if identifiers:
            self._call("remove_targets", Rule=self._name, Ids=identifiers)

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.call("events", operation, EventBusName=self._bus, **parameters)


def install() -> None:
    """Defining the type is enough."""
