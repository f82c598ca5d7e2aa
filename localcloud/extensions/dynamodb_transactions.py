"""DynamoDB: conditional writes and transactions that hold under concurrency, and idempotent transactions.

moto checks a condition and writes in two acts, and a transaction that fails puts back a copy of its tables, with what
others wrote meanwhile lost. Here the operations on items take turns. Concurrent transactions therefore never conflict.
A transaction that is repeated with its `ClientRequestToken` within ten minutes is carried out once.
"""

import functools
import json
import threading
import time
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler

from ._model import error

_IDEMPOTENT_FOR = 600
_OPERATIONS = ("put_item", "update_item", "delete_item", "transact_write_items", "get_item", "query", "scan")
_lock = threading.RLock()
# Account, region and token, to when it was used and for what.
_tokens: dict[tuple[str, str, str], tuple[float, str]] = {}


def _in_turn(original: Any) -> Any:
    @functools.wraps(original)
    def operation(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return original(*args, **kwargs)

    return operation


def _once_per_token(original: Any) -> Any:
    @functools.wraps(original)
    def transact(self: DynamoHandler) -> Any:
        token = self.body.get("ClientRequestToken")
        if token is None:
            return original(self)
        key = (self.current_account, self.region, token)
        wanted = json.dumps(self.body["TransactItems"], sort_keys=True, default=str)
        with _lock:
            used_at, used_for = _tokens.get(key, (float("-inf"), ""))
            if time.monotonic() - used_at < _IDEMPOTENT_FOR:
                if used_for != wanted:
                    raise error("IdempotentParameterMismatchException", "The token was used with other parameters")
                return ActionResult({})
            answer = original(self)
            _tokens[key] = (time.monotonic(), wanted)
            return answer

    return transact


def install() -> None:
    for name in _OPERATIONS:
        setattr(DynamoDBBackend, name, _in_turn(getattr(DynamoDBBackend, name)))
    DynamoHandler.transact_write_items = _once_per_token(DynamoHandler.transact_write_items)


def reset() -> None:
    _tokens.clear()
