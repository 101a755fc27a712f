"""A trained model behind HTTP: texts in, numbers out, both as JSON.

``unrolled serve MODEL.keras`` answers with what ``application`` returns, run by waitress.
It is a WSGI application, so any other such server runs it, too::

    POST /predict                 ["not so bad", "twice as good"]
    POST /predict?interval=90     {"review": ["not so bad"], "price": [9.5]}
    GET /health

The answer has ``answers``, and with an interval ``lows``, ``highs`` and ``strange``, which is true
for a text in which nothing is known: no interval holds for it.
What cannot be answered gets a status of 400 or more and one sentence, ``error``.
"""

import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from unrolled.regressor.portable import Model

#: The most bytes of one request, and the most texts in it.
MOST_BYTES, MOST_TEXTS = 2**20, 4096
#: The most connections that are open at once.
CONNECTIONS = 500

Respond = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Respond], Iterable[bytes]]


class RefusedError(Exception):
    """A request that is not answered: a status, and why, in one sentence."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        """Say which status, and why."""
        super().__init__(why)
        self.status = status


def application(
    model: Model, *, most_bytes: int = MOST_BYTES, most_texts: int = MOST_TEXTS
) -> Application:
    """Return a WSGI application that answers with a model; several threads may call it.

    A request of more bytes or texts is refused with 413, before it is read or answered.

    >>> from io import BytesIO
    >>> app = application(model=None)  # It is not asked here.
    >>> def ask(method, path, body=b""):
    ...     asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO(body)}
    ...     asked["CONTENT_LENGTH"] = str(len(body))
    ...     return app(asked, lambda status, headers: print(status))[0]
    >>> ask("GET", "/health")
    200 OK
    b'{"status": "ok"}'
    >>> ask("POST", "/predict", b"[]")
    400 Bad Request
    b'{"error": "expected at least one text, got none"}'
    """

    def answer(asked: dict[str, Any], respond: Respond) -> list[bytes]:
        status = HTTPStatus.OK
        try:
            if _route(asked) == "/health":
                said: dict[str, Any] = {"status": "ok"}
            else:
                texts = _texts(_body(asked, most_bytes), most_texts)
                said = _answers(model, texts, _level(asked))
        except RefusedError as refusal:
            status, said = refusal.status, {"error": str(refusal)}
        except (TypeError, ValueError) as error:  # The model's own words.
            status, said = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        body = json.dumps(said).encode()
        headers = {"Content-Type": "application/json"}
        headers["Content-Length"] = str(len(body))
        respond(f"{status.value} {status.phrase}", [*headers.items()])
        return [body]

    return answer


def _route(asked: dict[str, Any]) -> str:
    """Return the path of a request if it is one of ours, asked for by its method."""
    methods = {"/health": ("GET", "HEAD"), "/predict": ("POST",)}
    path, method = asked.get("PATH_INFO", ""), asked["REQUEST_METHOD"]
    if path not in methods:
        raise RefusedError(
            HTTPStatus.NOT_FOUND, f"expected {' or '.join(methods)}, got {path:.100}"
        )
    if method not in methods[path]:
        expected = " or ".join(methods[path])
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"expected {expected}, got {method:.20}")
    return str(path)


def _body(asked: dict[str, Any], most: int) -> bytes:
    """Return what was sent; more than ``most`` bytes are not read."""
    length = asked.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        raise RefusedError(
            HTTPStatus.LENGTH_REQUIRED, "expected the header Content-Length, got none"
        )
    if int(length) > most:
        said = f"expected at most {most} bytes, got {int(length)}"
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    body: bytes = asked["wsgi.input"].read(int(length))
    return body


def _texts(body: bytes, most: int) -> Any:
    """Return the texts, or the table, that stand in the body of a request."""
    try:
        texts = json.loads(body)
    except (ValueError, RecursionError) as error:  # Not UTF-8, or not JSON.
        raise ValueError(f"expected JSON in UTF-8, got: {error!s:.100}") from None
    if not isinstance(texts, list | dict):
        raise ValueError(f"expected a list of texts or a table of lists, got {texts!r:.100}")
    columns = texts.values() if isinstance(texts, dict) else [texts]
    if not all(isinstance(column, list) for column in columns):
        raise ValueError("expected a table of lists, got a column that is none")
    count = max(map(len, columns), default=0)
    if not count:
        raise ValueError("expected at least one text, got none")
    if count > most:
        said = f"expected at most {most} texts, got {count}"
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, said)
    return texts


def _level(asked: dict[str, Any]) -> float | None:
    """Return the level of the intervals that are asked for, if any."""
    for given in parse_qs(asked.get("QUERY_STRING", ""), keep_blank_values=True).get(
        "interval", []
    ):
        try:
            percent = float(given)
        except ValueError:
            percent = -1
        if not 0 < percent < 100:
            raise ValueError(f"interval: expected percent between 0 and 100, got {given!r:.100}")
        return percent / 100
    return None


def _answers(model: Model, texts: Any, level: float | None) -> dict[str, list[Any]]:
    if level is None:
        return {"answers": model.predict(texts).tolist()}
    found = model.predict(texts, level)
    names = ("answers", "lows", "highs", "strange")
    return dict(zip(names, (column.tolist() for column in found), strict=True))


def server(model: Model, host: str, port: int, threads: int) -> Any:
    """Return a server of waitress, which listens; its ``run`` answers until Ctrl-C.

    Who comes while ``CONNECTIONS`` are open waits for one of them to close.
    Raises ``OSError`` where it may not listen.
    """
    import waitress

    return waitress.create_server(
        application(model), host=host, port=port, threads=threads, ident="unrolled",
        max_request_body_size=MOST_BYTES, connection_limit=CONNECTIONS, asyncore_use_poll=True,
    )  # fmt: skip
