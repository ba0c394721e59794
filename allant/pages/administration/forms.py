"""Fields as the design system wants them, shared by the forms of administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict

_CLASSES = {
    forms.Select: "fr-select",
    forms.Textarea: "fr-input",
    forms.CheckboxInput: "",
    forms.ClearableFileInput: "fr-upload",
    forms.HiddenInput: "",
    forms.RadioSelect: "",
}


class PlainForm(forms.Form):
    """A form whose fields bear the classes of the design system, and whose errors are told in one place beside each field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", _CLASSES.get(type(field.widget), "fr-input"))

    def full_clean(self) -> None:
        """Validate, and tie each wrong field to its message."""
        super().full_clean()
        for name in self._errors or {}:
            if name in self.fields:
                described = f"{self[name].id_for_label or self[name].html_name}_error"
                self.fields[name].widget.attrs.update({"aria-invalid": "true", "aria-describedby": described})


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, were it empty, or nothing when the page is only read."""
    return request.POST if request.method == "POST" else None


def sent(request: HttpRequest) -> tuple[QueryDict | None, MultiValueDict[str, UploadedFile] | None]:
    """The same for a form with a file."""
    return posted(request), request.FILES if request.method == "POST" else None


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A day, with the browser's calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


def moment_field(label: str, help_text: str = "") -> forms.DateTimeField:
    """A day and an hour, Paris time."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
    return forms.DateTimeField(label=label, help_text=help_text, widget=widget)


def reason_field() -> forms.CharField:
    """Why, in a few words: mandatory."""
    return forms.CharField(
        label="Motif",
        help_text="Conservé avec la décision ; sans nom ni numéro d'assuré.",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Écrivez le motif : il est conservé avec la décision."},
    )
