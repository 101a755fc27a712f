"""A model behind HTTP gives ``portable``'s answers, and refuses what it cannot answer."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest

from unrolled.regressor import load
from unrolled.regressor.serving import application, server

TEXTS = ["ten to six", "six to ten :)", "日本語", "x" * 500]


class Client:
    """Asks the application without a network."""

    def __init__(self, model, **bounds):
        """Ask about a model."""
        self.app = application(model, **bounds)

    def ask(self, method, path, body=b"", query="", **environ):
        """Return the status and what is said."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        seen = []
        asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
        asked |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ}
        parts = self.app(asked, lambda status, headers: seen.append((status, dict(headers))))
        [(status, headers)], said = seen, b"".join(parts)
        assert headers["Content-Length"] == str(len(said))
        return int(status[:3]), json.loads(said)


@pytest.fixture(scope="module")
def model(saved):
    return load(saved)


@pytest.fixture(scope="module")
def client(model):
    return Client(model)


def test_it_answers_as_the_model_does(client, model):
    status, said = client.ask("POST", "/predict", TEXTS)
    assert (status, said["answers"]) == (200, model.predict(TEXTS).tolist())


def test_intervals_are_asked_for_in_percent(client, model):
    status, said = client.ask("POST", "/predict", TEXTS, "interval=80")
    found = model.predict(TEXTS, 0.8)
    assert status == 200
    for name, column in zip(("answers", "lows", "highs", "strange"), found, strict=True):
        np.testing.assert_array_equal(said[name], column)


def test_columns_come_as_a_table(beside):
    model = load(beside[1])
    table = {"said": ["ten", "six"], "price": [2.5, None], "kind": ["a", "new"]}
    assert Client(model).ask("POST", "/predict", table)[1]["answers"] == list(model.predict(table))
    status, said = Client(model).ask("POST", "/predict", {"said": ["ten"], "price": [2]})
    assert (status, "'kind'" in said["error"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "expected JSON in UTF-8"),
        (b'["\xe9t\xe9"]', "expected JSON in UTF-8"),
        (b"[" * 100_000, "expected JSON in UTF-8"),
        (b'"ten to six"', "expected a list of texts or a table"),
        (b"[]", "expected at least one text"),
        (b"{}", "expected at least one text"),
        (b'{"text": "ten to six"}', "expected a table of lists"),
        (b'["ten", 6]', "got int"),
        (b'["ten", "  "]', "at index 1"),
        (b'{"text": ["ten to six"]}', "expected"),
    ],
)
def test_what_is_no_list_of_texts_gets_a_sentence(client, body, words):
    status, said = client.ask("POST", "/predict", body)
    assert status == 400
    assert words in said["error"]
    assert len(said["error"]) < 400


@pytest.mark.parametrize("query", ["interval=", "interval=0", "interval=nan", "interval=100"])
def test_an_interval_is_a_percentage(client, query):
    status, said = client.ask("POST", "/predict", TEXTS, query)
    assert (status, "interval" in said["error"]) == (400, True)


def test_an_interval_that_the_model_cannot_give_is_refused(client):
    status, said = client.ask("POST", "/predict", TEXTS, "interval=99")
    assert (status, said["error"][:9]) == (400, "interval:")


@pytest.mark.parametrize(
    ("method", "path", "environ", "status"),
    [
        ("GET", "/", {}, 404),
        ("GET", "/predict", {}, 405),
        ("POST", "/health", {}, 405),
        ("POST", "/predict", {"CONTENT_LENGTH": ""}, 411),
        ("POST", "/predict", {"CONTENT_LENGTH": "-1"}, 411),
        ("POST", "/predict", {"CONTENT_LENGTH": "100000000"}, 413),
    ],
)
def test_requests_that_are_not_ours_are_refused(client, method, path, environ, status):
    found, said = client.ask(method, path, **environ)
    assert (found, [*said]) == (status, ["error"])


def test_what_is_too_much_is_not_answered(model):
    small = Client(model, most_bytes=40, most_texts=2)
    assert small.ask("POST", "/predict", ["a", "b"])[0] == 200
    assert small.ask("POST", "/predict", ["a", "b", "c"])[0] == 413
    assert small.ask("POST", "/predict", ["a" * 40])[0] == 413


@pytest.fixture(scope="module")
def address(model):
    """Run a server in a thread of its own, and return its port."""
    listening = server(model, "127.0.0.1", 0, threads=4)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    yield "127.0.0.1", listening.effective_port
    listening.close()


def post(address, body, headers=()):
    connection = http.client.HTTPConnection(*address)
    try:
        connection.request("POST", "/predict", body, dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.slow
def test_a_thousand_requests_at_once_are_all_answered(address, model):
    bodies = [json.dumps([f"{n} to six"]) for n in range(1000)]
    with ThreadPoolExecutor(200) as pool:
        found = list(pool.map(lambda body: post(address, body), bodies))
    assert {status for status, _ in found} == {200}
    expected = model.predict([f"{n} to six" for n in range(1000)])
    answers = [json.loads(said)["answers"][0] for _, said in found]
    np.testing.assert_allclose(answers, expected, atol=1e-5)


def test_a_request_that_is_too_long_is_refused_before_it_is_sent(address):
    status, _ = post(address, b"", {"Content-Length": str(10**8)})
    assert status == 413


def test_a_broken_request_leaves_the_server_answering(address):
    assert post(address, b"\xff\xfe")[0] == 400
    assert post(address, b'["ten to six"]')[0] == 200
