"""A version as its JSON document: out and in again, byte for byte, and what is refused."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leads.models import Attribute
from scoring import agreements, checks, documents, papers, schemas
from scoring.documents import item
from scoring.papers import NotRead
from scoring.shapes import TEMPLATES, classic
from tests.strategies import some_conditions

pytestmark = pytest.mark.django_db

IMPORT = "/agreement/import/"
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def imported(client, text, **options):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return client.post(IMPORT, {"file": SimpleUploadedFile("agreement.json", data)}, **options)


def text_of(page):
    return " ".join(page.content.decode().split())


# Out and in


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_exported_is_imported_byte_for_byte(template, mark, lena, maya, signed_in):
    body = TEMPLATES[template]() | {"effect": {"trial_until": "2030-06-30"}}
    draft = agreements.open_draft(by=mark, at=timezone.now(), body=body, as_written=True)
    given_out = signed_in(maya).get(reverse("agreement_json", args=[draft.pk])).content
    agreements.withdraw(draft, by=mark, at=timezone.now())
    page = imported(signed_in(lena), given_out, follow=True)
    assert "is opened as it was written" in text_of(page)
    again = agreements.unsettled()
    assert again.pk != draft.pk
    assert again.sha256 == draft.sha256
    assert signed_in(maya).get(reverse("agreement_json", args=[again.pk])).content == given_out


def test_a_document_may_be_pasted_and_laid_out_for_people(maya, signed_in):
    text = json.dumps(classic(), indent=4)
    assert signed_in(maya).post(IMPORT, {"text": text}).status_code == 302
    assert agreements.unsettled().sha256 == documents.digest(classic())


def test_while_a_draft_is_open_none_is_imported(maya, signed_in):
    open_one = agreements.open_draft(by=maya, at=timezone.now(), body=classic())
    page = imported(signed_in(maya), documents.canonical(TEMPLATES["revenue"]()))
    assert page.status_code == 409
    said = text_of(page)
    assert "is already being written; " in said
    assert "&quot;label&quot;" in said.split("<textarea")[1].split("</textarea>")[0]
    assert "Open the draft in another tab" in said
    assert agreements.unsettled() == open_one


def test_olu_reads_the_schema_and_imports_nothing(olu, nina, signed_in):
    assert imported(signed_in(olu), documents.canonical(classic())).status_code == 403
    assert signed_in(nina).get(IMPORT).status_code == 404
    assert signed_in(nina).get("/agreement/schema.json").status_code == 404
    answer = signed_in(olu).get("/agreement/schema.json")
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert json.loads(answer.content) == schemas.agreement()


# What is refused, with its path, its sentence and what to do


def rule(body, key="seniority_head"):
    return item(body["score"]["rules"], key)


def deep(levels):
    condition = {"op": "free_mail"}
    for _level in range(levels):
        condition = {"all": [condition]}
    return condition


def broken(change):
    body = classic()
    change(body)
    return json.dumps(body)


REFUSED = {
    "nothing": ("", "", "Choose a file, or paste the document here."),
    "not JSON": ('{"format": 1,', "", "in line 1, column"),
    "not an agreement": ("[]", "", "must be an object"),
    "a name twice": (
        documents.canonical(classic()).replace('"format":1', '"format":1,"format":1'),
        "format",
        "“format” stands here twice.",
    ),
    "a float": (
        broken(lambda body: body["score"].update(floor=0.5)),
        "score.floor",
        "“0.5” is not a whole number",
    ),
    "no number": (
        broken(lambda body: body["score"].update(floor=float("nan"))),
        "score.floor",
        "“NaN” is not a whole number",
    ),
    "an endless number": (
        documents.canonical(classic()).replace('"floor":0', '"floor":' + "9" * 5000),
        "score.floor",
        "is not a whole number",
    ),
    "too large": ("[" + " " * papers.MOST_BYTES + "]", "", "larger than any agreement"),
    "too long": (
        broken(lambda body: rule(body).update(label="a" * 300_000)),
        "",
        "too long to be read by anybody",
    ),
    "a tree 50 deep": (
        broken(lambda body: rule(body).update(when=deep(50))),
        "score.rules.seniority_head.when",
        "nested too deeply",
    ),
    "a tree 6 deep": (
        broken(lambda body: rule(body).update(when=deep(6))),
        "score.rules.seniority_head.when",
        "too large to be read by people",
    ),
    "a tree 100,000 deep": ("[" * 100_000, "", "nested too deeply"),
    "points of a million": (
        broken(lambda body: rule(body).update(points=1_000_000)),
        "score.rules.seniority_head.points",
        "-1000 to 1000",
    ),
    "a window of no days": (
        broken(lambda body: rule(body, "pricing_page")["when"].update(within_days=0)),
        "score.rules.pricing_page.when",
        "a whole number from 1 to",
    ),
    "an unknown name": (
        broken(lambda body: body.update(secret="x")),
        "secret",
        "“secret” is not part of an agreement here.",
    ),
    "an unknown field": (
        broken(lambda body: rule(body)["when"].update(field="shoe_size")),
        "score.rules.seniority_head.when",
        "There is no lead field “shoe_size”. Choose another field",
    ),
    "an unknown persona": (
        broken(lambda body: rule(body).update(when={"op": "persona", "persona": "king"})),
        "score.rules.seniority_head.when",
        "There is no persona “king”.",
    ),
    "a byte order mark": ("\ufeff" + documents.canonical(classic()), "", "byte order mark"),
    "not UTF-8": (documents.canonical(classic()).encode("utf-16"), "", "not a text in UTF-8"),
    "half a character": (
        documents.canonical(classic()).replace("Classic", r"\ud800"),
        "title",
        "cannot be shown",
    ),
    "an invisible character": (
        documents.canonical(classic()).replace('"Head"', r'"He\u0000ad"'),
        "personas.ops_lead.when.all.2.value.2",
        "cannot be shown",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_run_is_refused_with_its_place_and_a_sentence(case, maya, signed_in):
    text, path, sentence = REFUSED[case]
    page = imported(signed_in(maya), text)
    assert page.status_code == 422
    said = text_of(page)
    assert sentence in said
    assert not path or f"<code>{path}" in said
    assert agreements.unsettled() is None


def test_a_field_that_was_removed_is_named(maya, signed_in):
    fleet = Attribute.objects.create(key="fleet", label="Fleet", type="number")
    body = classic()
    rule(body)["when"] = {"op": "at_least", "field": "fleet", "value": 20}
    text = documents.canonical(body)
    papers.read(text.encode())
    fleet.delete()
    page = imported(signed_in(maya), text)
    assert page.status_code == 422
    assert "There is no lead field “fleet”." in text_of(page)


def test_what_was_pasted_comes_back(maya, signed_in):
    page = signed_in(maya).post(IMPORT, {"text": '{"title": "Ours & theirs"'})
    assert page.status_code == 422
    assert "{&quot;title&quot;: &quot;Ours &amp; theirs&quot;</textarea>" in page.content.decode()


@MANY
@given(data=st.binary(max_size=200))
def test_any_bytes_are_answered(data, maya, signed_in):
    assert imported(signed_in(maya), data).status_code == 422


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(parent=MANY, max_examples=400)
@given(data=st.data())
def test_any_part_may_be_wrong_and_nothing_breaks(data):
    """One part of a template replaced by anything: it is read, or refused with a sentence."""
    body = TEMPLATES[data.draw(st.sampled_from(list(TEMPLATES)))]()
    part = body
    for _level in range(data.draw(st.integers(1, 7))):
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(part[key], dict | list) or not part[key]:
            break
        part, holder = part[key], part
    else:
        part = holder
    part[key] = data.draw(odd)
    text = json.dumps(body).encode("utf-8", "surrogatepass")
    read, refused = read_or_refused(text)
    if refused:
        assert refused.problems[0].message
        assert refused.remedy
    else:
        assert papers.read(documents.canonical(read).encode()) == read


def read_or_refused(text):
    try:
        return papers.read(text), None
    except NotRead as refused:
        return None, refused


# The schema


def test_the_schema_in_the_docs_is_the_one_in_use():
    file = Path(project.BASE_DIR) / "docs" / "agreement.schema.json"
    assert file.read_text("utf-8") == schemas.document(), (
        "Save the answer of /agreement/schema.json there."
    )


def test_it_is_a_schema():
    Draft202012Validator.check_schema(schemas.agreement())


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_follows_it(template):
    Draft202012Validator(schemas.agreement()).validate(TEMPLATES[template]())


@MANY
@given(condition=some_conditions)
def test_every_condition_of_the_language_follows_it(condition):
    body = classic()
    rule(body)["when"] = condition
    Draft202012Validator(schemas.agreement()).validate(body)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("reasons"),
        lambda body: body.update(secret=1),
        lambda body: rule(body).update(points=1001),
        lambda body: rule(body)["when"].update(op="sounds_like"),
        lambda body: rule(body)["when"].update(points=1),
        lambda body: body["clocks"][0].update(minutes=0),
        lambda body: body["reasons"][0].update(group="moon"),
        lambda body: body.update(title={"de": "Nur deutsch"}),
    ],
)
def test_what_the_checks_refuse_of_the_shape_the_schema_refuses_too(change):
    body = deepcopy(classic())
    change(body)
    assert not Draft202012Validator(schemas.agreement()).is_valid(body)
    with pytest.raises(NotRead):
        papers.read(documents.canonical(body).encode())


# The docs

DOCS = (Path(project.BASE_DIR) / "docs" / "agreement.md").read_text("utf-8")


def named(schema):
    """Every name and word of the document, conditions aside."""
    yield from schema.get("properties", {})
    yield from (word for word in schema.get("enum", []) if isinstance(word, str))
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    for part in inner + ([schema["items"]] if "items" in schema else []):
        yield from named(part)


@pytest.mark.parametrize("name", sorted(set(named(schemas.agreement())) - {"en", "de"}))
def test_every_name_in_the_document_is_described(name):
    assert f"`{name}`" in DOCS or f'"{name}"' in DOCS


def test_the_smallest_agreement_of_the_docs_has_the_shape_of_one():
    body = json.loads(DOCS.split("```json\n")[1].split("```")[0])
    assert checks.unreadable(body) == []
    Draft202012Validator(schemas.agreement()).validate(body)


@pytest.mark.parametrize("above", ['{"%s": [%s]}', '{"stages": [{"key": "%s", "next": [%s]}]}'])
def test_an_endless_name_does_not_weigh_on_each_part_below_it(above, monkeypatch):
    paths = []
    join = papers.join
    monkeypatch.setattr(papers, "join", lambda *parts: paths.append(join(*parts)) or paths[-1])
    with pytest.raises(NotRead):
        papers.read((above % ("A" * 50_000, ",".join("1" * 500))).encode())
    assert sum(map(len, paths)) < 200_000
