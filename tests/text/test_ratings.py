"""The rated texts are read as they are, fetched whole or not at all, and split by document.

The rows here are made up in the archive's format; none comes from the archive.
"""

import contextlib
import hashlib
import http.server
import io
import os
import tarfile
import threading

import numpy as np
import pytest

from unrolled.text import ratings

MADE_UP = [
    ("1_1", 1.5, "What a bright &amp; windy morning", [1, 2, 1, 2]),
    ("1_2", -2.0, "Cold soup &amp;lt; cold tea; I &#x27;d know", [-3, -1]),
    ("2_1", 0.0, "Le café opens at nine", [0, 0, 1, -1]),
    ("2_2", 3.0, "!!!", [3, 3]),
    *((f"{n}_1", 0.5, f"Parcel number {n} came", [0, 1]) for n in range(3, 20)),
]


def files(rows=MADE_UP):
    truth = "".join(f"{name}\t{mean}\t{text}\r\n" for name, mean, text, _ in rows)
    listed = "".join(f"{name}\t{mean}\t0.5\t{given}\r\n" for name, mean, _, given in rows)
    return {
        "amazonReviewSnippets_GroundTruth.txt": truth,
        "amazonReviewSnippets_anonDataRatings.txt": listed,
    }


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Name a folder that holds made-up Amazon files and nothing else."""
    inside = tmp_path / "mine" / ratings.FOLDER
    inside.mkdir(parents=True)
    for name, content in files().items():
        (inside / name).write_bytes(content.encode())
    monkeypatch.setenv("UNROLLED_DATA", str(inside.parent))
    return inside


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Point the cache at an empty folder and name no folder of one's own."""
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setattr(ratings, "_cache", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def packed():
    """Return a tar.gz of the made-up files, as bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files().items():
            info = tarfile.TarInfo(f"{ratings.FOLDER}/{name}")
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


@contextlib.contextmanager
def served(body, announced=None):
    """Serve these bytes on this machine; announce more than there are to break a download off."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.send_response(200)
            self.send_header("Content-Length", str(announced or len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = 0
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}/{ratings.ARCHIVE}"
        finally:
            server.shutdown()
            thread.join()


def point_at(monkeypatch, url, body):
    monkeypatch.setattr(ratings, "URL", url)
    monkeypatch.setattr(ratings, "SHA256", hashlib.sha256(body).hexdigest())


def test_rows_are_read_with_entities_unescaped_and_documents_named(folder):
    first, second, third, *_ = ratings.rows("amazon")
    assert first == ("1_1", "1", "What a bright & windy morning", 1.5, (1, 2, 1, 2))
    assert second == ("1_2", "1", "Cold soup < cold tea; I 'd know", -2.0, (-3, -1))
    assert third.text == "Le café opens at nine"


def test_a_mark_of_byte_order_is_no_part_of_the_first_id(folder):
    name = "amazonReviewSnippets_anonDataRatings.txt"
    (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert ratings.rows("amazon")[0].raters == (1, 2, 1, 2)


def test_a_text_without_listed_ratings_is_kept_without_raters(folder):
    path = folder / "amazonReviewSnippets_anonDataRatings.txt"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    first, second, *_ = ratings.rows("amazon")
    assert first.raters == ()
    assert second.raters == (-3, -1)


def test_splits_keep_documents_whole_and_leave_out_what_has_no_word(folder):
    splits = ratings.load("amazon", seed=1)
    parts = [splits.train, splits.validation, splits.test]
    ids = [name for part in parts for name in part.ids]
    assert sorted(ids) == sorted(name for name, *_ in MADE_UP if name != "2_2")
    for part in parts:
        assert [name.split("_")[0] for name in part.ids] == part.groups
    by_id = {row.id: row for row in ratings.rows("amazon")}
    for part in parts:
        assert part.texts == [by_id[name].text for name in part.ids]
        assert part.targets.tolist() == [by_id[name].target for name in part.ids]


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("GroundTruth", "99_1\t1.0", "line 22: expected 3 fields between tabs, got 2"),
        ("GroundTruth", "99_1\tmuch\ttext", "expected a mean from -4 to 4, got 'much'"),
        ("GroundTruth", "99_1\tnan\ttext", "expected a mean from -4 to 4, got 'nan'"),
        ("GroundTruth", "99_1\t4.5\ttext", "expected a mean from -4 to 4, got '4.5'"),
        ("GroundTruth", "1_1\t1.0\tagain", "expected every id once, got '1_1' again"),
        ("anonDataRatings", "99_1\t1.0\t[1]", "expected 4 fields between tabs, got 3"),
        ("anonDataRatings", "99_1\t1\t0\t[1, 5]", r"whole ratings from -4 to 4, got '\[1, 5\]'"),
        ("anonDataRatings", "99_1\t1\t0\t[1.5]", "expected a list of whole ratings"),
        ("anonDataRatings", "99_1\t1\t0\t[1", "expected a list of whole ratings"),
        ("anonDataRatings", "99_1\t1\t0\t3", "expected a list of whole ratings"),
    ],
)
def test_a_line_out_of_format_is_named(folder, name, line, says):
    path = folder / f"amazonReviewSnippets_{name}.txt"
    path.write_bytes(path.read_bytes() + line.encode() + b"\r\n")
    with pytest.raises(ValueError, match=says) as caught:
        ratings.rows("amazon")
    assert path.name in str(caught.value)


@pytest.mark.parametrize("ask", [ratings.available, ratings.rows, ratings.load])
def test_an_unknown_domain_is_refused(ask):
    with pytest.raises(ValueError, match=r"domain: expected one of .*, got 'poems'"):
        ask("poems")


def test_a_named_folder_is_the_only_place_looked_in(folder, monkeypatch):
    monkeypatch.setattr(ratings, "_fetch", lambda: pytest.fail("went to the network"))
    assert ratings.available("amazon")
    assert not ratings.available("tweets")
    with pytest.raises(ratings.DataUnavailable, match=r"has no tweets_GroundTruth\.txt") as caught:
        ratings.load("tweets")
    assert ratings.URL in str(caught.value)
    assert "set UNROLLED_DATA" in str(caught.value)


def test_fetched_once_checked_and_read_from_the_cache(cache, monkeypatch):
    body = packed()
    with served(body) as (server, url):
        point_at(monkeypatch, url, body)
        assert not ratings.available("amazon")
        assert server.asked == 0
        first = ratings.rows("amazon")
        assert ratings.available("amazon")
        assert ratings.rows("amazon") == first
        assert server.asked == 1
    assert [row.id for row in first] == [name for name, *_ in MADE_UP]


def test_a_wrong_hash_leaves_nothing(cache, monkeypatch):
    body = packed()
    with served(body + b"tampered") as (_, url):
        point_at(monkeypatch, url, body)
        with pytest.raises(ratings.DataUnavailable, match="hash of downloaded file") as caught:
            ratings.load("amazon")
    assert url in str(caught.value)
    assert list(cache.iterdir()) == []
    assert not ratings.available("amazon")


def test_a_download_broken_off_leaves_nothing(cache, monkeypatch):
    body = packed()
    with served(body[: len(body) // 2], announced=len(body)) as (_, url):
        point_at(monkeypatch, url, body)
        with pytest.raises(ratings.DataUnavailable, match="fetching failed"):
            ratings.load("amazon")
    assert list(cache.iterdir()) == []


def test_a_spoilt_cache_is_not_available_and_is_fetched_again(cache, monkeypatch):
    body = packed()
    cache.mkdir()
    (cache / ratings.ARCHIVE).write_bytes(body[:100])
    with served(body) as (server, url):
        point_at(monkeypatch, url, body)
        assert not ratings.available("amazon")
        assert len(ratings.rows("amazon")) == len(MADE_UP)
        assert server.asked == 1


def test_no_network_is_one_clear_message_with_both_ways_out(cache, monkeypatch):
    monkeypatch.setattr(ratings, "URL", "http://127.0.0.1:9/hutto.tar.gz")
    with pytest.raises(ratings.DataUnavailable) as caught:
        ratings.load("tweets")
    assert "http://127.0.0.1:9/hutto.tar.gz can be fetched once" in str(caught.value)
    assert "set UNROLLED_DATA to a folder that holds hutto_ICWSM_2014/" in str(caught.value)
    assert not ratings.available("tweets")


def test_without_pooch_the_message_says_what_to_install(cache, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    with pytest.raises(ratings.DataUnavailable, match=r"pooch.*install the extra unrolled\[text\]"):
        ratings.load("tweets")
    monkeypatch.undo()
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pooch", None)
    assert not ratings.available("tweets")


@pytest.mark.skipif(not os.environ.get("UNROLLED_DATA"), reason="UNROLLED_DATA names no folder")
@pytest.mark.parametrize("domain", ratings.DOMAINS)
def test_the_real_archive_is_read_whole(domain):
    rows = ratings.rows(domain)
    assert len(rows) > 2000
    assert not any("&amp;" in row.text or "\r" in row.text for row in rows)
    rated = [row for row in rows if row.raters]
    assert len(rated) > 0.99 * len(rows)
    off = [abs(np.mean(row.raters) - row.target) for row in rated]
    # The published means of some tweets weigh more ratings than are listed.
    assert np.mean(np.array(off) < 1e-6) > (0.9 if domain == "tweets" else 0.999)
    splits = ratings.load(domain)
    sizes = np.array([len(splits.train), len(splits.validation), len(splits.test)])
    assert sizes / len(rows) == pytest.approx([0.7, 0.1, 0.2], abs=0.02)
    assert not set(splits.train.texts) & set(splits.test.texts)
