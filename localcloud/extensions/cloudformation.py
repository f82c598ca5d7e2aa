"""CloudFormation: refuses what it cannot create, and updates a stack as CloudFormation does.

moto ignores resource types that it does not know. It updates in three passes (remove, add, modify), so that a new
`AWS::Lambda::Version` would publish the code from before the update, and it forgets a resource that it cannot update.
Here an update goes through the resources in the order of their dependencies, changes those whose resolved properties
differ, replaces those that cannot be changed, and removes last what the template no longer has. A stack is deleted in
the opposite order, so that a permission goes before its function; moto deletes in any order.
"""

from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap, clean_json
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

from ._cloudformation import Replace
from ._cloudformation_order import dependency_order

def install() -> None:
    parsing.get_model_list = _models
    parsing.get_model_map = _models_by_type
    parsing.get_name_type_map = _name_properties
    # moto asks the first model of a type, which is its own even where ours has replaced it.
    parsing.resource_name_property_from_type = lambda resource_type: _name_properties().get(resource_type)
    load = ResourceMap.load

    def load_strictly(self: ResourceMap) -> None:
        _refuse_unknown_types(self._template)
        load(self)

    create_one = parsing.parse_and_create_resource

    def create_or_say_which(logical_id: str, resource_json: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        with_type = f"{logical_id} ({resource_json['Type']})"
        return _naming(with_type, lambda: create_one(logical_id, resource_json, *args, **kwargs))

    ResourceMap.load = load_strictly
    ResourceMap.update = _update
    ResourceMap.delete = _delete
    parsing.parse_and_create_resource = create_or_say_which


@cache
def _models() -> list[type[CloudFormationModel]]:
    """moto's types, then ours, which come later and so replace moto's of the same name."""
    found: list[type[CloudFormationModel]] = []
    pending = list(CloudFormationModel.__subclasses__())
    while pending:
        model = pending.pop(0)
        pending.extend(model.__subclasses__())
        if _type_of(model):
            found.append(model)
    return sorted(found, key=lambda model: model.__module__.startswith(__package__))


def _type_of(model: type[CloudFormationModel]) -> str | None:
    try:
        return model.cloudformation_type()
    except AttributeError:  # a base class, of no type itself
        return None


@cache
def _models_by_type() -> dict[str, type[CloudFormationModel]]:
    return {model.cloudformation_type(): model for model in _models()}


@cache
def _name_properties() -> dict[str, str]:
    return {model.cloudformation_type(): model.cloudformation_name_type() for model in _models()}


def _refuse_unknown_types(template: dict[str, Any]) -> None:
    known = _models_by_type()
    types = {resource["Type"] for resource in template.get("Resources", {}).values()}
    unknown = sorted(
        name
        for name in types
        if name not in known and name not in parsing.NULL_MODELS and not name.startswith("Custom::")
    )
    if unknown:
        raise ValidationError(message=f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _update(self: ResourceMap, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
    _refuse_unknown_types(template)
    before = {name: _resolved(self, name) for name in self._resource_json_map if _exists(self, name)}
    old = self._resource_json_map

    self._template = template
    self._resource_json_map = template["Resources"]
    if parameters:
        self.input_parameters = parameters
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()

    gone = [name for name in before if not _wanted(self, name)]
    for name in dependency_order(template["Resources"]):
        if not _wanted(self, name):
            continue
        if name not in before:
            self[name]
            continue
        after = _resolved(self, name)
        if after != before[name]:
            _naming(f"{name} ({after['Type']})", lambda name=name, after=after: _change(self, name, after))
    for name in reversed(dependency_order(old)):
        if name in gone:
            resource = self._parsed_resources.pop(name)
            if old[name].get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
                self._delete_resource(resource, old[name])


def _delete(self: ResourceMap) -> None:
    """What fails is tried again after the rest, because not every dependency can be read from the template."""
    remaining = [name for name in reversed(dependency_order(self._resource_json_map)) if _exists(self, name)]
    while remaining:
        failed = []
        for name in remaining:
            resource = self._resource_json_map[name]
            if resource.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate"):
                continue
            try:
                self._delete_resource(self._parsed_resources[name], resource)
                del self._parsed_resources[name]
            except Exception as error:
                failed.append(name)
                problem = ValidationError(message=f"{name} ({resource['Type']}) failed: {type(error).__name__}: {error}")
        if failed == remaining:
            raise problem
        remaining = failed


def _exists(self: ResourceMap, name: str) -> bool:
    return self._parsed_resources.get(name) is not None


def _wanted(self: ResourceMap, name: str) -> bool:
    resource = self._resource_json_map.get(name)
    if resource is None:
        return False
    condition = resource.get("Condition")
    return not condition or bool(self.lazy_condition_map[condition])


def _resolved(self: ResourceMap, name: str) -> dict[str, Any]:
    resource = self._resource_json_map[name]
    return {"Type": resource["Type"], "Properties": clean_json(resource.get("Properties", {}), self)}


def _change(self: ResourceMap, name: str, after: dict[str, Any]) -> None:
    model = parsing.resource_class_from_type(after["Type"])
    resource = self._resource_json_map[name]
    if _can_update(model):
        try:
            self._parsed_resources[name] = parsing.parse_and_update_resource(
                name, resource, self, account_id=self._account_id, region_name=self._region_name
            )
            return
        except Replace:
            pass
    _replace(self, name, resource)


def _replace(self: ResourceMap, name: str, resource: dict[str, Any]) -> None:
    """The new one first, as CloudFormation does it, so that what refers to the old one still works if this fails."""
    original = self._parsed_resources.pop(name)
    try:
        successor = self[name]
    except Exception:
        self._parsed_resources[name] = original
        raise
    same = getattr(original, "physical_resource_id", None) == getattr(successor, "physical_resource_id", None)
    if not same and resource.get("UpdateReplacePolicy") != "Retain":
        self._delete_resource(original, resource)


def _can_update(model: type[CloudFormationModel]) -> bool:
    if hasattr(model, "supports_update"):
        return bool(model.supports_update())
    return not hasattr(model.update_from_cloudformation_json, "__isabstractmethod__")


def _naming(what: str, act: Any) -> Any:
    """Runs `act`; a failure says which resource it belongs to."""
    try:
        return act()
    except ValidationError:
        raise
    except (ClientError, BotoCoreError, ServiceException, HTTPException, KeyError, ValueError, TypeError) as error:
        raise ValidationError(message=f"{what} failed: {type(error).__name__}: {error}") from error
