"""Answers questions about one dataset from InfluxDB."""

import functools

from onsdata import flags, query_service, influxdb_store

FLAGS = flags.from_environment()
open_store = functools.cache(influxdb_store.from_environment)


def handler(event, context):
    return query_service.serve(event, context, open_store, FLAGS)
