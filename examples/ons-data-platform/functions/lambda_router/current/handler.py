"""Sends a question to the processor that suits it, and returns that processor's answer."""

import json
import os

import boto3

lambda_ = boto3.client("lambda")

# Questions that start so want figures; the others want an explanation.
FIGURES = ("what is", "how much", "how many", "current", "latest")


def handler(event, context):
    if event.get("probe"):
        return {"probe": True, "ok": True, "function": context.function_name}
    target = processor_for(event["question"])
    answer = lambda_.invoke(FunctionName=target, Payload=json.dumps({"question": event["question"]}))
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise RuntimeError(f"{target} failed: {payload.get('errorMessage', 'no message')}")
    return payload


def processor_for(question: str) -> str:
    if question.strip().lower().startswith(FIGURES):
        return os.environ["TIMESERIES_FUNCTION"]
    return os.environ["RAG_FUNCTION"]
