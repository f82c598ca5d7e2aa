"""Step Functions: tasks call the other services through kept clients.

moto's interpreter makes a new boto3 client for every task, which costs more than the task. It also signs with a key
that the call log could not tell from any other.
"""

import pkgutil
import sys
from importlib import import_module
from typing import Any

import moto.stepfunctions.parser.asl.component.state.exec as exec_states
from moto.stepfunctions.parser.asl.utils import boto_client

from ..identities import STATES_ACCESS_KEY
from ._clients import client


def install() -> None:
    original = boto_client.boto_client_for
    # Every module that imported the name holds it, so all of them are loaded first and then changed.
    for info in pkgutil.walk_packages(exec_states.__path__, exec_states.__name__ + "."):
        import_module(info.name)
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.") and getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = _client_for


def _client_for(region: str, service: str, state_credentials: Any = None) -> Any:
    return client(service, region, STATES_ACCESS_KEY)
