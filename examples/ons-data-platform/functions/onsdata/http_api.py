"""Answers in the shape that API Gateway's Lambda proxy integration wants."""

import hashlib
import hmac
import json
import os


def answer(status: int, body: dict) -> dict:
    """A JSON answer. It is signed when the function has an API_SIGNING_KEY, so that clients can tell it from a proxy's."""
    text = json.dumps(body, separators=(",", ":"))
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    key = os.environ.get("API_SIGNING_KEY")
    if key:
        headers["X-Ons-Signature"] = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": False}


def maintenance() -> dict:
    return answer(503, {"message": "The ONS data platform is in maintenance mode; please try again later."})


def request_body(event: dict) -> dict:
    """The JSON object of a request; ValueError when it is none."""
    body = json.loads(event.get("body") or "{}")
    if not isinstance(body, dict):
        raise ValueError("the request body must be a JSON object")
    return body
