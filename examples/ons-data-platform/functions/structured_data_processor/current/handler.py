"""Turns a raw CSV object into a processed one: one JSON record a line, under the same key with `.json` for `.csv`.

Event: an EventBridge `Object Created` of S3, or `{"bucket": ..., "key": ...}`. Returns `{"bucket": ..., "key": ..., "records": n}` of the processed object.
"""

import csv
import io
import json
import os

import boto3

from onsdata import datasets, load_service

s3 = boto3.client("s3")


def handler(event, context):
    if event.get("probe"):
        return {"probe": True, "ok": True, "function": context.function_name}
    [(bucket, key)] = load_service.objects(event)
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    records = parse(datasets.of_key(key), text)
    target = {"bucket": os.environ["PROCESSED_BUCKET"], "key": key.removesuffix(".csv") + ".json"}
    body = "".join(json.dumps(record) + "\n" for record in records)
    s3.put_object(Bucket=target["bucket"], Key=target["key"], Body=body.encode(), ContentType="application/x-ndjson")
    return {**target, "records": len(records)}


def parse(dataset, text: str) -> list[dict]:
    """The complete rows of a CSV text as records; ValueError when a column is missing."""
    reader = csv.DictReader(io.StringIO(text))
    columns = ["time", *dataset.dimensions, dataset.measure]
    missing = [column for column in columns if column not in (reader.fieldnames or [])]
    if missing:
        raise ValueError(f"the {dataset.name} file lacks the column(s) {', '.join(missing)}")
    rows = [{column: row[column] for column in columns} for row in reader if all(row[column] for column in columns)]
    return [{**row, dataset.measure: float(row[dataset.measure])} for row in rows]
