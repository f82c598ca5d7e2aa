"""Lambda: revisions, updates that take a moment, and the refusal of a second update meanwhile.

A function's `RevisionId` changes with each update and once more when that update has settled. Until then
`LastUpdateStatus` is `InProgress` and another update is refused. Aliases have revisions of their own. CloudFormation
waits until an update has settled, so its updates settle at once here.

Setting: `LOCALCLOUD_LAMBDA_UPDATE_SECONDS`, how long an update takes (default 0.3).
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, PreconditionFailedException
from moto.awslambda.models import LambdaAlias, LambdaBackend, LambdaFunction, LambdaStorage
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import TYPE_RESPONSE
from moto.core.utils import utcnow

from ._delays import seconds

# Checking a revision and applying the update that it guards are one act.
lock = threading.RLock()


class ResourceConflictException(LambdaClientError):
    code = 409

    def __init__(self, message: str):
        super().__init__("ResourceConflictException", message)


@dataclass(frozen=True)
class Revision:
    """The two revision ids of one update. A function of time alone, so every copy of a function agrees on it."""

    settles_at: float = 0.0
    updating: str = field(default_factory=lambda: str(uuid.uuid4()))
    settled: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def in_progress(self) -> bool:
        return time.monotonic() < self.settles_at

    @property
    def id(self) -> str:
        return self.updating if self.in_progress else self.settled


def revision_of(target: LambdaFunction | LambdaAlias) -> str:
    """The revision id that a reader is given now."""
    return target.revision_id if isinstance(target, LambdaAlias) else target.revision.id


def check_revision(target: LambdaFunction | LambdaAlias, revision_id: str | None) -> None:
    """Raises `PreconditionFailedException` unless the caller named no revision or the current one."""
    if revision_id and revision_id != revision_of(target):
        raise PreconditionFailedException(
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        )


def renew_revision(target: LambdaFunction | LambdaAlias, *, takes: float = 0.0) -> None:
    """A new revision, which settles after `takes` seconds. An alias has no update in progress, ever."""
    if isinstance(target, LambdaAlias):
        target.revision_id = str(uuid.uuid4())
    else:
        target.revision = Revision(settles_at=time.monotonic() + takes if takes else 0.0)


def _modified(function: LambdaFunction) -> None:
    function.last_modified = utcnow().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
    renew_revision(function)


def refuse_while_updating(function: LambdaFunction) -> None:
    if function.revision.in_progress:
        raise ResourceConflictException(
            "The operation cannot be performed at this time. An update is in progress for resource: "
            + function.function_arn
        )


def _begin_update(function: LambdaFunction) -> None:
    renew_revision(function, takes=seconds("LAMBDA_UPDATE", 0.3))


def _patch_functions() -> None:
    init = LambdaFunction.__init__
    get_configuration = LambdaFunction.get_configuration
    set_version = LambdaFunction.set_version
    update_configuration = LambdaFunction.update_configuration
    update_function_code = LambdaFunction.update_function_code

    def with_revision(self: LambdaFunction, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        _modified(self)

    def configuration(self: LambdaFunction, on_create: bool = False) -> dict[str, Any]:
        config = get_configuration(self, on_create)
        config["RevisionId"] = self.revision.id
        if self.revision.in_progress and not on_create:
            config["LastUpdateStatus"] = "InProgress"
            config["LastUpdateStatusReason"] = "The function is being created."
            config["LastUpdateStatusReasonCode"] = "Creating"
        return config

    def publish(self: LambdaFunction, version: int) -> None:
        set_version(self, version)
        _modified(self)

    def configure(self: LambdaFunction, updates: dict[str, Any]) -> dict[str, Any]:
        updates = dict(updates)
        if "Environment" in updates:
            # The whole environment is replaced, also by one without variables.
            updates["Environment"] = {"Variables": (updates["Environment"] or {}).get("Variables") or {}}
        if "TracingConfig" in updates:
            self.tracing_config = updates["TracingConfig"]
        if "EphemeralStorage" in updates:
            self.ephemeral_storage = updates["EphemeralStorage"]["Size"]
        if "KMSKeyArn" in updates:
            self.kms_key_arn = updates["KMSKeyArn"]
        update_configuration(self, updates)
        _modified(self)
        return self.get_configuration()

    def replace_code(self: LambdaFunction, spec: dict[str, Any]) -> dict[str, Any]:
        if spec.get("Architectures"):
            self.architectures = spec["Architectures"]
        update_function_code(self, spec)
        _modified(self)
        return self.get_configuration()

    LambdaFunction.__init__ = with_revision
    LambdaFunction.get_configuration = configuration
    LambdaFunction.set_version = publish
    LambdaFunction.update_configuration = configure
    LambdaFunction.update_function_code = replace_code


def _updatable(self: LambdaBackend, function_name: str, body: dict[str, Any]) -> LambdaFunction:
    function = self._lambdas.get_function_by_name_or_arn_forbid_qualifier(function_name)
    refuse_while_updating(function)
    check_revision(function, body.get("RevisionId"))
    return function


def _update_function_code(
    self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> dict[str, Any]:
    with lock:
        function = _updatable(self, function_name, body)
        if body.get("DryRun"):
            return function.rehearse_code(body)
        function.update_function_code(body)
        if body.get("Publish"):
            return self.publish_version(function_name).get_configuration()
        _begin_update(function)
        return function.get_configuration()


def _update_function_configuration(
    self: LambdaBackend, function_name: str, qualifier: str, body: dict[str, Any]
) -> dict[str, Any]:
    with lock:
        function = _updatable(self, function_name, body)
        function.update_configuration(body)
        _begin_update(function)
        return function.get_configuration()


def _patch_versions() -> None:
    publish_version = LambdaStorage.publish_version
    respond = LambdaResponse.publish_version

    def publish(self: LambdaStorage, name_or_arn: str, description: str = "") -> LambdaFunction | None:
        with lock:
            version = publish_version(self, name_or_arn, description)
            # moto forgets this for the first version and would publish the same state twice.
            self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn).code_or_config_updated = False
            return version

    def checked(self: LambdaResponse) -> TYPE_RESPONSE:
        body = self.json_body if self.body else {}
        with lock:
            function = self.backend._lambdas.get_function_by_name_or_arn_forbid_qualifier(
                self._get_param("FunctionName")
            )
            refuse_while_updating(function)
            check_revision(function, body.get("RevisionId"))
            wanted = body.get("CodeSha256")
            if wanted and wanted != function.code_sha_256:
                raise InvalidParameterValueException(
                    f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST "
                    f"({function.code_sha_256}). Please try again with the CodeSHA256 in $LATEST."
                )
            return respond(self)

    LambdaStorage.publish_version = publish
    LambdaResponse.publish_version = checked


def _patch_aliases() -> None:
    update = LambdaAlias.update
    respond = LambdaResponse.update_alias
    respond_get = LambdaResponse.get_alias

    def renewing(self: LambdaAlias, description: Any, function_version: Any, routing_config: Any) -> None:
        update(self, description, function_version, routing_config)
        if self.routing_config and not self.routing_config.get("AdditionalVersionWeights"):
            self.routing_config = None
        renew_revision(self)

    def checked(self: LambdaResponse) -> TYPE_RESPONSE:
        with lock:
            alias = self.backend.get_alias(self._get_param("Name"), self._get_param("FunctionName"))
            check_revision(alias, self.json_body.get("RevisionId"))
            _, _, body = respond(self)
            return 200, {}, body

    def found(self: LambdaResponse) -> TYPE_RESPONSE:
        _, _, body = respond_get(self)
        return 200, {}, body

    LambdaAlias.update = renewing
    LambdaResponse.update_alias = checked
    LambdaResponse.get_alias = found


def install() -> None:
    _patch_functions()
    _patch_versions()
    _patch_aliases()
    LambdaBackend.update_function_code = _update_function_code
    LambdaBackend.update_function_configuration = _update_function_configuration
