"""Timestream databases and tables, and instances of Timestream for InfluxDB."""

from collections.abc import Callable, Iterator
from typing import Any

from moto.timestreaminfluxdb.models import timestreaminfluxdb_backends
from moto.timestreamwrite.models import timestreamwrite_backends

from ..extensions.timestream_influxdb import settle
from .plain import digest, plain, regional


def tables() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(timestreamwrite_backends):
        for name, database in list(backend.databases.items()):
            yield named(name), lambda database=database: plain(database, "tables", "name")
            for table_name, table in list(database.tables.items()):
                yield named(f"{name}/{table_name}"), lambda table=table: plain(table, "records", "name", "db_name")


def instances() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(timestreaminfluxdb_backends):
        settle(backend)
        for identifier, instance in list(backend.db_instances.items()):
            yield named(identifier), lambda backend=backend, instance=instance: _instance(backend, instance)
        for identifier, group in list(backend.db_parameter_groups.items()):
            yield named(f"parameter-group/{identifier}"), lambda group=group: plain(group)


def _instance(backend: Any, instance: Any) -> dict[str, Any]:
    return plain(instance, "id", "password", "settles_at") | {
        "password": digest(str(instance.password)),
        "tags": backend.tagger.get_tag_dict_for_resource(instance.arn),
    }
