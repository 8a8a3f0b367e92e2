"""Inputs are written letter by letter as Django's own templates write them."""

from datetime import date

import pytest
from django import forms
from django.forms import renderers
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from config.renderers import DRAWN, PlainRenderer

NASTY = "<b>\"Rock\" & 'Roll'</b>\n {{ x }} "
CHOICES = [
    ("", "—"),
    (NASTY, NASTY),
    (7, gettext_lazy("Yes")),
    (None, mark_safe("<i>safe</i>")),
    ("Group & Co", [("a", "A"), (1234567, 1234567)]),
]
ATTRS = {"id": "row_1", "rows": 2, "data-x": NASTY, "required": True, "disabled": False, "n": None}
WIDGETS = [
    *(forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.HiddenInput),
    *(forms.PasswordInput, forms.DateInput, forms.DateTimeInput, forms.TimeInput, forms.Textarea),
    *(forms.CheckboxInput, forms.Select, forms.SelectMultiple, forms.RadioSelect),
    *(forms.CheckboxSelectMultiple, forms.NullBooleanSelect, forms.SearchInput),
]
VALUES = [None, "", 0, 7, "7", 1234567, 1.5, True, NASTY, mark_safe("<i>"), date(2026, 3, 2)]


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize("attrs", [{}, ATTRS])
def test_an_input_is_the_same_letter_by_letter(widget, attrs):
    chooses = hasattr(widget, "choices") and widget is not forms.NullBooleanSelect
    drawn = widget(choices=CHOICES) if chooses else widget()
    several = getattr(widget, "allow_multiple_selected", False)
    for value in VALUES:
        said = [value, "a"] if several else value
        given = (PlainRenderer(), renderers.DjangoTemplates())
        plain, django = (drawn.render("name&", said, attrs, each) for each in given)
        assert plain == django, value


class Form(forms.Form):
    one = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, help_text="Help <b>")
    many = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)
    text = forms.CharField(max_length=3, min_length=1, widget=forms.Textarea)
    number = forms.IntegerField(min_value=1)
    on = forms.DateField(widget=forms.SelectDateWidget)
    upload = forms.FileField()


@pytest.mark.parametrize("data", [None, {}, {"one": NASTY, "many": ["7"], "number": "x"}])
def test_so_are_whole_forms_their_boxes_and_what_is_wrong_with_them(data):
    plain, django = (
        Form(data, renderer=each) for each in (PlainRenderer(), renderers.DjangoTemplates())
    )
    assert str(plain) == str(django)
    for name in ("one", "many"):
        for wrap in (True, False):
            boxes = [[box.tag(wrap_label=wrap) for box in form[name]] for form in (plain, django)]
            assert boxes[0] == boxes[1] != []


def test_forms_are_drawn_so():
    assert isinstance(forms.Form().renderer, PlainRenderer)
    assert forms.Textarea.template_name in DRAWN
