"""Answers questions in words from all datasets in Timestream."""

import functools

from onsdata import flags, query_service, rag, timestream_store

FLAGS = flags.from_environment()
open_store = functools.cache(timestream_store.from_environment)


def handler(event, context):
    return query_service.serve(event, context, open_store, FLAGS, rag.respond)
