"""Bucket policies with conditions: moto applies every statement as if it had none, so that a policy which denies
requests without TLS denies them all.

The local cloud speaks plain HTTP on loopback and stands in for endpoints that speak TLS: `aws:SecureTransport` is true.
Any other condition is an error rather than a guess.
"""

import json

from moto.s3.models import FakeBucket
from moto.iam.access_control import IAMPolicy, PermissionResult


def install() -> None:
    FakeBucket.get_permission = _get_permission


def _get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = [statement for statement in statements if _holds(statement.get("Condition", {}))]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


def _holds(condition: dict) -> bool:
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            if (operator, key.lower()) != ("Bool", "aws:securetransport"):
                raise NotImplementedError(f"the local cloud does not know the policy condition {operator} {key}")
            values = wanted if isinstance(wanted, list) else [wanted]
            if "true" not in [str(value).lower() for value in values]:
                return False
    return True
