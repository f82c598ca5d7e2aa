"""S3 buckets and their objects, DynamoDB tables and their items. An object is `bucket/key`, an item `table/key`."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import FakeDeleteMarker, s3_backends

from ..settings import ACCOUNT_ID, REGION
from .plain import digest, plain, regional

# The order of a set is no state.
_SETS = frozenset(("SS", "NS", "BS"))
_BUCKET = ("name", "keys", "multiparts", "bucket_namespace", "acl", "logging")
_TABLE = (
    "index_status",
    "items",
    "lambda_event_source_mappings",
    "latest_stream_label",
    "stream_shard",
    "table_id",
)


def buckets() -> Iterator[tuple[str, Callable[[], Any]]]:
    backend = s3_backends[ACCOUNT_ID]["aws"]
    for name, bucket in list(backend.buckets.items()):
        named = name if bucket.region_name == REGION else f"{name}@{bucket.region_name}"
        yield named, lambda backend=backend, bucket=bucket: _bucket(backend, bucket)
        for key in list(bucket.keys):
            latest = bucket.keys.get(key)
            if latest is not None and not isinstance(latest, FakeDeleteMarker):
                yield f"{named}/{key}", lambda backend=backend, latest=latest: _object(backend, latest)


def _bucket(backend: Any, bucket: Any) -> dict[str, Any]:
    described = plain(bucket, *_BUCKET, documents=["policy"])
    return described | {"tags": backend.tagger.get_tag_dict_for_resource(bucket.arn)}


def _object(backend: Any, key: Any) -> dict[str, Any]:
    return {
        **_content(key),
        "metadata": plain(dict(key.metadata)),
        "tags": backend.tagger.get_tag_dict_for_resource(key.arn),
        "storage_class": key._storage_class,
    }


def _content(key: Any) -> dict[str, str]:
    # Read once per object: an object's content never changes, a new one is another object.
    if not hasattr(key, "localcloud_digest"):
        key.localcloud_digest = digest(key.value)
    return key.localcloud_digest


def tables() -> Iterator[tuple[str, Callable[[], Any]]]:
    for named, backend in regional(dynamodb_backends):
        for name, table in list(backend.tables.items()):
            yield named(name), lambda table=table: _table(table)
            for hash_key, found in list(table.items.items()):
                items = list(found.items()) if table.range_key_attr else [(None, found)]
                for range_key, item in items:
                    key = "/".join(str(part.value) for part in (hash_key, range_key) if part is not None)
                    yield f"{named(name)}/{key}", lambda item=item: _values(item.to_json()["Attributes"])


def _values(value: Any) -> Any:
    """An item as DynamoDB's JSON; moto keeps values of its own class inside."""
    if isinstance(value, DynamoType):
        return _values(value.to_json())
    if isinstance(value, dict):
        if len(value) == 1 and (kind := next(iter(value))) in _SETS:
            # A map may have an attribute of that name; its value is no list.
            if isinstance(value[kind], list | set):
                return {kind: sorted(_values(list(value[kind])))}
        return {key: _values(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return [_values(item) for item in value] if isinstance(value, list) else value


def _table(table: Any) -> dict[str, Any]:
    described = plain(table, *_TABLE)
    recovery = described["continuous_backups"]["PointInTimeRecoveryDescription"]
    for moment in ("EarliestRestorableDateTime", "LatestRestorableDateTime"):
        recovery.pop(moment, None)
    return described
