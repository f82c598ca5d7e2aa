"""The local cloud as one object: starts, hands out clients, forgets everything, stops."""

import os
from pathlib import Path
from typing import Any

import boto3
from moto.core.config import default_user_config
from moto.moto_api._internal.models import moto_api_backend

from . import extensions, snapshot  # noqa: F401 (its route)
from .calls import CallLog
from .lambda_host import host
from .server import Server
from .settings import HOST, OPERATOR_ENV, REGION


class LocalCloud:
    """One per process, because moto's state is global to the process."""

    def __init__(self, directory: Path, port: int = 0, bin_dir: Path | None = None):
        """Logs go below `directory`. `bin_dir` holds the binaries that packages name in `backout.json`."""
        self.directory = directory
        self.directory.mkdir(parents=True, exist_ok=True)
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        extensions.install_all()
        self.calls = CallLog(directory / "calls.jsonl")
        self._server = Server(port, self.calls.record)
        # moto's state machines call the other services at this port.
        os.environ["MOTO_PORT"] = str(self._server.port)
        host.configure(endpoint=self.endpoint, directory=directory, bin_dir=bin_dir)

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self._server.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment with which any AWS client reaches this cloud."""
        return OPERATOR_ENV | {"AWS_ENDPOINT_URL": self.endpoint}

    def client(self, service: str, region: str = REGION, **options: Any) -> Any:
        """A boto3 client of this cloud."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=OPERATOR_ENV["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=OPERATOR_ENV["AWS_SECRET_ACCESS_KEY"],
            **options,
        )

    def reset(self) -> None:
        """Stops every function and forgets every resource and every recorded call."""
        host.stop_all()
        extensions.reset_all()
        moto_api_backend.reset()
        self.calls.clear()

    def start(self) -> "LocalCloud":
        self._server.start()
        return self

    def stop(self) -> None:
        """Ends the functions, the executions, the timers and the server."""
        host.stop_all()
        extensions.reset_all()
        self._server.stop()

    def __enter__(self) -> "LocalCloud":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
