"""The state of the whole cloud as one canonical JSON object, to compare before and after a rollback and its undo.

`GET /_localcloud/snapshot` answers `{service: {resource: {...}}}`, keys sorted. `?except=` leaves out, comma-separated,
whole services (`logs`) and resources by the beginning of their names (`dynamodb/backout`, `s3/backout-evidence`).
A resource outside the cloud's own region has `@region` at the end of its name. What may be secret, the values of
secure strings and the passwords of databases, is replaced by its digest.

What is read are moto's own objects, with all that they hold except for

    everywhere       times, and the versions and revisions that count changes
    lambda           published versions, where code was uploaded from, revision ids, whether an update has settled
    apigateway       deployments that no stage serves, ids and dates of deployments, ids of resources
    appconfig        hosted versions that are not deployed, numbers of versions and deployments, states of environments,
                     `_createdAt` and `_updatedAt` in feature flags
    events           archives, replays, connections
    ssm              earlier values and their labels, documents
    stepfunctions    executions, published versions, revision ids
    s3               versions that are not the latest, delete markers, uploads in parts, entity tags, access logs
    dynamodb         counts and sizes, streams' records and labels, backups and the times to which they reach
    sns, sqs         messages, counts; ids of subscriptions, which are named by protocol and endpoint
    cloudwatch       metric data, histories; of an alarm's state only the value
    iam              AWS's own policies, ids, versions of policies that are not the default, users, groups
    kms              key material, AWS's own keys, grants
    logs             streams and events
    timestream       records
    timestream-influxdb   clusters

It is read while other requests are served, so compare snapshots of a cloud that is at rest.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug import Request, Response

from ..routes import json_response, route
from . import (
    apigateway,
    appconfig,
    awslambda,
    events,
    messaging,
    monitoring,
    security,
    stepfunctions,
    storage,
    timestream,
)

_SERVICES: dict[str, Callable[[], Iterator[tuple[str, Callable[[], Any]]]]] = {
    "apigateway": apigateway.resources,
    "appconfig": appconfig.resources,
    "cloudwatch": monitoring.alarms,
    "dynamodb": storage.tables,
    "events": events.resources,
    "iam": security.roles_and_policies,
    "kms": security.keys,
    "lambda": awslambda.resources,
    "logs": monitoring.log_groups,
    "s3": storage.buckets,
    "sns": messaging.topics,
    "sqs": messaging.queues,
    "ssm": security.parameters,
    "stepfunctions": stepfunctions.resources,
    "timestream": timestream.tables,
    "timestream-influxdb": timestream.instances,
}


class UnknownService(Exception):
    """An exception names a service that is not in a snapshot."""


def take(leave_out: list[str] | None = None) -> dict[str, dict[str, Any]]:
    """The snapshot. `leave_out` has `service` or `service/beginning-of-a-resource`. Raises `UnknownService`."""
    wanted = dict(_SERVICES)
    prefixes: dict[str, list[str]] = {}
    for exception in leave_out or []:
        service, slash, prefix = exception.partition("/")
        if service not in _SERVICES:
            raise UnknownService(f"there is no service {service} in a snapshot, but {', '.join(_SERVICES)}")
        if slash:
            prefixes.setdefault(service, []).append(prefix)
        else:
            wanted.pop(service, None)
    return {
        service: {
            name: describe()
            for name, describe in resources()
            if not name.startswith(tuple(prefixes.get(service, ())))
        }
        for service, resources in wanted.items()
    }


@route("GET", "/_localcloud/snapshot")
def _answer(request: Request) -> Response:
    exceptions = [item for item in request.args.get("except", "").split(",") if item]
    try:
        return Response(json.dumps(take(exceptions), sort_keys=True), content_type="application/json")
    except UnknownService as error:
        return json_response({"message": str(error)}, 400)
