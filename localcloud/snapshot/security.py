"""IAM roles and policies, KMS keys, and SSM parameters."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.ssm.models import ssm_backends

from ..settings import ACCOUNT_ID
from .plain import digest, document, plain, regional

_ROLE = ("id", "last_used", "last_used_region", "managed_policies", "policies", "name")
_KEY = ("grants", "id", "key_material", "private_key", "rotations", "aliases")
_PARAMETER = ("version", "labels", "value", "source_result", "name")


def roles_and_policies() -> Iterator[tuple[str, Callable[[], Any]]]:
    backend = iam_backends[ACCOUNT_ID]["aws"]
    for role in list(backend.roles.values()):
        yield f"role/{role.name}", lambda role=role: _role(role)
    for arn, policy in list(backend.managed_policies.items()):
        if f":{ACCOUNT_ID}:" in arn:
            yield f"policy/{policy.name}", lambda policy=policy: _policy(policy)


def _role(role: Any) -> dict[str, Any]:
    return plain(role, *_ROLE, documents=["assume_role_policy_document"]) | {
        "policies": {name: document(text) for name, text in list(role.policies.items())},
        "managed_policies": sorted(role.managed_policies),
    }


def _policy(policy: Any) -> dict[str, Any]:
    version = next(each for each in policy.versions if each.version_id == policy.default_version_id)
    return {
        "document": document(version.document),
        "path": policy.path,
        "description": policy.description,
        "tags": plain(policy.tags),
    }


def keys() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(kms_backends):
        for identifier, key in list(backend.keys.items()):
            # AWS makes its own keys when they are asked for first, which is no change of anybody's.
            if not any(alias.startswith("alias/aws/") for alias in key.aliases):
                yield named(identifier), lambda backend=backend, key=key: _key(backend, key)


def _key(backend: Any, key: Any) -> dict[str, Any]:
    return plain(key, *_KEY, documents=["policy"]) | {
        "aliases": sorted(key.aliases),
        "scheduled_for_deletion": key.deletion_date is not None,
        "tags": backend.tagger.get_tag_dict_for_resource(key.id),
    }


def parameters() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(ssm_backends):
        for name in list(dict.keys(backend._parameters)):
            versions = dict.get(backend._parameters, name)
            if versions and not name.startswith("/aws/"):
                yield named(name), lambda backend=backend, latest=versions[-1]: _parameter(backend, latest)


def _parameter(backend: Any, parameter: Any) -> dict[str, Any]:
    secret = parameter.parameter_type == "SecureString"
    return plain(parameter, *_PARAMETER) | {
        "value": digest(parameter.value) if secret else parameter.value,
        "tags": plain(backend.list_tags_for_resource("Parameter", parameter.name)),
    }
