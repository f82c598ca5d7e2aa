"""CloudFormation: AWS::Lambda::Function with all its properties, Version, Alias, Permission, EventInvokeConfig.

moto drops most properties of a function (layers, tracing, concurrency, architectures, dead-letter queue), its versions
cannot be referred to, its permissions not removed, and it has no aliases and no event invoke configurations.
"""

from typing import Any

from ._cloudformation import ApiResource, without


class Function(ApiResource):
    type_name = "AWS::Lambda::Function"
    name_property = "FunctionName"
    attribute_names = ("Arn",)

    _SEPARATE = ("Code", "FunctionName", "Tags", "ReservedConcurrentExecutions", "RecursiveLoop")
    _ONLY_WHEN_CREATED = ("PackageType", "Architectures")
    # What an update gives to a property that the template no longer has.
    _DEFAULTS = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "Environment": {"Variables": {}},
        "Layers": [],
    }

    def create(self, name: str) -> None:
        self.physical_id = name[:64]
        created = self._call(
            "create_function",
            Code=self.properties["Code"],
            Tags={tag["Key"]: tag["Value"] for tag in self.properties.get("Tags", [])},
            **without(self.properties, *self._SEPARATE),
        )
        self.attributes["Arn"] = created["FunctionArn"]
        self._settle()
        self._reserve()

    def update(self) -> None:
        self._call(
            "update_function_configuration",
            **self._DEFAULTS | without(self.properties, *self._SEPARATE, *self._ONLY_WHEN_CREATED),
        )
        self._settle()
        architectures = self.properties.get("Architectures", ["x86_64"])
        self._call("update_function_code", Architectures=architectures, **self.properties["Code"])
        self._settle()
        self._reserve()

    def remove(self) -> None:
        self._call("delete_function")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.call("lambda", operation, FunctionName=self.physical_id, **parameters)

    def _settle(self) -> None:
        waiter = self.waiter("lambda", "function_updated_v2")
        waiter.wait(FunctionName=self.physical_id, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600})

    def _reserve(self) -> None:
        reserved = self.properties.get("ReservedConcurrentExecutions")
        if reserved is None:
            self._call("delete_function_concurrency")
        else:
            self._call("put_function_concurrency", ReservedConcurrentExecutions=reserved)


class Version(ApiResource):
    type_name = "AWS::Lambda::Version"
    attribute_names = ("Version", "FunctionArn")

    def create(self, name: str) -> None:
        published = self.call("lambda", "publish_version", **self.properties)
        self.physical_id = published["FunctionArn"]
        self.attributes = {"Version": published["Version"], "FunctionArn": published["FunctionArn"]}

    def remove(self) -> None:
        self.call("lambda", "delete_function", FunctionName=self.physical_id)


class Alias(ApiResource):
    type_name = "AWS::Lambda::Alias"

    def create(self, name: str) -> None:
        self.physical_id = self.call("lambda", "create_alias", **self.properties)["AliasArn"]

    def update(self) -> None:
        self.call("lambda", "update_alias", **self.properties)

    def remove(self) -> None:
        name = {key: self.properties[key] for key in ("FunctionName", "Name")}
        self.call("lambda", "delete_alias", **name)


class Permission(ApiResource):
    type_name = "AWS::Lambda::Permission"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.call("lambda", "add_permission", StatementId=name, **self.properties)

    def remove(self) -> None:
        function = self.properties["FunctionName"]
        self.call("lambda", "remove_permission", FunctionName=function, StatementId=self.physical_id)


class EventInvokeConfig(ApiResource):
    type_name = "AWS::Lambda::EventInvokeConfig"

    def create(self, name: str) -> None:
        self.physical_id = name
        self.update()

    def update(self) -> None:
        self.call("lambda", "put_function_event_invoke_config", **self.properties)

    def remove(self) -> None:
        name = {key: self.properties[key] for key in ("FunctionName", "Qualifier")}
        self.call("lambda", "delete_function_event_invoke_config", **name)


def install() -> None:
    """Defining the types is enough."""
