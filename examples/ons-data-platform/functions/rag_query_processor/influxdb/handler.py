"""Answers questions in words from all datasets in InfluxDB."""

import functools

from onsdata import flags, query_service, rag, influxdb_store

FLAGS = flags.from_environment()
open_store = functools.cache(influxdb_store.from_environment)


def handler(event, context):
    return query_service.serve(event, context, open_store, FLAGS, rag.respond)
