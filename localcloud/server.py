"""The HTTP server: our routes first, then moto, with every call recorded."""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug import Request
from werkzeug.serving import BaseWSGIServer, make_server

from . import routes
from .settings import HOST


class _QuietHandler(MotoRequestHandler):
    """The call log says more than werkzeug's access log."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class _Dispatcher(DomainDispatcherApplication):
    """moto lists its own folder at every request, one request at a time. What it finds does not change."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


class Server:
    """Serves on 127.0.0.1 in threads of its own, one per connection, until stopped."""

    def __init__(self, port: int, around: Callable[[Any], Any]):
        """`around` wraps the WSGI application of moto. Port 0 takes a free one. Raises `OSError` for one in use."""
        self._moto = around(_Dispatcher())
        # Listening first: werkzeug ends the whole program when the port is in use.
        with socket.create_server((HOST, port), backlog=256) as listening:
            self._http: BaseWSGIServer = make_server(
                HOST,
                listening.getsockname()[1],
                self._application,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listening.fileno(),
            )
        self._thread = threading.Thread(target=self._http.serve_forever, name="http", daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.port)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _application(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        handler = routes.find(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if handler is None:
            return self._moto(environ, start_response)
        return handler(Request(environ))(environ, start_response)
