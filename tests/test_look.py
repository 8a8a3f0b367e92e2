"""The look: colours everybody can read, one truth for both themes, nothing a strict CSP refuses."""

import re
from itertools import product

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils import translation

from feedback.funnels.shares import Share
from leads.icons import ICONS

STATIC = settings.BASE_DIR / "static"
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SHEETS = sorted(STATIC.glob("css/*.css"))
TOKENS = (STATIC / "css/tokens.css").read_text("utf-8")

GROUNDS = ("canvas", "surface", "sunken", "selected", "float")
TEXTS = ("ink", "ink-2", "ink-3", "mkt", "sal", "over", "due")


def themes():
    """The colours of the light theme, the system's dark one, and the chosen dark one."""
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", TOKENS)
    assert len(blocks) == 3
    return [dict(re.findall(r"--([\w-]+): ([^;]+);", block)) for block in blocks]


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), list(product(TEXTS, GROUNDS)))
def test_text_can_be_read_on_every_ground(theme, text, ground):
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_what_is_written_on_tinted_ground_can_be_read_and_controls_can_be_seen(theme):
    colours = themes()[theme]
    for text, ground in (
        ("ink", "mkt-soft"),
        ("ink", "sal-soft"),
        ("ink-2", "sal-soft"),
        ("over", "over-soft"),
        ("due", "due-soft"),
        ("ink-inv", "ink"),
    ):
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark in ("control", "focus", "mkt", "sal"):
        assert contrast(colours[mark], colours["surface"]) >= 3, mark


def test_the_dark_theme_is_the_same_whoever_asked_for_it():
    _light, wished, chosen = themes()
    assert wished == chosen


def test_every_token_that_is_used_is_defined():
    defined = set(re.findall(r"(--[\w-]+):", TOKENS))
    for sheet in SHEETS:
        text = sheet.read_text("utf-8")
        used = set(re.findall(r"var\((--[\w-]+)\)", text))
        assert used <= defined | set(re.findall(r"(--[\w-]+):", text)), sheet.name


def test_templates_carry_no_inline_style_script_or_handler():
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son\w+=\"", text), path
        assert not re.search(r"<script(?![^>]*src=)[^>]*>", text), path
        assert "hx-on" not in text, path


def test_sheets_and_scripts_are_ours_alone():
    for path in [*SHEETS, *STATIC.glob("js/*.js")]:
        assert not re.search(r"https?://|@import|url\(", path.read_text("utf-8")), path


def test_what_the_static_error_page_asks_for_is_there():
    page = (settings.BASE_DIR / "templates/500.html").read_text("utf-8")
    for address in re.findall(r'href="/static/([^"]+)"', page):
        assert finders.find(address), address
    assert "{%" not in page


def test_a_page_weighs_little():
    import gzip

    def weight(template: str, kind: str) -> int:
        text = (settings.BASE_DIR / "templates" / template).read_text("utf-8")
        linked = [STATIC / path for path in re.findall(r'static "([^"]+)"', text)]
        files = [path for path in linked if path.suffix == kind]
        assert files
        return sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)

    shell = weight("base.html", ".css") + weight("base.html", ".js")
    assert shell < 22_000
    # Where the agreement is written and voted on.
    assert shell + weight("scoring/_sheets.html", ".css") < 29_000


def render(text, **context):
    return Template("{% load baton %}" + text).render(Context(context))


def test_numbers_have_a_true_minus_sign():
    assert render("{{ n|signed }}", n=15) == "+15"
    assert render("{{ n|signed }}", n=-8) == "−8"
    assert render("{{ n|signed }}", n=0) == "0"
    assert render("{{ n|number }}", n=-10) == "−10"


def test_shares_of_few_are_no_percentages():
    assert render("{{ s|share }}", s=Share(3, 7)) == "3 of 7"
    assert render("{{ s|share }}", s=Share(49, 58)) == "84 % of 58"
    assert render("{{ s|share }}", s=Share(0, 0)) == ""


@pytest.mark.parametrize(
    ("seconds", "wall", "worked"),
    [
        (0, "0 min", "0 min"),
        (45 * 60, "45 min", "45 min"),
        (3 * 3600 + 20 * 60, "3 h 20 min", "3 h 20 min"),
        (2 * 86400 + 4 * 3600 + 60, "2 d 4 h", "52 h 1 min"),
        (3600, "1 h", "1 h"),
    ],
)
def test_spans_of_time_have_at_most_two_units(seconds, wall, worked):
    said = f"{wall}|{worked}".replace(" ", "\xa0")
    assert render("{{ n|duration }}|{{ n|working }}", n=seconds) == said


def test_a_side_has_a_colour_and_a_name():
    with translation.override("en"):
        marketing = render('{% side "marketing" %}')
        assert marketing == '<span class="team mkt">Marketing</span>'
        assert render('{% side "sales" name %}', name="<b>") == (
            '<span class="team sal">&lt;b&gt;</span>'
        )


def test_every_icon_can_be_drawn_and_says_nothing_to_readers():
    for name in ICONS:
        drawn = render("{% icon name %}", name=name)
        assert drawn.startswith('<svg class="i" viewBox="0 0 16 16" aria-hidden="true"><')


def test_browsers_store_no_page_and_no_fragment_in_its_place(client, maya):
    client.force_login(maya)
    page = client.get("/leads/")
    assert page["Cache-Control"] == "private, no-store"
    assert "HX-Request" in page["Vary"]
