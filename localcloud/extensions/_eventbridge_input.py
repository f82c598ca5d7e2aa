"""What a rule's target is given of an event: all of it, `Input`, a part (`InputPath`) or a text made of parts
(`InputTransformer`).

Paths are the small JSONPath of EventBridge: names, indices and `*`. A variable whose path finds nothing leaves an
empty text inside a string of the template, and null outside of strings.
"""

import json
import re
from typing import Any

_STEP = re.compile(r"\.([\w-]+)|\[(\d+|\*)\]")
_STRING_OR_VARIABLE = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>"]+>')
_VARIABLE = re.compile(r"<([^<>]+)>")


def input_of(target: dict[str, Any], event: dict[str, Any], rule_arn: str, rule_name: str) -> Any:
    """The value that the target is sent. Raises `ValueError` when a template does not become JSON."""
    if target.get("Input"):
        return json.loads(target["Input"])
    if target.get("InputPath"):
        return at_path(event, target["InputPath"])
    transformer = target.get("InputTransformer")
    if transformer:
        paths = transformer.get("InputPathsMap") or {}
        values = {name: at_path(event, path) for name, path in paths.items()}
        values |= {
            "aws.events.rule-arn": rule_arn,
            "aws.events.rule-name": rule_name,
            "aws.events.event.json": event,
            "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
            "aws.events.event.ingestion-time": event["time"],
        }
        return json.loads(_fill(transformer["InputTemplate"], values))
    return event


def at_path(event: Any, path: str) -> Any:
    """The value at `$.a.b[0]`; None where there is none. Raises `ValueError` for another kind of path."""
    rest = path.removeprefix("$")
    if not path.startswith("$") or _STEP.sub("", rest):
        raise ValueError(f"{path} is not a path that EventBridge takes")
    found = [event]
    for name, index in _STEP.findall(rest):
        found = [item for value in found for item in _step(value, name, index)]
    if "[*]" in rest:
        return found
    return found[0] if found else None


def _step(value: Any, name: str, index: str) -> list[Any]:
    if name:
        return [value[name]] if isinstance(value, dict) and name in value else []
    if not isinstance(value, list):
        return []
    if index == "*":
        return value
    return value[int(index) : int(index) + 1]


def _fill(template: str, values: dict[str, Any]) -> str:
    def in_string(variable: re.Match[str]) -> str:
        value = values.get(variable[1])
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    def token(match: re.Match[str]) -> str:
        if match[0].startswith('"'):
            return _VARIABLE.sub(in_string, match[0])
        return json.dumps(values.get(match[0][1:-1]))

    return _STRING_OR_VARIABLE.sub(token, template)
