"""Feature-flag documents: what AppConfig takes, and what clients are given.

https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-type-reference-feature-flags.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_KEY = re.compile(r"[a-z][a-zA-Z\d_-]{0,63}")
_TYPES = {"string": str, "number": (int, float), "boolean": bool, "array": list}
ION = "application/ion; type=AWS.AppConfig.FeatureFlags"


def problems(content: bytes) -> Iterator[str]:
    """What is wrong with a document."""
    try:
        document = json.loads(content)
    except ValueError as error:
        yield f"the document is no JSON: {error}"
        return
    if not isinstance(document, dict) or document.get("version") != "1":
        yield "the version must be \"1\""
        return
    flags, values = document.get("flags"), document.get("values")
    if not isinstance(flags, dict) or not isinstance(values, dict):
        yield "flags and values must be objects"
        return
    for key, flag in flags.items():
        if not _KEY.fullmatch(key):
            yield f"{key} is no key of a flag: {_KEY.pattern}"
        elif not isinstance(flag, dict) or not flag.get("name"):
            yield f"the flag {key} has no name"
    for key, value in values.items():
        if key not in flags:
            yield f"there are values for {key}, which is not defined"
        elif not isinstance(value, dict):
            yield f"the value of {key} must be an object"
        else:
            yield from _value_problems(key, value, (flags[key] or {}).get("attributes") or {})


def retrieved(content: bytes) -> tuple[bytes, str]:
    """The document as it is retrieved, and its type: attributes only of flags that are on, no metadata.

    One flag with variants makes all of it Amazon Ion, with the rules for the agent to evaluate.
    """
    values = json.loads(content)["values"]
    if any("_variants" in value for value in values.values()):
        return "\n".join(_ion(flag, value) for flag, value in values.items()).encode(), ION
    return json.dumps({flag: _seen(value) for flag, value in values.items()}).encode(), "application/json"


def _seen(value: dict[str, Any]) -> dict[str, Any]:
    if not value.get("enabled"):
        return {"enabled": False}
    return {key: item for key, item in value.items() if not key.startswith("_")}


def _ion(flag: str, value: dict[str, Any]) -> str:
    if "_variants" not in value:
        return f"'{flag}'::{_ion_text(_seen(value))}\n"
    variants = []
    for variant in value["_variants"]:
        attributes = variant.get("attributeValues") or {} if variant["enabled"] else {}
        text = _ion_text({"_variant": variant["name"], "enabled": variant["enabled"], **attributes})
        variants.append(f"  [\n    {variant['rule']},\n    {text}\n  ]" if "rule" in variant else f"  {text}")
    return f"'{flag}'::[\n" + ",\n".join(variants) + "\n]\n"


def _ion_text(value: dict[str, Any]) -> str:
    # A long string of Ion; a backslash of the JSON in it must be escaped once more.
    return "'''" + json.dumps(value).replace("\\", "\\\\").replace("'", "\\'") + "'''"


def _value_problems(key: str, value: dict[str, Any], attributes: dict[str, Any]) -> Iterator[str]:
    if "_variants" in value:
        yield from _variant_problems(key, value["_variants"], attributes)
        return
    if not isinstance(value.get("enabled"), bool):
        yield f"{key}.enabled must be true or false"
    given = {name: item for name, item in value.items() if name != "enabled" and not name.startswith("_")}
    yield from _attribute_problems(key, given, attributes)


def _variant_problems(key: str, variants: Any, attributes: dict[str, Any]) -> Iterator[str]:
    if not isinstance(variants, list) or not all(isinstance(variant, dict) for variant in variants):
        yield f"{key}._variants must be a list of objects"
        return
    for number, variant in enumerate(variants):
        if not variant.get("name") or not isinstance(variant.get("enabled"), bool):
            yield f"{key}._variants[{number}] needs a name, and enabled must be true or false"
        if ("rule" in variant) == (number == len(variants) - 1):
            yield f"{key}._variants[{number}]: every variant has a rule but the last, which is the default"
        yield from _attribute_problems(key, variant.get("attributeValues") or {}, attributes)


def _attribute_problems(key: str, given: dict[str, Any], attributes: dict[str, Any]) -> Iterator[str]:
    for name, value in given.items():
        if name not in attributes:
            yield f"{key}.{name} is not an attribute of the flag"
            continue
        constraints = (attributes[name] or {}).get("constraints") or {}
        kind = _TYPES.get(constraints.get("type", ""), object)
        if not isinstance(value, kind) or (isinstance(value, bool) and constraints.get("type") == "number"):
            yield f"{key}.{name} must be of the type {constraints['type']}"
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if not constraints.get("minimum", value) <= value <= constraints.get("maximum", value):
                yield f"{key}.{name} is out of range"
        elif isinstance(value, str) and "enum" in constraints and value not in constraints["enum"]:
            yield f"{key}.{name} must be one of {', '.join(constraints['enum'])}"
        elif isinstance(value, str) and "pattern" in constraints and not re.search(constraints["pattern"], value):
            yield f"{key}.{name} must match {constraints['pattern']}"
