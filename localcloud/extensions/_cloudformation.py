"""The base of the CloudFormation resource types that moto lacks: each is created through its service's own API.

The properties of most types are the parameters of the API, and botocore checks them against the service's model.
"""

from typing import Any, ClassVar

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

from ..identities import CLOUDFORMATION_ACCESS_KEY
from ._clients import checking_client
from ._fitting import fit


class Replace(Exception):
    """Raised by `update`: this change needs another resource in the place of this one."""


class ApiResource(CloudFormationModel):
    """A resource of one type. A subclass sets `type_name` and has `create`, and where they apply `update`, `remove`."""

    type_name: ClassVar[str]
    # The property that names the resource, when the type has one. Without it CloudFormation makes a name up.
    name_property: ClassVar[str] = ""
    # What Fn::GetAtt may ask for.
    attribute_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, region: str, account_id: str, properties: dict[str, Any]):
        self.region = region
        self.account_id = account_id
        self.properties = properties
        self.physical_id = ""
        self.attributes: dict[str, Any] = {}

    def create(self, name: str) -> None:
        """Creates what `self.properties` describes. Sets `physical_id`, and `attributes` where there are any."""
        raise NotImplementedError

    def update(self) -> None:
        """Makes the resource what `self.properties` now describes. Raises `Replace` when that is not possible.

        Without it every change replaces the resource.
        """
        raise NotImplementedError

    def remove(self) -> None:
        """Deletes the resource."""

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Calls the API (`operation` in boto3's spelling), with the parameters in the types that its model wants.

        Raises botocore's errors.
        """
        client = checking_client(service, self.region, CLOUDFORMATION_ACCESS_KEY)
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
        return getattr(client, operation)(**fit(parameters, model.input_shape))

    def waiter(self, service: str, name: str) -> Any:
        """A boto3 waiter."""
        return checking_client(service, self.region, CLOUDFORMATION_ACCESS_KEY).get_waiter(name)

    @property
    def physical_resource_id(self) -> str:
        return self.physical_id

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[attribute_name]

    def delete(self, account_id: str, region_name: str) -> None:
        self.remove()

    def is_created(self) -> bool:
        return True

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attribute_names

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> "ApiResource":
        resource = cls(region_name, account_id, cloudformation_json.get("Properties", {}))
        resource.create(resource_name)
        return resource

    @classmethod
    def supports_update(cls) -> bool:
        return cls.update is not ApiResource.update

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "ApiResource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "ApiResource":
        before = original_resource.properties
        original_resource.properties = cloudformation_json.get("Properties", {})
        try:
            original_resource.update()
        except Replace:
            original_resource.properties = before
            raise
        return original_resource


def only(properties: dict[str, Any], *known: str) -> None:
    """Raises `ValueError` for a property that the local cloud would otherwise drop silently."""
    unknown = sorted(set(properties) - set(known))
    if unknown:
        raise ValueError(f"the local cloud does not know the properties {', '.join(unknown)}")


def without(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    """The properties but some."""
    return {name: value for name, value in properties.items() if name not in names}


def camel_case(value: Any) -> Any:
    """Properties with their names as APIs write them that begin names with a small letter (`roleArn`)."""
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: camel_case(item) for key, item in value.items()}
    if isinstance(value, list):
        return [camel_case(item) for item in value]
    return value
