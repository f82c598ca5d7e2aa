"""What the loader does, whichever store it writes to.

Events: EventBridge `Object Created` of S3, S3 notifications (`Records`), `{"bucket": ..., "key": ...}` from the pipeline's state machine,
and probes `{"probe": true}`, answered like those of the query processors. Objects hold one JSON record a line (see Dataset).
A store that cannot be reached fails the invocation, so that Lambda's retries and the pipeline see it.
"""

import json
import logging
import os
import urllib.parse

from onsdata import datasets

log = logging.getLogger()
log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))


def serve(event: dict, context, store, s3) -> dict:
    if event.get("probe"):
        return {"probe": True, "ok": True, "function": context.function_name, "backend": store.backend, "store": store.check()}
    loaded = 0
    for bucket, key in objects(event):
        dataset = datasets.of_key(key)
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        loaded += store.write(dataset, [json.loads(line) for line in text.splitlines() if line.strip()])
        log.info("loaded s3://%s/%s into %s", bucket, key, store.backend)
    return {"function": context.function_name, "backend": store.backend, "loaded": loaded}


def objects(event: dict) -> list[tuple[str, str]]:
    """The (bucket, key) pairs that an event is about; ValueError when it is none of those above."""
    if "Records" in event:
        # S3 notifications encode their keys as a form does; EventBridge events do not.
        return [
            (record["s3"]["bucket"]["name"], urllib.parse.unquote_plus(record["s3"]["object"]["key"])) for record in event["Records"]
        ]
    if "detail" in event:
        return [(event["detail"]["bucket"]["name"], event["detail"]["object"]["key"])]
    if "bucket" in event and "key" in event:
        return [(event["bucket"], event["key"])]
    raise ValueError("the event names no S3 object")
