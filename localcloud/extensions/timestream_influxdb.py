"""Timestream for InfluxDB: an instance takes a while to become available or to go, and can be put into any status.

Settings: `LOCALCLOUD_INFLUXDB_CREATE_SECONDS` (default 1), `LOCALCLOUD_INFLUXDB_DELETE_SECONDS` (default 1).
An instance that shall have failed: `POST /_localcloud/timestream-influxdb/<id>/status` with `{"status": "FAILED"}`.
"""

import json
import time
from typing import Any

import botocore.session
from moto.moto_api._internal import mock_random
from moto.timestreaminfluxdb.exceptions import ResourceNotFoundException
from moto.timestreaminfluxdb.models import DBInstance, TimestreamInfluxDBBackend, timestreaminfluxdb_backends
from moto.timestreaminfluxdb.responses import TimestreamInfluxDBResponse
from werkzeug import Request, Response

from ..routes import json_response, route
from ..settings import ACCOUNT_ID
from ._delays import seconds

_INCOMPLETE = {"CREATING": "AVAILABLE", "DELETING": "DELETED"}


def _statuses() -> list[str]:
    return botocore.session.get_session().get_service_model("timestream-influxdb").shape_for("Status").enum


def _put(instance: DBInstance, status: str, *, takes: float = 0.0) -> None:
    instance.status = status
    instance.settles_at = time.monotonic() + takes


def settle(backend: TimestreamInfluxDBBackend) -> None:
    """Brings every instance to the status that it has by now. One that is deleted is gone."""
    for instance in list(backend.db_instances.values()):
        if instance.status in _INCOMPLETE and time.monotonic() >= instance.settles_at:
            _put(instance, _INCOMPLETE[instance.status])
        if instance.status == "DELETED":
            backend.db_instances.pop(instance.id, None)


def _create(original: Any) -> Any:
    def create(self: TimestreamInfluxDBBackend, *args: Any, **kwargs: Any) -> DBInstance:
        settle(self)
        instance = original(self, *args, **kwargs)
        _put(instance, "CREATING", takes=seconds("INFLUXDB_CREATE", 1))
        suffix = mock_random.get_random_string(6, include_digits=True)
        instance.secret_arn = (
            f"arn:{self.partition}:secretsmanager:{self.region_name}:{self.account_id}:secret:"
            f"READONLY-InfluxDB-auth-parameters-{instance.id}-{suffix}"
        )
        return instance

    return create


def _get(self: TimestreamInfluxDBBackend, id: str) -> DBInstance:
    settle(self)
    if id not in self.db_instances:
        raise ResourceNotFoundException(f"DB Instance with id {id} not found")
    return self.db_instances[id]


def _delete(self: TimestreamInfluxDBBackend, id: str) -> DBInstance:
    instance = self.get_db_instance(id)
    _put(instance, "DELETING", takes=seconds("INFLUXDB_DELETE", 1))
    return instance


def _list(original: Any) -> Any:
    def instances(self: TimestreamInfluxDBBackend) -> list[dict[str, Any]]:
        settle(self)
        return original(self)

    return instances


def _described(original: Any) -> Any:
    def to_dict(self: DBInstance) -> dict[str, Any]:
        described = original(self)
        described["influxAuthParametersSecretArn"] = self.secret_arn
        # What an instance does not have is left out.
        return {name: value for name, value in described.items() if value not in ("", None, {})}

    return to_dict


def _respond_list(self: TimestreamInfluxDBResponse) -> str:
    params = json.loads(self.body or "{}")
    instances = self.timestreaminfluxdb_backend.list_db_instances()
    start = int(params.get("nextToken") or 0)
    end = start + int(params.get("maxResults") or 100)
    page: dict[str, Any] = {"items": instances[start:end]}
    if end < len(instances):
        page["nextToken"] = str(end)
    return json.dumps(page)


@route("POST", r"/_localcloud/timestream-influxdb/(?P<identifier>[^/]+)/status")
def _set_status(request: Request, identifier: str) -> Response:
    status = (request.get_json(silent=True) or {}).get("status")
    if status not in _statuses():
        return json_response({"message": f"status must be one of {', '.join(_statuses())}"}, 400)
    for backend in list(timestreaminfluxdb_backends[ACCOUNT_ID].values()):
        settle(backend)
        if identifier in backend.db_instances:
            # It stays as it was put, also in a status that would otherwise pass.
            _put(backend.db_instances[identifier], status, takes=float("inf"))
            return json_response(backend.db_instances[identifier].to_dict())
    return json_response({"message": f"there is no DB instance with the id {identifier}"}, 404)


def install() -> None:
    backend = TimestreamInfluxDBBackend
    backend.create_db_instance = _create(backend.create_db_instance)
    backend.get_db_instance = _get
    backend.delete_db_instance = _delete
    backend.list_db_instances = _list(backend.list_db_instances)
    DBInstance.to_dict = _described(DBInstance.to_dict)
    TimestreamInfluxDBResponse.list_db_instances = _respond_list
