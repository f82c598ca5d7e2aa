import json

import pytest
from fakes import FakeFlags, FakeStore

from onsdata import query_service, rag
from onsdata.errors import Misconfigured, StoreUnavailable

WIND = {"time": "2026-01-01T00:00:00", "region": "scotland", "energy_source": "wind", "generation_mw": 5000.0}
DEAD = StoreUnavailable("InfluxDB instance ons-influxdb-prod is FAILED, not AVAILABLE")


def over_http(body) -> dict:
    return {"requestContext": {"stage": "prod"}, "body": body if isinstance(body, str) else json.dumps(body)}


def serve(event, context, store=None, flags=None, respond=query_service.single_dataset):
    store = store or FakeStore({"generation": [WIND]})
    return query_service.serve(event, context, lambda: store, flags or FakeFlags(), respond)


def test_a_question_over_http_is_answered_with_the_data_and_who_gave_it(context):
    answer = serve(over_http({"question": "What is the current energy generation?"}), context)

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert body["function"] == "under_test" and body["backend"] == "fake"
    assert "5,000 MW" in body["answer"]


def test_answers_are_signed_with_the_key_of_the_environment(context, monkeypatch):
    monkeypatch.setenv("API_SIGNING_KEY", "one")
    first = serve(over_http({"question": "generation?"}), context)["headers"]["X-Ons-Signature"]
    monkeypatch.setenv("API_SIGNING_KEY", "two")
    second = serve(over_http({"question": "generation?"}), context)["headers"]["X-Ons-Signature"]

    assert first != second


def test_maintenance_mode_answers_503_before_the_store_is_even_opened(context):
    def open_store():
        raise AssertionError("opened")

    answer = query_service.serve(over_http({"question": "x"}), context, open_store, FakeFlags(enable_maintenance_mode=True))

    assert answer["statusCode"] == 503
    assert "maintenance" in json.loads(answer["body"])["message"]


def test_a_probe_bypasses_maintenance_mode_and_names_the_backend(context):
    result = serve({"probe": True, "question": "generation?"}, context, flags=FakeFlags(enable_maintenance_mode=True))

    assert result["ok"] and result["backend"] == "fake"
    assert "5,000 MW" in result["answer"]


def test_a_probe_of_a_dead_store_fails_the_invocation_with_the_reason(context):
    with pytest.raises(StoreUnavailable, match="ons-influxdb-prod is FAILED"):
        serve({"probe": True}, context, FakeStore(down=DEAD))


def test_a_dead_store_answers_503_with_the_reason(context):
    answer = serve(over_http({"question": "generation?"}), context, FakeStore(down=DEAD))

    assert answer["statusCode"] == 503
    assert "ons-influxdb-prod is FAILED" in json.loads(answer["body"])["message"]


def test_a_wrong_environment_answers_503_with_the_variable(context):
    def open_store():
        raise Misconfigured("TIMESTREAM_DATABASE_NAME is not set")

    answer = query_service.serve(over_http({"question": "x"}), context, open_store, FakeFlags())

    assert answer["statusCode"] == 503
    assert "TIMESTREAM_DATABASE_NAME" in answer["body"]


@pytest.mark.parametrize("body", ["not json", "[1]", "{}", '{"question": " "}'])
def test_a_bad_request_is_the_callers_fault(context, body):
    assert serve(over_http(body), context)["statusCode"] == 400


def test_flux_needs_both_the_flag_and_a_store_that_speaks_it(context):
    assert serve(over_http({"flux": "buckets()"}), context, flags=FakeFlags(enable_flux_queries=True))["statusCode"] == 400


def test_without_data_the_answer_says_so(context):
    answer = serve(over_http({"question": "demand?"}), context)

    assert answer["statusCode"] == 200
    assert "no consumption data" in json.loads(answer["body"])["answer"]


def test_an_answer_in_words_begins_with_what_was_asked_for(context):
    demand = {"time": "2026-01-01T00:00:00", "region": "wales", "sector": "industrial", "consumption_mw": 1200.0}
    store = FakeStore({"generation": [WIND], "consumption": [demand]})

    body = json.loads(serve(over_http({"question": "Explain the demand"}), context, store, respond=rag.respond)["body"])

    assert body["answer"].startswith("Consumption")
    assert {source["dataset"]: source["records"] for source in body["sources"]} == {"consumption": 1, "generation": 1, "transmission": 0}
