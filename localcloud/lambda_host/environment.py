"""The environment of a function's process."""

import os
import uuid
from pathlib import Path
from typing import Any

from ..identities import function_access_key


def environment_of(function: Any, endpoint: str, folder: Path) -> dict[str, str]:
    """As Lambda sets it, with `AWS_ENDPOINT_URL` for the SDKs. The function's own variables may override that one only.

    What differs between two processes of a function (see `process_environment`) is not in it.
    """
    name, version = function.function_name, str(function.version)
    own = {key: str(value) for key, value in (function.environment_vars or {}).items()}
    logging = function.logging_config
    reserved = {
        "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"],
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": function_access_key(name),
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "_HANDLER": function.handler or "",
        "LAMBDA_TASK_ROOT": str(folder),
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "PATH": os.environ.get("PATH", os.defpath),
    }
    if "ApplicationLogLevel" in logging:
        reserved["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
    return {"AWS_ENDPOINT_URL": endpoint} | own | reserved


def process_environment(
    env: dict[str, str], runtime_api: str, log_stream: str, session_token: str
) -> dict[str, str]:
    """Adds what belongs to one process. Its session token tells its calls from those of the function's other ones."""
    return env | {
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_SESSION_TOKEN": session_token,
    }


def new_trace_id(epoch_seconds: float) -> str:
    """An X-Ray header that says not to sample."""
    return f"Root=1-{int(epoch_seconds):08x}-{uuid.uuid4().hex[:24]};Parent={uuid.uuid4().hex[:16]};Sampled=0"
