"""What a body may be: JSON in UTF-8, at most one mebibyte."""

from __future__ import annotations

import json
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from leads.refusals import Refused

LARGEST = 1024 * 1024


class JSONBodyParser(BaseParser):
    """Strict JSON: no NaN, no bottomless nesting, no endless body."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, context: Any = None) -> Any:
        body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            message = _("The body is larger than one mebibyte.")
            raise Refused("too_large", message, _("Send it in smaller parts."), status=413)
        try:
            return json.loads(body.decode("utf-8-sig"), parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            message = _("The body is not JSON: %(problem)s.") % {"problem": error}
            remedy = _("Send one JSON object or list, encoded as UTF-8.")
            raise Refused("not_json", message, remedy, status=400) from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
