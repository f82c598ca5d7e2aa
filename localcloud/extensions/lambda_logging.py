"""Lambda: the logging configuration of a function, which moto drops: its log group, its format and its levels."""

from typing import Any

from moto.awslambda.models import LambdaFunction

_JSON_LEVELS = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}


def install() -> None:
    create, update, read = (
        LambdaFunction.__init__,
        LambdaFunction.update_configuration,
        LambdaFunction.get_configuration,
    )

    def __init__(self: LambdaFunction, account_id: str, spec: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        create(self, account_id, spec, *args, **kwargs)
        _configure(self, spec.get("LoggingConfig", {}))

    def update_configuration(self: LambdaFunction, config_updates: dict[str, Any]) -> dict[str, Any]:
        if "LoggingConfig" in config_updates:
            _configure(self, config_updates["LoggingConfig"])
        return update(self, config_updates)

    def get_configuration(self: LambdaFunction, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return read(self, *args, **kwargs) | {"LoggingConfig": self.logging_config}

    LambdaFunction.__init__ = __init__
    LambdaFunction.update_configuration = update_configuration
    LambdaFunction.get_configuration = get_configuration


def _configure(function: LambdaFunction, wanted: dict[str, Any]) -> None:
    group = wanted.get("LogGroup") or f"/aws/lambda/{function.function_name}"
    config = {"LogFormat": "Text", "LogGroup": group} | wanted
    if config["LogFormat"] == "JSON":
        config = _JSON_LEVELS | config
    function.logging_config = config
    function.logs_group_name = config["LogGroup"]
