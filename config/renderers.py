"""How forms are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms import renderers
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

Facts = Mapping[str, Any]


class PlainRenderer(renderers.DjangoTemplates):
    """Writes the inputs that most forms are made of letter by letter as Django's templates do, but
    without their engine, which takes twenty times as long. All else is left to those."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        draw = DRAWN.get(template_name)
        return draw(context) if draw else super().render(template_name, context, request)


def _input(context: Facts) -> SafeString:
    widget = context["widget"]
    said = f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"'
    if widget["value"] is not None:
        said += f' value="{_text(widget["value"])}"'
    return mark_safe(f"{said}{_attributes(widget)}>")


def _option(context: Facts) -> SafeString:
    widget = context["widget"]
    drawn = _input(context)
    if not widget.get("wrap_label"):
        return drawn
    number = widget["attrs"].get("id")
    of = f' for="{_text(number)}"' if number else ""
    return mark_safe(f"<label{of}>{drawn}\n {_text(widget['label'])}</label>")


def _textarea(context: Facts) -> SafeString:
    widget = context["widget"]
    words = _text(widget["value"]) if widget["value"] else ""
    name = _text(widget["name"])
    return mark_safe(f'<textarea name="{name}"{_attributes(widget)}>\n{words}</textarea>')


def _select(context: Facts) -> SafeString:
    widget = context["widget"]
    said = [f'<select name="{_text(widget["name"])}"{_attributes(widget)}>']
    for group, options, _number in widget["optgroups"]:
        said += [f'\n  <optgroup label="{_text(group)}">'] if group else []
        said += [f"\n  {_choice(option)}" for option in options]
        said += ["\n  </optgroup>"] if group else []
    return mark_safe("".join([*said, "\n</select>"]))


def _choice(option: Facts) -> str:
    value, label = _text(option["value"]), _text(option["label"])
    return f'<option value="{value}"{_attributes(option)}>{label}</option>\n'


def _errors(context: Facts) -> SafeString:
    errors = context["errors"]
    if not errors:
        return mark_safe("")
    of = f' id="{_text(errors.field_id)}_error"' if errors.field_id else ""
    said = "".join(f"<li>{_text(each)}</li>" for each in errors)
    return mark_safe(f'<ul class="{_text(context["error_class"])}"{of}>{said}</ul>')


def _attributes(widget: Facts) -> str:
    given = ((name, value) for name, value in widget["attrs"].items() if value is not False)
    return "".join(
        f" {_text(name)}" if value is True else f' {_text(name)}="{_text(value)}"'
        for name, value in given
    )


def _text(value: object) -> str:
    return conditional_escape(value if isinstance(value, str | Promise) else str(value))


_WIDGETS = "django/forms/widgets/{}.html"
_INPUTS = "input", "text", "number", "email", "url", "search", "tel", "password", "hidden"
_INPUTS += "date", "datetime", "time", "checkbox"
DRAWN: dict[str, Callable[[Facts], SafeString]] = {
    **{_WIDGETS.format(name): _input for name in _INPUTS},
    **{_WIDGETS.format(f"{name}_option"): _option for name in ("radio", "checkbox")},
    _WIDGETS.format("textarea"): _textarea,
    _WIDGETS.format("select"): _select,
    "django/forms/errors/list/default.html": _errors,
}
