"""The agreement on paper, as Chromium prints it."""

import re
import zlib
from datetime import timedelta

import pytest
from django.utils import timezone

from scoring import agreements
from scoring.shapes import classic

MM = 96 / 25.4
# A4 without the margins of the style sheet.
PAGE = (297 - 18 - 20) * MM
ROWS = ".clauses > li, .terms tr, .sign, .map, #signatures"


@pytest.fixture
def in_force(mark, lena):
    at = timezone.now() - timedelta(days=1)
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=at)


def test_the_foot_of_each_page_names_title_and_version(in_force, sam, signed_in):
    answer = signed_in(sam).get(f"/agreement/versions/{in_force.pk}/paper.css")
    assert answer["Content-Type"] == "text/css"
    sheet = answer.content.decode()
    words = "".join(chr(int(code, 16)) for code in re.findall(r"\\([0-9a-f]{6})", sheet))
    assert words.startswith("Classic · Version 1 · in force since")
    assert '"' not in words
    assert re.fullmatch(r"@page \{ @bottom-left \{ content: \"[\\0-9a-f]*\";[^\"]*\} \}", sheet)


def test_a_title_cannot_break_out_of_the_sheet(mark, signed_in):
    title = 'x"; } body { display: none } \\'
    draft = agreements.open_draft(by=mark, at=timezone.now(), body=classic() | {"title": title})
    sheet = signed_in(mark).get(f"/agreement/versions/{draft.pk}/paper.css").content.decode()
    assert "display" not in sheet
    assert sheet.count('"') == 2


@pytest.mark.browser
@pytest.mark.one_leg(reason="looks at what a browser prints")
@pytest.mark.django_db(transaction=True)
def test_on_paper_there_is_a_cover_no_navigation_and_no_split_row(
    browser, live_server, in_force, sam
):
    sam.set_password("baton")
    sam.save()
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/sign-in/")
    page.fill("[name=username]", "sam@baton.example")
    page.fill("[name=password]", "baton")
    page.click("#sign-in button")
    page.goto(f"{live_server.url}/agreement/")
    assert page.is_visible("[data-print]")
    page.emulate_media(media="print")
    measured = ".doc a[href='/goals/']"
    for gone in (".rail", ".bar", "aside", "#contents", "[data-print]", measured):
        assert not page.is_visible(gone), gone
    cover = page.inner_text("#paper-cover")
    for said in ("Classic", "Version 1", "Mark Reuter", "Lena Fuchs", in_force.sha256):
        assert said in cover
    assert "Sales · Sales" not in cover
    assert in_force.sha256 in page.inner_text("#signatures")
    whole = page.evaluate(
        "rows => [...document.querySelectorAll(rows)]"
        ".map(each => getComputedStyle(each).breakInside)",
        ROWS,
    )
    assert set(whole) == {"avoid"}
    tallest = page.evaluate(
        "rows => Math.max(...[...document.querySelectorAll(rows)]"
        ".map(each => each.offsetHeight || 0))",
        ROWS,
    )
    assert tallest < PAGE, "What must not break fits on a page."
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    context.close()
    assert 4 <= pages(pdf) <= 8


def pages(pdf: bytes) -> int:
    """How many pages a PDF has, also where its objects are packed."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    plain = [pdf]
    for stream in packed:
        try:
            plain.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b(?!s)", part)) for part in plain)
