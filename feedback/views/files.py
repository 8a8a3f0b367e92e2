"""Leads as CSV files, for spreadsheets and for imports."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from leads import formulas
from leads.fields import FieldSpec
from leads.models import Identity, Lead
from scoring.lacks import Lack

WHO = ["email", "source", "external_id", "first_name", "last_name", "company"]


def to_fill_in(leads: Iterable[Lead], unknown: Sequence[FieldSpec], *, name: str) -> HttpResponse:
    """Who they are, and what is known of the fields in question: `import_leads` takes the file
    back, its columns named by themselves. Load `identities` with the leads."""
    asked = [spec for spec in unknown if not spec.derived and spec.key not in WHO]
    rows = [[*_who(lead), *(_value(lead, spec) for spec in asked)] for lead in leads]
    return _file([*WHO, *(spec.key for spec in asked)], rows, name=name)


def addresses(leads: Iterable[Lead], lack: Lack, *, name: str) -> HttpResponse:
    """How to reach them, and what they lack. Load owner, score and standing with the leads."""
    columns = ["email", "first_name", "last_name", "title", "company", "phone", "owner", "missing"]
    rows = [[*_person(lead), lead.phone, str(lead.owner or ""), lack.of(lead)] for lead in leads]
    return _file(columns, rows, name=name)


def _person(lead: Lead) -> list[str]:
    return [lead.email, lead.first_name, lead.last_name, lead.title, lead.company_name]


def _who(lead: Lead) -> list[str]:
    own = [each for each in lead.identities.all() if each.kind == Identity.Kind.EXTERNAL_ID]
    source, number = (own[0].source, own[0].value) if own else ("", "")
    return [lead.email, source, number, lead.first_name, lead.last_name, lead.company_name]


def _value(lead: Lead, spec: FieldSpec) -> str:
    value = getattr(lead, spec.column) if spec.column else lead.attributes.get(spec.key)
    return "" if value is None else str(value)


def _file(columns: list[str], rows: Iterable[Sequence[str]], *, name: str) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.write("\ufeff")  # Spreadsheets take it for UTF-8 only so.
    writer = csv.writer(response)
    writer.writerow(columns)
    writer.writerows([formulas.harmless(cell) for cell in row] for row in rows)
    return response
