"""A picture is well-formed, follows the theme, shares no id and can be read aloud."""

import itertools
import re
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib
import pytest

from unrolled import figures
from unrolled.figures import palette
from unrolled.figures.picture import Picture


def ids(picture):
    return re.findall(r'\sid="([^"]+)"', picture.svg)


def test_every_svg_is_xml_with_a_size_of_its_own(pictures):
    for name, picture in pictures.items():
        root = ElementTree.fromstring(picture.svg)
        assert root.tag.endswith("svg"), name
        assert len(root.attrib["viewBox"].split()) == 4, name
        assert "width" not in root.attrib, name


def test_html_is_xml_too_and_carries_the_alternative_text(pictures):
    for picture in pictures.values():
        root = ElementTree.fromstring(picture._repr_html_())
        images = [e for e in root.iter() if e.get("role") == "img"]
        assert [image.get("aria-label") for image in images] == [picture.alt]


def test_colours_are_css_variables_and_nothing_else(pictures):
    for name, picture in pictures.items():
        bare = re.sub(r"var\(--unrolled-\w+, #\w{6}\)", "", picture.svg)
        assert "var(--unrolled-" in picture.svg, name
        assert re.findall(r"#[0-9a-fA-F]{6}\b", bare) == [], name
        assert not re.findall(r"(?:fill|stroke|color): *(?:black|white|rgb)", bare), name


def test_every_reference_inside_a_picture_has_its_target(pictures):
    for name, picture in pictures.items():
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', picture.svg))
        assert used == set(ids(picture)), name


def test_no_two_pictures_share_an_id(pictures):
    for one, other in itertools.combinations(pictures.values(), 2):
        assert not set(ids(one)) & set(ids(other))
    assert all(len(ids(p)) == len(set(ids(p))) for p in pictures.values())
    assert any(ids(p) for p in pictures.values())


def test_a_picture_styles_nothing_but_itself(pictures):
    for picture in pictures.values():
        assert "<style" not in picture.svg
        assert "<script" not in picture._repr_html_()
    for rule in re.findall(r"([^{}]+)\{", palette.stylesheet()):
        assert all(".unrolled-" in s for s in rule.split(",") if "@media" not in s), rule


@pytest.mark.slow
def test_drawing_twice_gives_the_same_text(pictures, draw_again):
    assert draw_again() == pictures


def test_the_callers_style_changes_nothing_and_stays(pictures):
    chart = figures.scatter([1, 2], [1, 2])
    with matplotlib.rc_context({"font.size": 30, "axes.linewidth": 9, "hatch.linewidth": 5}):
        before = dict(matplotlib.rcParams)
        assert figures.lstm_cell() == pictures["lstm"]
        assert figures.scatter([1, 2], [1, 2]) == chart
        assert dict(matplotlib.rcParams) == before


def test_no_pyplot_and_no_global_figure():
    code = (
        "import sys, unrolled.figures as f; f.rnn_cell(); f.scatter([1, 2], [1, 2]);"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_on_every_background(theme):
    grounds = {name: getattr(colour, theme) for name, colour in palette.BACKGROUNDS.items()}
    inks = {name: getattr(colour, theme) for name, colour in palette.INKS.items()}
    for role, ink in inks.items():
        for ground in grounds.values():
            assert contrast(ink, ground) >= 4.5, (role, ground)
        # A box lays a tint of its own role over the surface, and its label is in that role or ink.
        tinted = mix(ink, grounds["surface"], 0.16)
        assert contrast(ink, tinted) >= 4.5, role
        assert contrast(inks["ink"], tinted) >= 4.5, role


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one, other, share):
    parts = [
        round(share * int(one[k : k + 2], 16) + (1 - share) * int(other[k : k + 2], 16))
        for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{p:02x}" for p in parts)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_the_stylesheet_names_every_colour_in_both_themes():
    rules = palette.stylesheet()
    for role, colour in palette.ROLES.items():
        values = re.findall(rf"--unrolled-{role}:[^;}}]*?(#\w{{6}})\)*[;}}]", rules)
        assert values == [colour.light, colour.dark, colour.dark], role
    assert 'html[data-theme="dark"]' in rules
    assert 'body[data-jp-theme-light="false"]' in rules
    assert "prefers-color-scheme: dark" in rules


def test_a_wide_picture_scrolls_in_a_region_that_the_keyboard_reaches(pictures):
    wide = [p for p in pictures.values() if p.min_width]
    assert pictures["bidirectional"] in wide
    assert pictures["lstm"] not in wide
    for picture in pictures.values():
        html = picture._repr_html_()
        assert ('tabindex="0"' in html) == ('role="region"' in html) == (picture in wide)
        assert (f"min-width:{picture.min_width}px" in picture.svg) == (picture in wide)


def test_alternative_text_is_escaped():
    html = Picture("<svg></svg>", 'a < b & "c"')._repr_html_()
    assert 'aria-label="a &lt; b &amp; &quot;c&quot;"' in html


@pytest.mark.parametrize("alt", ["", "  \n", "plot.png", "img/plot", "C:\\plots\\a", "x.SVG"])
def test_an_empty_alt_or_a_file_name_is_refused(alt):
    with pytest.raises(ValueError, match="alt: expected words"):
        Picture("<svg></svg>", alt)


@pytest.mark.parametrize(("svg", "error"), [("", ValueError), ("<p/>", ValueError), (3, TypeError)])
def test_what_is_no_svg_is_refused(svg, error):
    with pytest.raises(error, match="svg: expected"):
        Picture(svg, "A picture.")


def test_alt_can_be_overridden_everywhere():
    own = "Words of my own."
    assert figures.lstm_cell(alt=own).alt == own
    assert figures.bars(["a"], [1], alt=own).alt == own
    assert figures.padded_batch([[1]], [[True]], alt=own).alt == own
