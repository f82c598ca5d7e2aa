from datetime import datetime, timezone
from random import Random

import pytest

import patterns
import producer
from onsdata.datasets import BY_NAME, GENERATION
from onsdata.questions import dataset_of

EVENT = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "ons-data-platform-processed-prod"}, "object": {"key": "dataset=generation/x.json"}},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.s3"]}, True),
        ({"source": ["aws.ec2", "aws.s3"], "detail": {"bucket": {"name": ["ons-data-platform-processed-prod"]}}}, True),
        ({"detail": {"bucket": {"name": ["another"]}}}, False),
        ({"detail": {"object": {"key": [{"prefix": "dataset=generation/"}]}}}, True),
        ({"detail": {"object": {"key": [{"suffix": ".csv"}]}}}, False),
        ({"region": ["us-east-1"]}, False),
        ({"source": []}, False),
    ],
)
def test_patterns_match_as_eventbridge_does(pattern, expected):
    assert patterns.matches(pattern, EVENT) is expected


def test_a_filter_that_is_not_known_is_never_taken_for_a_match():
    with pytest.raises(ValueError, match="wildcard"):
        patterns.matches({"source": [{"wildcard": "*"}]}, EVENT)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_the_producer_makes_the_records_that_the_loader_wants(name):
    dataset = BY_NAME[name]
    for record in producer.records(name, datetime.now(timezone.utc), Random(1)):
        assert record.keys() == {"time", *dataset.dimensions, dataset.measure}


@pytest.mark.parametrize(("question", "dataset"), [("What is the current energy generation?", "generation"), ("peak demand?", "consumption")])
def test_words_choose_the_dataset(question, dataset):
    assert dataset_of(question).name == dataset


def test_raw_rows_become_records_and_incomplete_ones_are_left_out(load_handler, monkeypatch):
    module = load_handler("structured_data_processor/current")
    text = "time,region,energy_source,generation_mw,note\n2026-01-01T00:00:00+00:00,wales,gas,17,x\n2026-01-01T00:05:00+00:00,wales,gas,,\n"

    assert module.parse(GENERATION, text) == [
        {"time": "2026-01-01T00:00:00+00:00", "region": "wales", "energy_source": "gas", "generation_mw": 17.0}
    ]
    with pytest.raises(ValueError, match="energy_source"):
        module.parse(GENERATION, "time,region,generation_mw\n")


def test_the_router_sends_figures_and_explanations_to_different_processors(load_handler, monkeypatch):
    monkeypatch.setenv("TIMESERIES_FUNCTION", "series")
    monkeypatch.setenv("RAG_FUNCTION", "words")
    module = load_handler("lambda_router/current")

    assert module.processor_for("What is the demand?") == "series"
    assert module.processor_for("Why does demand fall at night?") == "words"
