"""A cell is read as people write it, or one line says what its column may hold."""

import pytest
from table_cases import told

from unrolled.regressor.examples import Example
from unrolled.regressor.tables import TableError, open_table


def test_every_named_column_is_read_by_its_exact_name(write):
    content = "Text,text,score,who,n\nno,yes,1.5,ann,2\nno,ja,-3,bob,0\n"
    columns = {"text": "text", "target": "score", "group": "who", "weight": "n"}
    expected = [Example("yes", 1.5, "ann", 2.0, 2), Example("ja", -3.0, "bob", 0.0, 3)]
    assert list(open_table(write(content), **columns)) == expected
    tabbed = write(content.replace(",", "\t"), "data.TAB")
    assert list(open_table(tabbed, **columns)) == expected
    lines = [
        '{"text": "yes", "score": "1.5", "who": "ann", "n": 2, "other": [null]}',
        '{"who": "bob", "n": "0", "text": "ja", "score": -3}',
    ]
    objects = write("\n".join(["", *lines]), "data.ndjson")
    assert list(open_table(objects, **columns)) == expected


@pytest.mark.parametrize(
    ("field", "number"),
    [("1e5", 1e5), (" 3.5 ", 3.5), ("-0", 0), ("+.5", 0.5), ("1.7e18", 1.7e18), ("1e-46", 1e-46)],
)
def test_numbers_are_read_as_people_write_them(write, field, number):
    path = write(f"text,n\na,{field}\n")
    assert next(iter(open_table(path, text="text", target="n"))).target == number


@pytest.mark.parametrize(
    "field", ["", "ten", "nan", "inf", "-Infinity", "1e400", "-1e19", '"1,5"', "1_5", "1 5", "True"]
)
@pytest.mark.parametrize("role", ["target", "weight"])
def test_what_is_no_finite_number_is_told_with_its_line_and_value(write, field, role):
    path = write(f"text,n\na,1\nb,{field}\n")
    bounds = {"target": " from -9e+18 to 9e+18", "weight": " from 0 to 1e+15"}[role]
    if field not in ("inf", "-Infinity", "1e400", "-1e19"):
        bounds = ""
    value = field.strip('"')
    expected = f"{path}, line 3, column 'n': expected a number{bounds}, got {value!r}"
    assert told(path, **{role: "n"}) == expected


@pytest.mark.parametrize(
    ("value", "got"),
    [
        ("true", "True"),
        ("null", "None"),
        ("NaN", "nan"),
        ("-Infinity", "-inf"),
        ("[1]", r"\[1\]"),
        ("1" + 400 * "0", "10000"),
        ('"x' + 1000 * "y" + '"', "'xyyy"),
    ],
)
@pytest.mark.parametrize("role", ["target", "weight"])
def test_what_is_no_number_in_json_is_told(write, value, got, role):
    path = write(f'{{"text": "a", "n": {value}}}', "a.jsonl")
    with pytest.raises(TableError, match=f"line 1, column 'n': expected a number.*, got {got}"):
        open_table(path, text="text", **{role: "n"})
    assert told(path, **{role: "n"})


def test_a_weight_is_not_negative(write):
    path = write("text,n\na,0\nb,-1e-9\n")
    assert "line 3, column 'n': expected a number from 0 to" in told(path, weight="n")


@pytest.mark.parametrize("value", ["true", "1.5", "null", '""', '" "', "NaN", "[1]"])
def test_a_group_is_a_word_or_a_whole_number(write, value):
    path = write(f'{{"text": "a", "g": {value}}}', "a.jsonl")
    assert "line 1, column 'g': expected a word or a whole number, got" in told(path, group="g")
