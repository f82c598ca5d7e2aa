"""A Lambda runtime client for Python functions: run by the host as `python python_runtime.py`, in the package's folder.

It stands alone, as the function's package may bring any version of anything.
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

_API = "/2018-06-01/runtime"


class Context:
    """The second argument of a handler."""

    def __init__(self, headers: Any):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))


def _error(error: BaseException) -> str:
    return json.dumps(
        {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__)[1:],  # without the frame of this file
        }
    )


def _load(handler: str) -> Any:
    module, _, function = handler.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def main() -> None:
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method: str, path: str, body: str | None = None) -> tuple[Any, bytes]:
        api.request(method, _API + path, body)
        response = api.getresponse()
        return response.headers, response.read()

    # The folder of this file is on the path because Python put it there; the package's folder belongs there instead.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    try:
        handler = _load(os.environ["_HANDLER"])
    except Exception as error:
        traceback.print_exc()
        call("POST", "/init/error", _error(error))
        sys.exit(1)
    while True:
        try:
            headers, event = call("GET", "/invocation/next")
        except (OSError, http.client.HTTPException):
            return  # the host has gone
        context = Context(headers)
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        try:
            answer, kind = json.dumps(handler(json.loads(event), context)), "response"
        except Exception as error:
            traceback.print_exc()
            answer, kind = _error(error), "error"
        call("POST", f"/invocation/{context.aws_request_id}/{kind}", answer)


main()
