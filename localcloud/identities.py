"""Who makes a call: every Lambda function signs with an access key of its own.

moto takes any key that looks like one, so a key is a digest of the function's name and needs no registration in IAM.
"""

import base64
import hashlib

from .settings import OPERATOR_ENV

# Services that call other services on somebody's behalf.
STATES_ACCESS_KEY = "LOCALCLOUDSTATES0000"
CLOUDFORMATION_ACCESS_KEY = "LOCALCLOUDSTACKS0000"

_callers = {
    OPERATOR_ENV["AWS_ACCESS_KEY_ID"]: "operator",
    STATES_ACCESS_KEY: "states",
    CLOUDFORMATION_ACCESS_KEY: "cloudformation",
}
_functions: dict[str, str] = {}


def function_access_key(function_name: str) -> str:
    """The access key (20 characters, as moto expects) with which a function signs its calls."""
    digest = hashlib.sha256(function_name.encode()).digest()
    key = "LKFN" + base64.b32encode(digest)[:16].decode().translate(str.maketrans("=", "0"))
    _functions[key] = function_name
    return key


def function_of(access_key: str | None) -> str | None:
    """The name of the function that signs with this key; None for everybody else."""
    return _functions.get(access_key or "")


def caller_of(access_key: str | None) -> str:
    """`operator`, `states`, `cloudformation`, `function` or `other`."""
    if function_of(access_key):
        return "function"
    return _callers.get(access_key or "", "other")
