"""What every query processor does, whichever store it reads.

Three kinds of events arrive:

* API Gateway proxy requests, body `{"question": "..."}` or `{"flux": "..."}`. Answered with 503 in maintenance mode.
* Direct invocations of the same object without the HTTP envelope (from `lambda_router`).
* Probes, `{"probe": true, "question": "..."}` (`question` optional). They bypass maintenance mode, touch nothing, and answer
  `{"probe": true, "ok": true, "function": ..., "backend": "timestream" | "influxdb", "store": {...}}`, with `answer` when a question was
  asked. A probe that finds its store unavailable fails the invocation, so whoever probes sees a function error with the reason.
"""

import json
import logging
import os

from onsdata import http_api, questions
from onsdata.errors import BadRequest, Misconfigured, StoreUnavailable

log = logging.getLogger()
log.setLevel(os.environ.get("LOG_LEVEL", "INFO"))


def single_dataset(store, question: str) -> dict:
    """Answers from the one dataset that the question is about."""
    dataset = questions.dataset_of(question)
    records = store.latest(dataset)
    return {"answer": questions.summary(dataset, records), "dataset": dataset.name, "records": records}


def serve(event: dict, context, open_store, flags, respond=single_dataset) -> dict:
    """`open_store()` gives the store or raises Misconfigured; `respond(store, question)` makes the answer's body."""
    if event.get("probe"):
        return _probe(event, context, open_store(), respond)
    if "requestContext" not in event:
        return _ask(event, context, open_store(), flags, respond)
    if flags.enabled("enable_maintenance_mode"):
        return http_api.maintenance()
    try:
        return http_api.answer(200, _ask(http_api.request_body(event), context, open_store(), flags, respond))
    except (BadRequest, json.JSONDecodeError, ValueError) as error:
        return http_api.answer(400, {"message": str(error)})
    except (StoreUnavailable, Misconfigured) as error:
        # On standard error it becomes a log event; callers get the same reason.
        log.error("%s: %s", type(error).__name__, error)
        return http_api.answer(503, {"message": str(error)})


def _ask(request: dict, context, store, flags, respond) -> dict:
    identity = {"function": context.function_name, "backend": store.backend}
    if "flux" in request:
        if not flags.enabled("enable_flux_queries") or not hasattr(store, "flux"):
            raise BadRequest("Flux queries are not available")
        store.check()
        return {**identity, "records": store.flux(str(request["flux"]))}
    question = request.get("question")
    if not isinstance(question, str) or not question.strip():
        raise BadRequest('a request needs a "question"')
    return {**identity, **respond(store, question)}


def _probe(event: dict, context, store, respond) -> dict:
    result = {"probe": True, "ok": True, "function": context.function_name, "backend": store.backend, "store": store.check()}
    if "question" in event:
        result["answer"] = respond(store, str(event["question"]))["answer"]
    return result
