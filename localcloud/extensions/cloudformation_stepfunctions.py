"""CloudFormation: AWS::StepFunctions::StateMachine, created where it can be executed, with its substitutions.

moto creates it in the backend that does not execute, and knows neither DefinitionS3Location nor
DefinitionSubstitutions.
"""

import json
import re
from typing import Any

from ._cloudformation import ApiResource, camel_case, without

_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


class StateMachine(ApiResource):
    type_name = "AWS::StepFunctions::StateMachine"
    name_property = "StateMachineName"
    attribute_names = ("Arn", "Name", "StateMachineRevisionId")

    _DEFINITION = ("Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions")
    _NOT_CHANGEABLE = ("StateMachineName", "StateMachineType", "Tags")

    def create(self, name: str) -> None:
        properties = self.properties
        created = self.call(
            "stepfunctions",
            "create_state_machine",
            name=name[:80],
            type=properties.get("StateMachineType", "STANDARD"),
            tags=camel_case(properties.get("Tags", [])),
            definition=self._definition(),
            **self._settings(),
        )
        self.physical_id = created["stateMachineArn"]
        self.attributes = {"Arn": self.physical_id, "Name": name[:80], "StateMachineRevisionId": "INITIAL"}

    def update(self) -> None:
        self.call(
            "stepfunctions",
            "update_state_machine",
            stateMachineArn=self.physical_id,
            definition=self._definition(),
            **self._settings(),
        )

    def remove(self) -> None:
        self.call("stepfunctions", "delete_state_machine", stateMachineArn=self.physical_id)

    def _settings(self) -> dict[str, Any]:
        return camel_case(without(self.properties, *self._DEFINITION, *self._NOT_CHANGEABLE))

    def _definition(self) -> str:
        properties = self.properties
        if "DefinitionS3Location" in properties:
            location = properties["DefinitionS3Location"]
            wanted = {"Bucket": location["Bucket"], "Key": location["Key"]}
            if "Version" in location:
                wanted["VersionId"] = location["Version"]
            text = self.call("s3", "get_object", **wanted)["Body"].read().decode()
        elif "Definition" in properties:
            text = json.dumps(properties["Definition"])
        else:
            text = properties["DefinitionString"]
        return substitute(text, properties.get("DefinitionSubstitutions", {}))


def substitute(definition: str, values: dict[str, Any]) -> str:
    """Puts values in the place of `${Name}`. Raises `ValueError` for a name without a value."""

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in values:
            raise ValueError(f"the definition refers to ${{{name}}}, which DefinitionSubstitutions does not have")
        value = values[name]
        return json.dumps(value) if isinstance(value, bool) else str(value)

    return _SUBSTITUTION.sub(value_of, definition)


def install() -> None:
    """Defining the type is enough."""
