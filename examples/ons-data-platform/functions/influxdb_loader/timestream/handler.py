"""Loads processed objects into Timestream."""

import functools

import boto3

from onsdata import load_service, timestream_store

s3 = boto3.client("s3")
open_store = functools.cache(timestream_store.from_environment)


def handler(event, context):
    return load_service.serve(event, context, open_store(), s3)
