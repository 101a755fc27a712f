"""One number a text, in order, as the texts arrive, without TensorFlow."""

import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from cli_cases import order, told
from table_cases import Arriving

from unrolled.regressor import portable
from unrolled.regressor.batches import asking as module
from unrolled.regressor.cli import main

TEXTS = [
    "six the old cat ten",
    "ten!!! 🙂👩‍👧 :-)",
    "שלום לכם",
    "مرحبا بالعالم",
    "終電は何時",
    "e\u0301a\u0300",
    "\x1b[2J \u202e",
    "?",
    *(text for text, _ in order(30)),
]
HEAVY = ["tensorflow", "keras", "sklearn", "scipy", "matplotlib", "pooch", "pyarrow", "tqdm"]


def numbers(text):
    return np.array([float(line) for line in text.splitlines()])


@pytest.fixture(scope="module")
def answers(reading):
    """Return what Keras answers to the texts."""
    from unrolled.regressor import TextRegressor

    return TextRegressor.load(reading.path).predict(TEXTS)


def test_standard_input_is_answered_line_by_line_as_keras_answers(run, reading, answers):
    done = run("predict", reading.path, stdin="".join(f"{text}\n" for text in TEXTS).encode())
    assert (done.code, done.err) == (0, "")
    np.testing.assert_allclose(numbers(done.out), answers, atol=1e-4)


def test_a_model_that_only_counts_answers_as_in_keras_too(run, counting):
    from unrolled.regressor import TextRegressor

    done = run("predict", counting.path, stdin="".join(f"{text}\n" for text in TEXTS).encode())
    assert (done.code, done.err) == (0, "")
    expected = TextRegressor.load(counting.path).predict(TEXTS)
    np.testing.assert_allclose(numbers(done.out), expected, atol=1e-6)


@pytest.mark.parametrize("level", [50, 97.5])
def test_an_interval_is_printed_beside_each_answer_as_in_keras(run, reading, level):
    from unrolled.regressor import TextRegressor

    asked = "".join(f"{text}\n" for text in TEXTS).encode()
    done = run("predict", reading.path, "--interval", level, stdin=asked)
    assert done.code == 0
    columns = np.array([line.split("\t") for line in done.out.splitlines()], float).T
    *expected, strange = TextRegressor.load(reading.path).predict(TEXTS, level / 100)
    np.testing.assert_allclose(columns, expected, atol=1e-4)
    count = int(strange.sum())
    assert 0 < count < len(TEXTS)
    assert done.err == (
        f"unrolled: {count} texts have nothing in them that the model has learnt from; "
        "no interval holds for such\n"
    )
    one = run("predict", reading.path, "--interval", level, stdin="終電\n".encode())
    assert one.err.startswith("unrolled: 1 text has nothing in it that the model has learnt from")


def test_an_empty_text_has_no_interval_either(run, reading):
    done = run("predict", reading.path, "--interval", "90", "--empty", "nan", stdin=b"\nsix\n")
    assert (done.code, done.err) == (0, "")
    first, second = done.out.splitlines()
    assert first == "nan\tnan\tnan"
    answer, low, high = map(float, second.split("\t"))
    assert low < answer < high


@pytest.mark.parametrize("level", ["90", "1"])
def test_an_interval_that_the_file_has_not_is_told_of_before_anything_is_written(
    run, plain, tmp_path, level
):
    out, model = tmp_path / "answers.txt", plain(0)
    for more in [], ["--out", out]:
        done = run("predict", model, "--interval", level, *more, stdin=b"six\nten\n")
        assert "interval: expected none, for 0 texts were asked" in told(done)
    assert not out.exists()
    assert run("predict", model, stdin=b"six\nten\n") == (0, "6.0\n10.0\n", "")


def test_an_interval_of_no_number_is_told_of(run, reading):
    done = run("predict", reading.path, "--interval", "nan", stdin=b"six\n")
    assert "interval: expected a number above 0 and below 1, got nan" in told(done)


def test_an_interval_of_a_higher_level_than_the_texts_tell_is_told_of(run, reading):
    asked = len(portable.load(reading.path).doubt.scores)
    done = run("predict", reading.path, "--interval", "99.99", stdin=b"six\n")
    assert f"interval: expected at most 0.999, for {asked} texts were asked" in told(done)


def test_windows_line_ends_and_a_last_line_without_one_change_nothing(run, reading):
    plain = run("predict", reading.path, stdin=b"six the ten\nten\n")
    other = run("predict", reading.path, stdin=b"\xef\xbb\xbfsix the ten\r\nten")
    np.testing.assert_allclose(numbers(other.out), numbers(plain.out), atol=1e-5)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "txt", "parquet"])
def test_every_kind_of_file_is_answered_in_order(run, reading, answers, tmp_path, kind):
    path = tmp_path / f"data.{kind}"
    if kind == "parquet":
        arrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(arrow.table({"said": TEXTS}), path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps({"said": text}) + "\n" for text in TEXTS))
    elif kind == "txt":
        path.write_text("\n".join(TEXTS))
    else:
        between = "," if kind == "csv" else "\t"
        path.write_text("\n".join(["said" + between, *(text + between for text in TEXTS)]))
    column = [] if kind == "txt" else ["--text", "said"]
    done = run("predict", reading.path, path, *column)
    assert (done.code, done.err) == (0, "")
    np.testing.assert_allclose(numbers(done.out), answers, atol=1e-4)
    named = run("predict", reading.path, "-", *column, "--kind", kind, stdin=path.read_bytes())
    np.testing.assert_allclose(numbers(named.out), answers, atol=1e-4)


def test_the_answer_is_the_models_own_to_the_last_digit_that_counts(run, reading):
    done, model = run("predict", reading.path, stdin=b"six the ten\n"), portable.load(reading.path)
    least = 1e-8 * model.config.scale
    np.testing.assert_allclose(numbers(done.out), model.predict(["six the ten"]), 0, least)


def test_out_writes_the_same_to_a_file_and_nothing_to_the_screen(run, reading, tmp_path):
    path = tmp_path / "answers.txt"
    path.write_text("old")
    lines = b"six the ten\nten\n"
    done = run("predict", reading.path, "--out", path, stdin=lines)
    assert done == (0, "", "")
    assert path.read_text() == run("predict", reading.path, stdin=lines).out


def test_an_error_leaves_the_old_file_and_nothing_new(run, reading, tmp_path):
    path = tmp_path / "answers.txt"
    path.write_text("old")
    assert "line 3" in told(run("predict", reading.path, "--out", path, stdin=b"six\nten\n\xff\n"))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["answers.txt"]


def test_a_link_stays_a_link(run, reading, tmp_path):
    (tmp_path / "answers.txt").symlink_to(tmp_path / "there.txt")
    assert run("predict", reading.path, "--out", tmp_path / "answers.txt", stdin=b"six\n").code == 0
    assert (tmp_path / "answers.txt").is_symlink()
    assert numbers((tmp_path / "there.txt").read_text()).size == 1


def test_texts_before_a_wrong_line_are_answered_and_the_line_is_named(run, reading):
    for wrong, part in [(b"", "expected a text, got ''"), (b" \t", "got ' \\t'"), (b"\0", "NUL")]:
        done = run("predict", reading.path, stdin=b"six\nten\n" + wrong + b"\nsix\n")
        assert done.code == 2
        assert numbers(done.out).size == 2
        assert part in done.err
        assert "standard input, line 3" in done.err
        assert done.err.count("\n") == 1


def test_empty_texts_are_answered_with_nan_on_demand(run, reading):
    asked = b"six\n\n \nten\n"
    done = run("predict", reading.path, "--empty", "nan", stdin=asked)
    assert (done.code, done.err) == (0, "")
    assert np.isnan(numbers(done.out)).tolist() == [False, True, True, False]
    np.testing.assert_array_equal(
        numbers(done.out)[[0, 3]], numbers(run("predict", reading.path, stdin=b"six\nten\n").out)
    )
    only = run("predict", reading.path, "--empty", "nan", stdin=b"\n\n")
    assert only.out == "nan\nnan\n"


def test_nothing_at_all_is_told_of(run, reading):
    assert "expected at least one row, got none" in told(run("predict", reading.path))


def test_a_text_of_a_megabyte_is_answered_with_a_note(run, reading):
    text = b"six the old " * 90_000 + b"\n"
    assert len(text) > 10**6
    done = run("predict", reading.path, stdin=text + b"six\n" + b"x" * 10**6 + b"\n")
    assert done.code == 0
    assert numbers(done.out).size == 3
    assert done.err == "unrolled: 2 texts were very long; only the first 511 tokens were read\n"
    exact = run("predict", reading.path, stdin=b"six " * 511 + b"\n")
    assert exact.err == ""
    more = run("predict", reading.path, stdin=b"six " * 512 + b"\n")
    assert more.err == "unrolled: 1 text was very long; only the first 511 tokens were read\n"
    assert more.out == exact.out


def test_large_blocks_and_small_ones_answer_alike(run, reading, monkeypatch):
    asked = "".join(f"{text}\n" for text in TEXTS).encode()
    whole = numbers(run("predict", reading.path, stdin=asked).out)
    for most in (1, 7):
        monkeypatch.setattr(module, "BLOCK", most)
        found = numbers(run("predict", reading.path, stdin=asked).out)
        np.testing.assert_allclose(found, whole, atol=1e-5)
    monkeypatch.setattr(module, "LETTERS", 1)
    monkeypatch.setattr(module, "CHUNK", 3)
    found = numbers(run("predict", reading.path, stdin=asked).out)
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_a_line_is_answered_before_the_next_one_is_asked_for(reading, monkeypatch):
    out, answered = io.BytesIO(), []
    lines = [b"six the ten\n", b"ten\n", b"six the ten\n"]
    stream = Arriving(lines, lambda: answered.append(out.getvalue().count(b"\n")))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(stream)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BufferedWriter(out)))
    assert main(["predict", str(reading.path)]) == 0
    assert answered[:4] == [0, 1, 2, 3]


def peak_of(process):
    """Return the exit code and the peak memory of a process, in MiB."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_maxrss / (1024 if sys.platform == "linux" else 2**20)


@pytest.mark.slow
def test_many_lines_pass_through_in_little_memory(reading, tmp_path):
    peaks = []
    for count in (100, 100_000):
        lines = tmp_path / "lines.txt"
        texts = [text[:10] for text, _ in order(1000)]
        lines.write_text("".join(f"{texts[n % 1000]}\n" for n in range(count)))
        with lines.open("rb") as source, (tmp_path / "out.txt").open("wb") as out:
            command = [sys.executable, "-m", "unrolled.regressor.cli", "predict", str(reading.path)]
            code, peak = peak_of(subprocess.Popen(command, stdin=source, stdout=out))
        assert code == 0
        assert (tmp_path / "out.txt").read_bytes().count(b"\n") == count
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 100, "MiB"


def test_a_reader_who_has_had_enough_ends_it_quietly(reading, tmp_path):
    (tmp_path / "lines.txt").write_text("six the ten\n" * 100_000)
    command = (
        f"{sys.executable} -m unrolled.regressor.cli predict {reading.path} lines.txt | head -2"
    )
    done = subprocess.run(command, shell=True, capture_output=True, cwd=tmp_path)
    assert done.returncode == 0
    assert numbers(done.stdout.decode()).size == 2
    assert done.stderr == b""


def test_a_full_disk_is_told_of_in_one_line(reading):
    full = "/dev/full"
    if not os.path.exists(full):
        pytest.skip("needs /dev/full")
    with open(full, "wb") as out:
        command = [sys.executable, "-m", "unrolled.regressor.cli", "predict", str(reading.path)]
        done = subprocess.run(command, input=b"six\n", stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr.startswith(b"unrolled: ")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_input_is_told_of_in_one_line(reading):
    command = f"{sys.executable} -m unrolled.regressor.cli predict {reading.path} <&-"
    done = subprocess.run(command, shell=True, capture_output=True)
    assert done.returncode == 2
    assert done.stderr.startswith(b"unrolled: standard input: expected it to be open")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_output_is_told_of_in_one_line(reading):
    command = f"{sys.executable} -m unrolled.regressor.cli predict {reading.path} >&-"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, input=b"six\n")
    assert done.returncode == 2
    assert done.stderr.startswith(b"unrolled: standard output: expected it to be open")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("nowhere", ["&-", "/dev/full"])
def test_an_error_that_nobody_can_read_still_has_its_exit_code(nowhere):
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    command = f"{sys.executable} -m unrolled.regressor.cli predict missing.keras 2>{nowhere}"
    done = subprocess.run(command, shell=True, capture_output=True, input=b"six\n")
    assert (done.returncode, done.stdout) == (2, b"")


def test_no_heavy_library_is_loaded_to_predict(reading, counting):
    code = (
        "import sys; from unrolled.regressor.cli import main\n"
        f"main(['predict', {str(reading.path)!r}])\n"
        f"main(['evaluate', {str(counting.path)!r}, {str(counting.data)!r},"
        " '--text', 'text', '--target', 'number', '--json'])\n"
        f"main(['gates', {str(reading.path)!r}, 'six'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=b"six\n", capture_output=True)
    assert done.stderr == b""
    assert done.stdout.splitlines()[-1] == b"[]"
