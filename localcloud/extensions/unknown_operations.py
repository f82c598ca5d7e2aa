"""An operation that moto does not have is refused by name, as AWS refuses one that it does not know.

moto answers 500 and a page of HTML, which SDKs try again and report as a fault of the service.
"""

from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from ._model import error


def install() -> None:
    call = BaseResponse.call_action

    def known(self: BaseResponse) -> Any:
        try:
            return call(self)
        except NotImplementedError as missing:
            # moto raises it with a sentence, and in a few places without one.
            message = f"The local cloud cannot do {self._get_action()} of {self.boto3_service_name}. {missing}".rstrip()
            return self.serialized(ActionResult(error("UnknownOperationException", message)))

    BaseResponse.call_action = known
