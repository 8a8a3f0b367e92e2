"""Files and mappings because of which an import cannot start, and those that are just unusual."""

from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from leads.imports import dates, numbers
from leads.models import Attribute, Import, Lead
from leads.refusals import Refused
from tests.imports import Importer, counts

MAPPING = {
    "columns": {"Id": "external_id", "Name": "name", "City": "city", "Since": "known_at"},
    "source": "crm",
}
CONTENT = "Id,Name,City,Since\n1,Anna Müller,Köln,2018-04-05\n2,Ben,Bonn,2018-04-06\n"


@pytest.fixture
def take(tmp_path, db) -> Importer:
    return Importer(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        CONTENT.encode(),
        CONTENT.encode("utf-8-sig"),
        CONTENT.encode("utf-16"),
        CONTENT.encode("cp1252"),
        CONTENT.replace("\n", "\r\n").encode(),
        CONTENT.replace("\n", "\r").encode(),
        CONTENT.replace(",", ";").encode(),
        CONTENT.replace(",", "\t").encode("utf-16"),
        CONTENT.replace(",", "|").encode(),
        ("sep=;\n" + CONTENT.replace(",", ";")).encode(),
        CONTENT.replace(",", ", ").encode(),
        CONTENT.replace("Since\n", "Since,,\n").encode(),
        CONTENT.replace("\n", ",,\n").encode(),
        "\n\n".join(CONTENT.splitlines()).encode(),
        '"Id", "Name", "City", "Since"\n1, "Müller, Anna", Köln, 2018-04-05\n'.encode()
        + b'2,B,"Bo\nnn",2018-04-06',
    ],
)  # fmt: skip
def test_exports_of_all_sorts_are_read(take, content):
    assert counts(take(content, MAPPING)) == (2, 0, 0, 0)
    anna = Lead.objects.get(city="Köln")
    assert (anna.first_name, anna.last_name) == ("Anna", "Müller")


def test_what_was_detected_is_said_with_words_to_judge_it_by(take):
    take(CONTENT.replace(",", ";").encode("cp1252"), MAPPING)
    assert "Encoding: cp1252 (detected), with words like “Müller”, “Köln”." in take.said
    assert "Delimiter: semicolon (detected). Header: yes (detected)." in take.said
    assert "Column “Since” is read as %Y-%m-%d (detected)." in take.said


def test_what_was_given_is_not_said_to_be_detected(take):
    given = {"encoding": "utf-8", "delimiter": ",", "header": True, "date_format": "%Y-%m-%d"}
    take(CONTENT, MAPPING | given)
    assert "detected" not in take.said


def test_a_few_damaged_bytes_are_named_with_their_row(take):
    content = CONTENT.encode() + b"3,M\xfcller,Ulm,2018-04-07\n4,Bj\xc3\xb6rn,Ulm,2018-04-07\n"
    report = take(content, MAPPING)
    assert counts(report) == (3, 0, 0, 1)
    assert (report["errors"][0]["line"], report["errors"][0]["value"]) == (4, "M�ller")


def test_a_nul_byte_costs_only_its_row(take):
    report = take(CONTENT.replace("Ben", "B\x00n"), MAPPING)
    assert counts(report) == (1, 0, 0, 1)
    assert report["errors"][0]["column"] == "Name"


def test_a_field_beyond_all_measure_costs_only_its_row(take):
    report = take(CONTENT.replace("Ben", "x" * 200_000), MAPPING)
    assert counts(report) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04...", "save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0...", "save the sheet as CSV"),
        (b"%PDF-1.7", "is PDF"),
        (b"\x1f\x8b\x08", "Unpack it"),
        (bytes(range(256)) * 9, "is not a text file"),
        (CONTENT.encode("utf-16-le"), "utf-16-le"),
        (CONTENT.encode("cp850"), "Set `encoding`"),
        (b"<!DOCTYPE html><table>", "not a CSV file"),
        (b'[{"Id": 1}]', "is JSON"),
        (b"Id,Name,City\n1,A,B\n", "no column “Since”. It has: “Id”, “Name”, “City”"),
        (b"Id,Name,City,Since,City\n1,A,B,,C\n", "more than one column “City”"),
        (b"1,Anna,Bonn,2018-04-05\n", "no column “Id”"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(take, content, sentence):
    assert sentence in take.refused(content, MAPPING)
    assert not Import.objects.exists()


def test_a_missing_file_and_a_folder_are_refused(take, tmp_path):
    assert "There is no file" in take.refused(tmp_path / "nothing.csv", MAPPING)
    assert "is a folder" in take.refused(tmp_path, MAPPING)


def test_the_json_line_also_says_why_it_could_not_start(take):
    take.refused("", MAPPING)
    assert '"rows": 0' in take.said
    assert "is empty" in take.said


@pytest.mark.parametrize(
    ("encoding", "content"),
    [("latin-9000", CONTENT.encode()), ("utf-8", CONTENT.encode("cp1252")), ("utf-16", b"Id;Na")],
)
def test_a_wrong_encoding_is_refused_naming_the_key(take, encoding, content):
    assert "`encoding`" in take.refused(content, MAPPING | {"encoding": encoding})


def test_a_wrong_delimiter_is_refused_naming_what_the_file_has(take):
    message = take.refused(CONTENT, MAPPING | {"delimiter": ";"})
    assert "“Id,Name,City,Since”" in message
    assert "`delimiter`" in message


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "is a JSON object"),
        ('{"columns": {"Id": "city", "Id": "email"}}', "“Id” stands there twice"),
        ({}, "`columns`"),
        ({"columns": {}}, "`columns`"),
        ({"columns": {"Id": None}}, "`columns`"),
        ({"columns": {"Id": 7}}, "is a field, null, or an object"),
        ({"columns": {"Id": {"type": "text"}}}, "is a field, null, or an object"),
        ('{"columns": {"Id": "external_id"}, "source": "\\u0000"}', "that are not text"),
        ('{"columns": {"Id": "external_id"}, "source": "\\ud800"}', "that are not text"),
        ({"columns": {"Id": "external_id"}, "colour": "red"}, "no key “colour”"),
        ({"columns": {"Id": "external_id"}, "blanks": []}, "Did you mean “blank”?"),
        ({"columns": {"Id": "external_id"}, "blank": "x"}, "`blank` is a list of texts"),
        ({"columns": {"Id": "external_id"}, "header": "yes"}, "`header` is true or false"),
        ({"columns": {"Id": "external_id"}, "delimiter": "::"}, "`delimiter` is one sign"),
        ({"columns": {"Id": "external_id"}, "time_zone": "Mars/Crater"}, "`time_zone`"),
        ({"columns": {"Id": "externalid"}}, "Did you mean “external_id”?"),
        ({"columns": {"Id": "email_domain"}}, "“email_domain” is nothing"),
        ({"columns": {"Id": "shoe_size"}}, '{"attribute": "shoe_size"'),
        ({"columns": {"Id": "email", "Name": "email"}}, "both become “email”"),
        ({"columns": {"Id": "external_id", "Name": {"attribute": "a"}}}, "needs a type"),
        ({"columns": {"Id": {"attribute": "a", "type": "colour"}}}, "no type “colour”"),
        ({"columns": {"Id": {"attribute": "A b", "type": "text"}}}, "“a_b”"),
        ({"columns": {"Id": {"attribute": "city", "type": "text"}}}, 'Write just "city"'),
        ({"columns": {"Id": {"attribute": "owner", "type": "text"}}}, "has already"),
        ({"columns": {"Id": {"attribute": "a", "type": "choice"}}}, "choices"),
        ({"columns": {"Id": {"attribute": "seats", "type": "text"}}}, "of the type number"),
        ({"columns": {"Id": {"property": "minutes"}}}, "has no properties"),
        ({"columns": {"City": "city"}}, "`source`"),
        ({"columns": {"City": "city"}, "known_at": "When", "source": "x"}, "no column “When”"),
    ],
)
def test_a_mapping_that_cannot_be_followed_is_refused_with_a_sentence(take, mapping, sentence):
    Attribute.objects.create(key="seats", label="Seats", type="number")
    assert sentence in take.refused(CONTENT, mapping)
    assert not Lead.objects.exists()


def test_a_mapping_that_is_not_there_is_refused(take, tmp_path):
    path = take.file(CONTENT)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_leads", str(path), mapping=str(tmp_path / "no.json"))


@pytest.mark.parametrize(
    "column",
    [
        ["05-04-2018"],
        ["05-04-2018", "06-04-2018"],
        ["05.04.2018"],
        ["25-04-2018", "04-25-2018"],
        ["25-04-2018", "2018-04-25"],
        ["25-04-2018", "25/04/2018"],
        ["05/04/18"],
        ["31/12/17"],
        ["43195"],
        ["soon"],
    ],
)
def test_dates_that_can_be_read_in_two_ways_are_refused_naming_the_key(take, column):
    rows = "".join(f"{n},A,B,{text}\n" for n, text in enumerate(column))
    message = take.refused("Id,Name,City,Since\n" + rows, MAPPING)
    assert "“Since”" in message
    assert "`date_format`" in message
    assert f"“{column[0]}” in line 2" in message


@pytest.mark.parametrize(
    ("column", "days", "words"),
    [
        (["2018-04-05", "2018-4-6 10:00"], ["2018-04-05", "2018-04-06"], "%Y-%m-%d"),
        (["05-04-2018", "25-04-2018"], ["2018-04-05", "2018-04-25"], "%d-%m-%Y"),
        (["04/05/2018 3:15 PM", "04/25/2018"], ["2018-04-05", "2018-04-25"], "%m/%d/%Y"),
        (["5.4.2018", "31.12.2018 23:59"], ["2018-04-05", "2018-12-31"], "%d.%m.%Y"),
        (["20180405"], ["2018-04-05"], "%Y%m%d"),
        (["5. März 2018", "Mar 5, 2018", "05-Mar-2018"], ["2018-03-05"] * 3, "month's name"),
        (["Mon, 05 Mar 2018 10:00:00 GMT"], ["2018-03-05"], "month's name"),
        (["2018-04-05T23:30:00Z", "2018-04-05T23:30:00+0200"], ["2018-04-06", "2018-04-05"], "%Y"),
    ],
)
def test_dates_that_are_clear_are_read_and_the_format_is_said(column, days, words):
    form = dates.detect(list(enumerate(column, 2)), "Since", ZoneInfo("Europe/Berlin"))
    assert [form.day(text) for text in column] == days
    assert words in form.words


@pytest.mark.parametrize(
    ("given", "text", "day"),
    [
        ("%d-%m-%Y", "05-04-2018", "2018-04-05"),
        ("%m-%d-%Y", "05-04-2018 10:30", "2018-05-04"),
        ("%d/%m/%y", "05/04/18 9:00 PM", "2018-04-05"),
        (["%Y/%m", "%d.%m.%y"], "05.04.18", "2018-04-05"),
        ("unix", "1522922400", "2018-04-05"),
    ],
)
def test_a_given_date_format_decides(take, given, text, day):
    mapping = MAPPING | {"date_format": given}
    assert counts(take(f"Id,Name,City,Since\n1,A,B,{text}\n", mapping)) == (1, 0, 0, 0)
    assert str(timezone.localdate(Lead.objects.get().created_at)) == day


def test_a_given_date_format_that_fits_no_date_is_refused_and_one_odd_date_is_a_bad_row(take):
    rows = "Id,Name,City,Since\n1,A,B,05-04-2018\n2,A,B,2018-04-05\n"
    assert "date_format" in take.refused(rows, MAPPING | {"date_format": "%Y/%m/%d"})
    assert "no date format" in take.refused(rows, MAPPING | {"date_format": "dd-mm-yyyy"})
    report = take(rows, MAPPING | {"date_format": "%d-%m-%Y"})
    assert counts(report) == (1, 0, 0, 1)
    own = MAPPING["columns"] | {"Since": {"field": "known_at", "date_format": "%d-%m-%Y"}}
    assert counts(take(rows, MAPPING | {"columns": own})) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("column", "read"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1.5", "1,234"], [1.5, 1234]),
        (["1,5", "1.234"], [1.5, 1234]),
        (["1.234.567"], [1234567]),
        (["1,234,567.89", "$1,234.00"], [1234567.89, 1234]),
        (["0.125", "1.234"], [0.125, 1.234]),
        (["1234.567"], [1234.567]),
        (["1 234,5", "1'234'567,5 EUR"], [1234.5, 1234567.5]),
    ],
)
def test_numbers_that_are_clear_are_read(column, read):
    form = numbers.detect(list(enumerate(column, 2)), "Size")
    assert [form.number(text) for text in column] == read


@pytest.mark.parametrize("column", [["1.234"], ["1,234", "7"], ["10,000"], ["1.5", "2,5"]])
def test_numbers_that_can_be_read_in_two_ways_are_refused_naming_the_key(column):
    with pytest.raises(Refused, match="number_format") as refusal:
        numbers.detect(list(enumerate(column, 2)), "Size")
    assert refusal.value.field == "number_format"


@pytest.mark.parametrize(("given", "size"), [("1,234.5", 1234), ("1.234,5", None)])
def test_a_given_number_format_decides(take, given, size):
    mapping = {"columns": {"Id": "external_id", "Size": "company_size"}, "number_format": given}
    report = take('Id,Size\n1,"1,234"\n', mapping)
    assert counts(report) == ((1, 0, 0, 0) if size else (0, 0, 0, 1))
    assert Lead.objects.values_list("company_size", flat=True).first() == size
