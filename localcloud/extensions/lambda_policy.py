"""Lambda: resource policies of functions, versions and aliases, each its own, guarded by the revision id.

A permission changes the revision of what it is attached to, and `GetPolicy` returns that revision.
`allows_invoke` is the question that a service asks before it invokes a function.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from moto.awslambda.exceptions import GenericResourcNotFound, LambdaClientError
from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction, Permission
from moto.awslambda.policy import Policy
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.responses import TYPE_RESPONSE

from .lambda_revisions import ResourceConflictException, check_revision, lock, renew_revision, revision_of

# Parameter of AddPermission, condition operator, condition key.
_CONDITIONS = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)


class _NotFound(LambdaClientError):
    code = 404

    def __init__(self, message: str):
        super().__init__("ResourceNotFoundException", message)


def _target(backend: LambdaBackend, name: str, qualifier: str | None) -> LambdaFunction | LambdaAlias:
    """What a policy is attached to: the function, one of its versions, or an alias."""
    function = backend.get_function(name, qualifier)
    last = name.split(":function:")[-1]
    qualifier = last.split(":")[1] if ":" in last else qualifier
    if qualifier and not qualifier.isdigit() and qualifier.lower() != "$latest":
        return backend.get_alias(qualifier, function.function_name)
    return function


def _statements(target: LambdaFunction | LambdaAlias) -> list[dict[str, Any]]:
    policy = target.__dict__.get("policy")
    if policy is None or policy.parent is not target:
        # A published version is a copy of the function, an alias has no policy in moto: both begin with none.
        policy = target.policy = Policy(target)
    return policy.statements


def _principal(value: str, partition: str) -> str | dict[str, str]:
    if value == "*":
        return value
    if value.isdigit() and len(value) == 12:
        return {"AWS": f"arn:{partition}:iam::{value}:root"}
    return {"AWS": value} if value.startswith("arn:") else {"Service": value}


def _statement(request: dict[str, Any], resource: str, partition: str) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"], partition),
        "Action": request["Action"],
        "Resource": resource,
    }
    conditions: dict[str, dict[str, str]] = {}
    for parameter, operator, key in _CONDITIONS:
        if request.get(parameter) is not None:
            value = request[parameter]
            conditions.setdefault(operator, {})[key] = str(value).lower() if isinstance(value, bool) else value
    if conditions:
        statement["Condition"] = conditions
    return statement


def add_permission(
    backend: LambdaBackend, name: str, qualifier: str | None, request: dict[str, Any]
) -> dict[str, Any]:
    """Adds the statement that `request` (the parameters of AddPermission) describes, and returns it."""
    with lock:
        target = _target(backend, name, qualifier)
        check_revision(target, request.get("RevisionId"))
        statements = _statements(target)
        sid = request["StatementId"]
        if any(statement["Sid"] == sid for statement in statements):
            raise ResourceConflictException(
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
                "or remove the existing statement."
            )
        resource = target.arn if isinstance(target, LambdaAlias) else target.function_arn
        statement = _statement(request, resource, backend.partition)
        statements.append(statement)
        renew_revision(target)
        return statement


def _remove_permission(
    backend: LambdaBackend, name: str, qualifier: str | None, sid: str, revision_id: str | None
) -> None:
    with lock:
        target = _target(backend, name, qualifier)
        check_revision(target, revision_id)
        statements = _statements(target)
        if not statements:
            raise _NotFound("No policy is associated with the given resource.")
        kept = [statement for statement in statements if statement["Sid"] != sid]
        if len(kept) == len(statements):
            raise _NotFound(f"Statement {sid} is not found in resource policy.")
        statements[:] = kept
        renew_revision(target)


def _policy(backend: LambdaBackend, name: str, qualifier: str | None) -> dict[str, str]:
    target = _target(backend, name, qualifier)
    statements = _statements(target)
    if not statements:
        raise GenericResourcNotFound()
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return {"Policy": json.dumps(document), "RevisionId": revision_of(target)}


def allows_invoke(function_arn: str, service: str, source_arn: str, source_account: str) -> bool:
    """Whether the policy of `function_arn` (qualified or not) lets `service` (such as `apigateway.amazonaws.com`)
    invoke it on behalf of `source_arn` in `source_account`. False too when there is no such function."""
    _, _, _, region, account, _, *_ = function_arn.split(":")
    try:
        statements = _statements(_target(get_backend(account, region), function_arn, None))
    except LambdaClientError:
        return False
    return any(_permits(statement, service, source_arn, source_account) for statement in statements)


def _permits(statement: dict[str, Any], service: str, source_arn: str, source_account: str) -> bool:
    principal = statement["Principal"]
    if principal != "*" and (not isinstance(principal, dict) or principal.get("Service") != service):
        return False
    if statement["Action"].lower() not in ("lambda:invokefunction", "lambda:*", "*"):
        return False
    conditions = statement.get("Condition", {})
    known = {"AWS:SourceArn": source_arn, "AWS:SourceAccount": source_account}
    for operator, pairs in conditions.items():
        for key, wanted in pairs.items():
            if key not in known:
                return False
            given = known[key]
            if not (fnmatchcase(given, wanted) if operator == "ArnLike" else given == wanted):
                return False
    return True


def _respond_add(self: LambdaResponse) -> TYPE_RESPONSE:
    statement = add_permission(
        self.backend, self._get_param("FunctionName"), self._get_param("Qualifier"), self.json_body
    )
    return 201, {"status": 201}, json.dumps({"Statement": json.dumps(statement)})


def _respond_remove(self: LambdaResponse) -> TYPE_RESPONSE:
    _remove_permission(
        self.backend,
        self._get_param("FunctionName"),
        self._get_param("Qualifier"),
        self._get_param("StatementId"),
        self._get_param("RevisionId"),
    )
    return 204, {"status": 204}, ""


def _respond_get(self: LambdaResponse) -> str:
    return json.dumps(_policy(self.backend, self._get_param("FunctionName"), self._get_param("Qualifier")))


def _create_from_cloudformation(
    cls: type[Permission],
    resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **kwargs: Any,
) -> Permission:
    properties = dict(cloudformation_json["Properties"])
    # CloudFormation generates the statement id.
    properties["StatementId"] = resource_name
    add_permission(get_backend(account_id, region_name), properties["FunctionName"], None, properties)
    return cls(region=region_name)


def install() -> None:
    LambdaResponse.add_permission = _respond_add
    LambdaResponse.remove_permission = _respond_remove
    LambdaResponse.get_policy = _respond_get
    Permission.create_from_cloudformation_json = classmethod(_create_from_cloudformation)
