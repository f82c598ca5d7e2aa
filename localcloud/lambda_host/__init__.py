"""Runs Lambda functions as processes on this machine, over the Lambda Runtime API.

`host` is the one host of the process. `extensions/lambda_invoke.py` leads moto's invocations here.
"""

from .host_service import LambdaHost

host = LambdaHost()

__all__ = ["host"]
