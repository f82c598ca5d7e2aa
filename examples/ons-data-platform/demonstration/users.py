"""The platform as its users meet it: requests to its API."""

import json
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demonstration import screen

_TIMEOUT_SECONDS = 30
_QUESTION = {"question": "What is the current energy generation?"}


@dataclass(frozen=True)
class Answer:
    """`status` is None when there was no answer; `body` is then the reason."""

    request: str
    status: int | None
    body: dict

    @property
    def message(self) -> str:
        """What a person would read of it."""
        components = self.body.get("components")
        if not components:
            said = self.body.get("answer") or self.body.get("message") or self.body.get("error") or json.dumps(self.body)
            return said if isinstance(said, str) else json.dumps(said)
        ill = [f"{name}: {found.get('reason')}" for name, found in components.items() if not found["ok"]]
        return "; ".join(ill) or f"all well on {self.body['backend']}: {', '.join(components)}"


def ask(url: str) -> list[Answer]:
    """Asks for the health, and a question."""
    return [_request(url, "GET", "/health", None), _request(url, "POST", "/query", _QUESTION)]


def show(answers: list[Answer]) -> None:
    for answer in answers:
        told = screen.good if answer.status == 200 else screen.bad
        told(f"{answer.request:<12}  {answer.status or 'no answer'}  {shorten(answer.message)}")


def met(records: Path, since: datetime) -> str:
    """How the platform's users were answered from a time on, in a sentence or two."""
    # The users go on asking: the last line may be half written.
    lines = [line for line in records.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    entries = sorted((entry for entry in map(json.loads, lines) if datetime.fromisoformat(entry["at"]) >= since), key=lambda entry: entry["at"])
    counts = Counter("no answer" if entry["status"] is None else str(entry["status"]) for entry in entries)
    counted = ", ".join(f"{count} × {status}" for status, count in sorted(counts.items()))
    first = next((entry["at"] for entry in entries if entry["status"] == 200), None)
    if first is None:
        return f"Since the alarm its users were answered {counted or 'nothing'}; nobody got what they asked for."
    minutes, seconds = divmod(round((datetime.fromisoformat(first) - since).total_seconds()), 60)
    after = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"Since the alarm its users were answered {counted}. The first good answer came {after} after it."


def shorten(text: str, length: int = 140) -> str:
    """On one line, and not longer than that."""
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _request(url: str, method: str, path: str, body: dict | None) -> Answer:
    request = urllib.request.Request(
        url + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Content-Type": "application/json"},
    )
    name = f"{method} {path}"
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
            return Answer(name, response.status, _read(response))
    except urllib.error.HTTPError as refused:
        return Answer(name, refused.code, _read(refused))
    except OSError as failed:
        return Answer(name, None, {"message": str(failed)})


def _read(response) -> dict:
    text = response.read().decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    return body if isinstance(body, dict) else {"message": text or response.reason}
