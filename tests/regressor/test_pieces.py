"""A text is cut without loss and in linear time, and a word never seen shares its pieces."""

import itertools
import json
import re
import sys
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unrolled.regressor import pieces
from unrolled.regressor.pieces import (
    LONGEST_TOKEN,
    MOST_MARKS,
    MOST_PIECES,
    RESERVED,
    START,
    Pieces,
    pieces_of,
    tagged,
    tokens,
)

#: Any Python string at all: lone halves of characters, control characters, what is unassigned.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
#: Strings in which the special signs of the tokenizer meet often.
SPIKY = st.text(
    st.sampled_from("aZé9_'’:;=-)(DpP3<>/!?.⟦⟧ \n\0\u0301\u0316\u200d\ufe0f\u1680")
    | st.sampled_from("😀👍🏽❤❤語カ가ाكֿا؟\ud83d\ude00")
)


def cut(text):
    return list(tokens(text))


@pytest.mark.parametrize("texts", [ANY_TEXT, SPIKY], ids=["any text", "signs that mean something"])
def test_nothing_but_white_space_is_lost(texts):
    @given(texts)
    def law(text):
        whole = unicodedata.normalize("NFKC", re.sub("[\ud800-\udfff]", "\ufffd", text))
        found = cut(text)
        assert "".join(found) == "".join(whole.split())
        assert all(found)
        assert not any(re.search(r"\s", token) for token in found)

    law()


@given(SPIKY, st.integers(1, 400))
def test_a_token_is_short_whatever_comes(text, times):
    assert all(len(token) <= 2 * LONGEST_TOKEN + 4 for token in tokens(text * times))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 6:15, isn’t it?", ["It's", "6", ":", "15", ",", "isn’t", "it", "?"]),
        ("rock'n'roll, dogs' 'tis", ["rock'n'roll", ",", "dogs", "'", "'", "tis"]),
        (":-) :-)) ;) >:( =D xD (: </3", [":-)", ":-))", ";)", ">:(", "=D", "xD", "(:", "</3"]),
        ("at 6:30, x = 3", ["at", "6", ":", "30", ",", "x", "=", "3"]),
        ("no... way?!?! --", ["no", "...", "way", "?!?!", "--"]),
        ("@me #now a_b", ["@", "me", "#", "now", "a_b"]),
        ("👍🏽👍 👩‍👩‍👧 ❤️‍🔥 1️⃣", ["👍🏽", "👍", "👩‍👩‍👧", "❤️‍🔥", "1️⃣"]),
        ("ﬁne Ｆｕｌｌ", ["fine", "Full"]),
        ("cafe\u0301 café", ["café", "café"]),
        ("यह क्या है। ठीक", ["यह", "क्या", "है", "।", "ठीक"]),
        ("ماذا؟ مُحَمَّد، نعم", ["ماذا", "؟", "مُحَمَّد", "،", "نعم"]),
        ("שָׁלוֹם־עולם", ["שָׁלוֹם", "־", "עולם"]),
        ("እንዴት።", ["እንዴት", "።"]),
        ("สวัสดี ที่นี่", ["สวัสดี", "ที่นี่"]),
        ("我很好。𠀀𠀁", ["我", "很", "好", "。", "𠀀", "𠀁"]),
        ("カメラ ｶﾞ", ["カ", "メ", "ラ", "ガ"]),
        ("안녕 세상", ["안녕", "세상"]),
        ("a\u1680b\u2003c\x1fd\u00a0e", ["a", "b", "c", "d", "e"]),
        ("a\0b\x07", ["a", "\0", "b", "\x07"]),
        ("cut \ud83d", ["cut", "\ufffd"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_tokens_are_words_numbers_emoticons_emoji_and_runs(text, expected):
    assert cut(text) == expected


def test_a_word_without_end_is_cut_where_the_letters_are_too_many():
    assert [len(token) for token in tokens("a" * 60)] == [24, 24, 12]


LETTERS = ["a", "a'", "(", "([", ":", ":-", "<3", "!?", "⟦", "⟦a", "⟦a⟧", "\0", "\ud83d"]
MARKS = ["\u0301", "\u0301\u0316", "\u0f73", "\uff9e\u0301", "\ufdfa", "😀\u200d", "❤\ufe0f"]


def test_from_no_place_is_it_far_to_the_end_of_a_token(capsys):
    """A repeat without a bound, tried at every place, would take the square of a text's length."""
    re.compile(pieces._TOKEN.pattern, re.DEBUG | re.VERBOSE)
    said = capsys.readouterr().out
    assert "MAX_REPEAT 0 24" in said
    assert "MAXREPEAT" not in said


@pytest.mark.parametrize("part", LETTERS + MARKS)
def test_no_run_of_marks_is_put_in_order_that_is_longer_than_the_bound(part, monkeypatch):
    """To put marks in order, Unicode's own sort takes the square of their number."""
    runs = []

    def watched(form, text):
        usual = unicodedata.normalize(form, text)
        if form == "NFKC":
            marks = "".join("m" if is_mark(sign) else " " for sign in text)
            runs.append(max(map(len, marks.split()), default=0))
        return usual

    replaced = SimpleNamespace(normalize=watched, combining=unicodedata.combining)
    monkeypatch.setattr(pieces, "unicodedata", replaced)
    for _ in tokens("a" + part * 2000):
        pass
    assert max(runs) <= MOST_MARKS


def is_mark(sign):
    return unicodedata.combining(unicodedata.normalize("NFKD", sign)[0])


def test_a_text_of_many_marks_keeps_them_all():
    found = "".join(tokens("a" + "\u0301\u0316" * 50_000))
    assert len(found) == pytest.approx(100_001, rel=1e-3)
    assert sorted(set(found)) == ["á", "\u0301", "\u0316"]


@given(st.integers(0, MOST_MARKS), st.integers(0, 300))
@example(MOST_MARKS, 300)
def test_a_letter_with_few_marks_has_the_usual_form_also_in_a_long_word(marks, before):
    word = "x" * before + "a" + ("\u0301\u0316" * marks)[:marks]
    assert "".join(tokens(word)) == unicodedata.normalize("NFKC", word)


def whole(text):
    """Cut a text that was brought into the usual form at once."""
    usual = unicodedata.normalize("NFKC", re.sub("[\ud800-\udfff]", "\ufffd", text))
    return [found.group() for found in pieces._TOKEN.finditer(usual)]


#: What may stand across the end of a part: it joins what is before it, unfolds, or looks ahead.
LINKED = [
    "a\u0301",
    "ｶﾞ",
    "\u1112\u1161\u11ab",
    "\u0b47\u0b3e",
    "\u09c7\u09d7",
    "\U00011099\U000110ba",
]
LINKED += [
    "don't",
    ":-)",
    "xD",
    "?!?",
    "👩‍👩‍👧",
    "👍🏽",
    "⟦so late⟧",
    "⟦late⟧",
    " ",
    "\ufdfa",
    "ﬁ",
    "a" * 30,
]
LINKED += ["語", "\xa0", "...", "\ud83d", "E", "(((:", "'", "\u1680", "1"]


@given(st.lists(st.sampled_from(LINKED), min_size=1, max_size=60), st.integers(1, 40), ANY_TEXT)
def test_part_by_part_a_text_has_the_tokens_that_it_has_as_a_whole(signs, size, other):
    for text in ("".join(signs), other, "x" * 11 + " ".join([*signs, other]) * 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pieces, "_PART", size)
            patch.setattr(pieces, "MOST_MARKS", 10**9)
            assert cut(text) == whole(text)


@pytest.mark.parametrize("size", range(1, 6))
def test_a_token_looks_back_over_the_end_of_a_part(size, monkeypatch):
    """After a letter a colon begins no emoticon, wherever the parts end."""
    monkeypatch.setattr(pieces, "_PART", size)
    text = "a:D " * 100
    assert cut(text) == whole(text)
    assert ":D" not in cut(text)


@pytest.mark.slow
def test_in_a_long_text_no_joined_sign_is_parted():
    """Every sign that may become one with the sign before it, at the end of a part."""
    pairs = []
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.normalize("NFD", chr(code))
        if len(parts) > 1 and unicodedata.normalize("NFC", parts) == chr(code):
            pairs.append(parts)
    assert len(pairs) > 11_172  # Of Hangul alone.
    for pair in pairs:
        for size in range(1, len(pair)):
            text = "x" * (pieces._PART - size) + pair + "x"
            found = "".join(part for part, _ in pieces._usual(text))
            assert found == unicodedata.normalize("NFKC", text), pair


@pytest.mark.parametrize(
    "part", ["\ufdfa", "\ufdfa ", "so late ", "e\u0301 ", "語", "a" * 99 + "é", "a\u0301\u0316"]
)
def test_what_is_not_read_is_not_looked_at(part, monkeypatch):
    """Of ten million signs no more are brought into the usual form than the tokens need."""
    handed = []

    def counted(form, text):
        handed.append(len(text))
        return unicodedata.normalize(form, text)

    replaced = SimpleNamespace(normalize=counted, combining=unicodedata.combining)
    text = part * (10_000_000 // len(part))
    monkeypatch.setattr(pieces, "unicodedata", replaced)
    found = list(itertools.islice(tokens(text), 511))
    read = len(text[: sum(map(len, found))])
    assert sum(handed) <= 3 * read + 2 * pieces._PART
    few = sum(handed)
    list(itertools.islice(tokens(text[:1_000_000]), 511))
    assert sum(handed) == 2 * few


def test_a_tag_is_one_token_before_the_text():
    assert cut(tagged("so good", "movie-reviews")) == ["⟦movie-reviews⟧", "so", "good"]
    assert cut(tagged("", "x" * 40)) == [f"⟦{'x' * 40}⟧"]


@pytest.mark.parametrize("name", ["", "two words", "a\n", "a⟧", "⟦", "a⟧⟦b", "x" * 41, "¨"])
def test_a_tag_that_would_not_be_one_token_is_refused(name):
    with pytest.raises(ValueError, match="name: expected one word of at most 40 letters"):
        tagged("so good", name)


def test_a_tag_in_the_text_itself_is_a_token_like_others():
    assert cut(f"so {START} good") == ["so", START, "good"]
    assert cut("⟦not closed ⟧") == ["⟦", "not", "closed", "⟧"]
    pieces = Pieces.fit({START: 9, "⟦": 9, "⟦⟦": 9, "⟦a⟧": 9})
    assert pieces.ids(START) == [2]
    assert pieces.names[3:] == ["⟦", "⟦a⟧", "⟦⟦"]


@given(ANY_TEXT | SPIKY)
def test_a_token_has_1_to_32_pieces_each_once(text):
    for token in tokens(text):
        names = pieces_of(token)
        assert 1 <= len(names) <= MOST_PIECES
        assert len(set(names)) == len(names)
        assert not set(names) & (set(RESERVED) - {token})


def test_pieces_tell_the_word_from_how_it_is_written():
    plain, capital, loud = (set(pieces_of(word)) for word in ("late", "Late", "LATE"))
    assert capital - plain == {"^capital"}
    assert loud - plain == {"^capitals"}
    assert plain == {"=late", "<la", "lat", "ate", "te>", "<lat", "late", "ate>", "<late", "late>"}
    stretched = set(pieces_of("laaate"))
    assert stretched == {"=laaate", "^stretched", *pieces_of("laate")}
    assert pieces_of("a") == ["=a"]
    assert pieces_of("I") == ["=i", "^capital"]
    assert pieces_of("am") == ["=am", "<am", "am>", "<am>"]
    assert pieces_of("⟦tweets⟧") == ["⟦tweets⟧"]


def test_a_long_word_has_as_many_pieces_as_are_allowed_the_short_ones_first():
    names = pieces_of("abcdefghijklmnopqrstuvwx")
    assert len(names) == MOST_PIECES
    assert {"<ab", "wx>"} <= set(names)


def test_a_word_that_was_never_seen_shares_pieces_with_a_known_one():
    pieces = Pieces.fit({"wonderful": 3, "table": 3})
    wrong, right, other = (set(pieces.ids(w)) for w in ("wonderfull", "wonderful", "table"))
    assert len(wrong & right) > len(right) / 2
    assert not wrong & other
    assert pieces.ids("xyz") == [1]


COUNTS = st.dictionaries(st.text(st.sampled_from("abcAB!⟦⟧"), min_size=1), st.integers(1, 5))


@given(COUNTS, st.text(st.sampled_from("abcAB!?⟦⟧"), min_size=1), st.integers(1, 6))
def test_ids_are_known_never_0_and_never_none(counts, token, min_count):
    pieces = Pieces.fit(counts, min_count=min_count)
    ids = pieces.ids(token)
    assert 1 <= len(ids) <= MOST_PIECES
    assert all(1 <= i < len(pieces) for i in ids)
    if ids not in ([1], [2]):
        assert set(ids) <= set(range(3, len(pieces)))
        assert {pieces.names[i] for i in ids} <= set(pieces_of(token))


@given(COUNTS, st.integers(3, 40), st.integers(1, 6), st.randoms())
def test_the_most_frequent_pieces_are_kept_whatever_the_order(counts, max_size, min_count, random):
    pieces = Pieces.fit(counts, max_size, min_count)
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    assert Pieces.fit(dict(shuffled), max_size, min_count).names == pieces.names
    total = {}
    for token, name in ((t, n) for t in counts for n in pieces_of(t)):
        total[name] = total.get(name, 0) + counts[token]
    total.pop(START, None)
    kept = pieces.names[3:]
    assert len(kept) == min(max_size - 3, sum(count >= min_count for count in total.values()))
    assert [total[name] for name in kept] == sorted(total.values(), reverse=True)[: len(kept)]
    for one, other in itertools.pairwise(kept):
        assert total[one] > total[other] or one < other


def test_without_counts_only_the_reserved_ids_are_there():
    pieces = Pieces.fit({})
    assert pieces.names == list(RESERVED)
    assert len(pieces) == 3
    assert (pieces.ids("late"), pieces.ids(START)) == ([1], [2])


@given(st.lists(ANY_TEXT, max_size=5))
def test_a_vocabulary_survives_json(texts):
    """Also of texts with halves of characters, which two to a pair would come back as one."""
    counts = {token: 1 for text in [*texts, "⟦\ud83d\ude00⟧ ⟦😀⟧"] for token in tokens(text)}
    pieces = Pieces.fit(counts, min_count=1)
    assert Pieces(json.loads(json.dumps(pieces.names))) == pieces
    json.dumps(pieces.names, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "b", "c"], r"names: expected to start with \('', '\[UNK\]', '⟦⟧'\), got \['a'"),
        ([], r"names: expected to start with .* got \[\]"),
        ([*RESERVED, "a", "a"], "expected no piece twice, got 5 entries of 4 different pieces"),
    ],
)
def test_names_that_are_no_vocabulary_are_refused(names, says):
    with pytest.raises(ValueError, match=says):
        Pieces(names)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"vocabulary_size": 2}, ValueError, "vocabulary_size: expected at least 3, got 2"),
        ({"vocabulary_size": 9.0}, TypeError, "vocabulary_size: expected an integer, got float"),
        ({"min_count": 0}, ValueError, "min_count: expected at least 1, got 0"),
    ],
)
def test_settings_out_of_range_are_refused(settings, error, says):
    with pytest.raises(error, match=says):
        Pieces.fit({"a": 1}, **settings)
