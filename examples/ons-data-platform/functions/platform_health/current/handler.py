"""GET /health: whether the platform can serve, judged by what it finds.

200 when every component is well, 503 otherwise; the body says what was found:

    {"status": "ok" | "degraded" | "maintenance", "backend": "influxdb" | "timestream", "components": {"loader": {"ok": true, ...}, ...}}

The flag `use_influxdb` says which backend the platform should run on. The functions are probed (see onsdata.query_service), and each must be
able to reach its store and must run on that same backend. `route` compares what the API's stage really has deployed for POST /query with
the function that belongs to the backend.
"""

import json
import os
import time

import boto3

from onsdata import flags, http_api

lambda_ = boto3.client("lambda")
apigateway = boto3.client("apigateway")
FLAGS = flags.from_environment()

# Reading a stage's export is a control-plane call, of which an account has ten a second.
ROUTE_MAX_AGE_SECONDS = 5.0
route_seen: dict[tuple[str, str], tuple[float, str]] = {}


def handler(event, context):
    if event.get("probe"):
        return {"probe": True, "ok": True, "function": context.function_name}
    if FLAGS.enabled("enable_maintenance_mode"):
        return http_api.answer(503, {"status": "maintenance", "message": "The ONS data platform is in maintenance mode."})
    backend = "influxdb" if FLAGS.enabled("use_influxdb") else "timestream"
    request = event["requestContext"]
    routed = routed_function(request["apiId"], request["stage"])
    components = {
        "loader": probe(os.environ["LOADER_FUNCTION"], backend),
        "query": probe(routed, backend),
        "rag": probe(os.environ["RAG_FUNCTION"], backend),
        "route": route(routed, os.environ[f"{backend.upper()}_QUERY_FUNCTION"]),
    }
    well = all(component["ok"] for component in components.values())
    status = "ok" if well else "degraded"
    return http_api.answer(200 if well else 503, {"status": status, "backend": backend, "components": components})


def probe(function: str, backend: str) -> dict:
    """Whether a function answers a probe, from the backend it should use."""
    try:
        answer = lambda_.invoke(FunctionName=function, Payload=json.dumps({"probe": True}))
        found = json.loads(answer["Payload"].read())
    except Exception as error:
        return {"ok": False, "function": function, "reason": str(error)}
    if "FunctionError" in answer:
        return {"ok": False, "function": function, "reason": found.get("errorMessage", "the function failed")}
    if found.get("backend") != backend:
        return {"ok": False, "function": function, "reason": f"runs on {found.get('backend')}, but the flags choose {backend}"}
    return {"ok": True, "function": function, "backend": backend}


def route(routed: str, wanted: str) -> dict:
    if routed != wanted:
        return {"ok": False, "function": routed, "reason": f"POST /query goes to {routed}, not to {wanted}"}
    return {"ok": True, "function": routed}


def routed_function(api: str, stage: str) -> str:
    """The function that the stage's deployment sends POST /query to."""
    seen_at, function = route_seen.get((api, stage), (float("-inf"), ""))
    if time.monotonic() - seen_at < ROUTE_MAX_AGE_SECONDS:
        return function
    export = apigateway.get_export(
        restApiId=api, stageName=stage, exportType="oas30", parameters={"extensions": "integrations"}, accepts="application/json"
    )
    uri = json.loads(export["body"].read())["paths"]["/query"]["post"]["x-amazon-apigateway-integration"]["uri"]
    # arn:aws:apigateway:<region>:lambda:path/2015-03-31/functions/arn:aws:lambda:<region>:<account>:function:<name>/invocations
    function = uri.split(":function:", 1)[1].removesuffix("/invocations")
    route_seen[(api, stage)] = (time.monotonic(), function)
    return function
