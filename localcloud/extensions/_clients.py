"""boto3 clients of this cloud, for services that call other services. Creating one takes 20 ms, so they are kept."""

import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.settings import moto_server_port

from ..settings import HOST

_creating = threading.Lock()


def client(service: str, region: str, access_key: str) -> Any:
    """A client that signs as `access_key`, tries once, checks no parameters and waits as long as a function may run."""
    return _client(service, region, access_key, moto_server_port(), False)


def checking_client(service: str, region: str, access_key: str) -> Any:
    """The same, and checks parameters against the service's model before it sends them."""
    return _client(service, region, access_key, moto_server_port(), True)


def _client(service: str, region: str, access_key: str, port: str, validate: bool) -> Any:
    with _creating:  # boto3's default session is not safe to share while a client is made
        return _new_client(service, region, access_key, port, validate)


@cache
def _new_client(service: str, region: str, access_key: str, port: str, validate: bool) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=f"http://{HOST}:{port}",
        aws_access_key_id=access_key,
        aws_secret_access_key="local",
        config=Config(
            parameter_validation=validate,
            retries={"total_max_attempts": 1},
            read_timeout=1000,
            max_pool_connections=100,
        ),
    )
