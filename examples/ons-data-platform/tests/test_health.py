import io
import json

import pytest
from fakes import FakeFlags

FUNCTIONS = {
    "LOADER_FUNCTION": "influxdb_loader",
    "RAG_FUNCTION": "rag_query_processor",
    "INFLUXDB_QUERY_FUNCTION": "timeseries_query_processor",
    "TIMESTREAM_QUERY_FUNCTION": "timestream_query_processor",
}


class Platform:
    """Lambda and API Gateway as the health function sees them."""

    def __init__(self, routed: str, backends: dict[str, str]):
        self.routed, self.backends = routed, backends

    def invoke(self, FunctionName, Payload):
        backend = self.backends.get(FunctionName)
        if backend is None:
            error = {"errorType": "StoreUnavailable", "errorMessage": "InfluxDB instance ons-influxdb-prod is FAILED, not AVAILABLE"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
        return {"Payload": io.BytesIO(json.dumps({"probe": True, "ok": True, "backend": backend}).encode())}

    def get_export(self, **_):
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:{self.routed}/invocations"
        export = {"paths": {"/query": {"post": {"x-amazon-apigateway-integration": {"uri": uri}}}}}
        return {"body": io.BytesIO(json.dumps(export).encode())}


@pytest.fixture
def health(load_handler, monkeypatch, context):
    for name, value in FUNCTIONS.items():
        monkeypatch.setenv(name, value)
    module = load_handler("platform_health/current")

    def ask(flags: FakeFlags, platform: Platform) -> tuple[int, dict]:
        module.FLAGS, module.lambda_, module.apigateway = flags, platform, platform
        answer = module.handler({"requestContext": {"apiId": "api", "stage": "prod"}}, context)
        return answer["statusCode"], json.loads(answer["body"])

    return ask


def all_on(backend: str) -> dict[str, str]:
    return dict.fromkeys([*FUNCTIONS.values()], backend)


ON_INFLUXDB, ON_TIMESTREAM = FakeFlags(use_influxdb=True), FakeFlags(use_influxdb=False)


def test_a_platform_that_runs_as_its_flags_say_is_well(health):
    assert health(ON_INFLUXDB, Platform("timeseries_query_processor", all_on("influxdb")))[0] == 200


def test_after_a_complete_rollback_it_is_well(health):
    status, body = health(ON_TIMESTREAM, Platform("timestream_query_processor", all_on("timestream")))
    assert (status, body["status"], body["backend"]) == (200, "ok", "timestream")


def test_a_dead_store_is_told_with_its_reason(health):
    status, body = health(ON_INFLUXDB, Platform("timeseries_query_processor", {}))
    assert status == 503
    assert "ons-influxdb-prod is FAILED" in body["components"]["loader"]["reason"]


def test_flags_without_functions_are_not_enough(health):
    status, body = health(ON_TIMESTREAM, Platform("timestream_query_processor", all_on("influxdb")))
    assert status == 503 and "runs on influxdb" in body["components"]["rag"]["reason"]


def test_functions_without_flags_are_not_enough(health):
    assert health(ON_INFLUXDB, Platform("timestream_query_processor", all_on("timestream")))[0] == 503


def test_the_route_must_have_moved_too(health):
    status, body = health(ON_TIMESTREAM, Platform("timeseries_query_processor", all_on("timestream")))
    assert status == 503
    assert [name for name, component in body["components"].items() if not component["ok"]] == ["route"]


def test_maintenance_mode_is_not_well(health):
    flags = FakeFlags(enable_maintenance_mode=True)
    assert health(flags, Platform("timestream_query_processor", all_on("timestream"))) == (
        503,
        {"status": "maintenance", "message": "The ONS data platform is in maintenance mode."},
    )
