"""Values of a template in the types that an API's model wants.

CloudFormation takes `"5"` and `true` where the API wants a number and a text, and an object where it wants JSON.
"""

import json
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


def fit(value: Any, shape: Shape) -> Any:
    """`value` as `shape` wants it. What the shape does not know is left for botocore to refuse."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {key: fit(item, members[key]) if key in members else item for key, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [fit(item, shape.member) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: fit(item, shape.value) for key, item in value.items()}
    if shape.type_name in ("integer", "long") and isinstance(value, str):
        return int(value)
    if shape.type_name in ("float", "double") and isinstance(value, str | int):
        return float(value)
    if shape.type_name == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if shape.type_name == "string" and not isinstance(value, str):
        # Texts stay; booleans, numbers and objects are written as in JSON.
        return json.dumps(value)
    return value
