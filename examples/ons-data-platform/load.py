"""The platform's users: asks the API questions at a gentle, even rate and records how it answers.

    python examples/ons-data-platform/load.py [--rate 3] [--seconds N] [--stop-file FILE] [--record FILE]

Writes one JSON object a request, to FILE or standard output: `{"at": ISO 8601, "method", "path", "status", "ms", "error"}`; `status` is null and
`error` says why when there was no answer. The last line on standard output is `{"requests": n, "statuses": {"200": n, ...}}`. Loopback only.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import json
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone

import running
from deployment import names
from deployment.session import Account

QUESTIONS = (
    "What is the current energy generation?",
    "How much wind power is there in Scotland?",
    "What is the current electricity demand?",
    "How much flows through the interconnectors?",
)
# One request in so many asks for the health.
HEALTH_EVERY = 10
TIMEOUT_SECONDS = 30
WORKERS = 8


class Recorder:
    def __init__(self, stream, stop: running.Stop):
        self._stream = stream
        self._stop = stop
        self._lock = threading.Lock()
        self.statuses = collections.Counter()

    def add(self, entry: dict) -> None:
        if entry["status"] is not None:
            self._stop.heard()
        with self._lock:
            self.statuses[str(entry["status"])] += 1
            print(json.dumps(entry), file=self._stream, flush=True)


def ask(url: str, number: int, recorder: Recorder) -> None:
    if number % HEALTH_EVERY == 0:
        method, path, body = "GET", "/health", None
    else:
        method, path = "POST", "/query"
        body = json.dumps({"question": QUESTIONS[number % len(QUESTIONS)]}).encode()
    request = urllib.request.Request(url + path, data=body, method=method, headers={"Content-Type": "application/json"})
    at, began, status, error = datetime.now(timezone.utc).isoformat(timespec="milliseconds"), time.monotonic(), None, None
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    except OSError as failed:
        error = str(failed)
    taken = round((time.monotonic() - began) * 1000)
    recorder.add({"at": at, "method": method, "path": path, "status": status, "ms": taken, "error": error})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="where the stage answers (default: found through SSM)")
    parser.add_argument("--rate", type=float, default=3.0, help="requests a second (default 3, most 20)")
    parser.add_argument("--record", help="file for the records (default: standard output)")
    running.add_arguments(parser)
    arguments = parser.parse_args()
    stop = running.Stop(arguments.seconds, arguments.stop_file)
    url = arguments.url
    if not url:
        account = Account()
        running.require_loopback(account.endpoint)
        url = account.client("ssm").get_parameter(Name=names.API_URL_PARAMETER)["Parameter"]["Value"]
    running.require_loopback(url)
    pause = 1 / min(max(arguments.rate, 0.1), 20)
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open(arguments.record, "a", encoding="utf-8")) if arguments.record else sys.stdout
        recorder = Recorder(stream, stop)
        slots = threading.Semaphore(WORKERS)
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(WORKERS))
        number = 0
        while not stop:
            # When every worker waits for an answer, requests are left out rather than queued: users do not come in bursts afterwards.
            if slots.acquire(blocking=False):
                pool.submit(ask, url, number, recorder).add_done_callback(lambda _: slots.release())
                number += 1
            stop.wait(pause)
    print(json.dumps({"requests": sum(recorder.statuses.values()), "statuses": dict(sorted(recorder.statuses.items()))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
