"""The shape shared by the forms of a patient's file: French refusals beside the fields, and marks on what is only proposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

_SHAPES: tuple[tuple[type[forms.Widget], str, str], ...] = (
    (forms.CheckboxSelectMultiple, "choices", "checkbox"),
    (forms.RadioSelect, "choices", "radio"),
    (forms.CheckboxInput, "check", "checkbox"),
    (forms.Select, "input", "select"),
)


@dataclass(frozen=True)
class Refusal:
    """One line of the summary of errors: where it leads, the field's name, what is wrong and what to do."""

    anchor: str
    label: str
    message: str


class DossierForm(forms.Form):
    """A form of the file. Widgets get the design system's classes; each error is announced with its field."""

    use_required_attribute = False  # our messages, in French and all at once, rather than the browser's

    def __init__(self, *args: Any, shown: bool = True, **kwargs: Any) -> None:
        """`shown`: False for a form that is only read, never rendered."""
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values() if shown else ():
            _dress(field)

    def as_typed(self) -> dict[str, Any]:
        """What was sent, unread and unjudged: the `initial` of a form that shows it again without a refusal."""
        return {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
        }

    def mark_proposed(self, names: Iterable[str]) -> None:
        """Say on these fields that their value was proposed and nobody checked it yet."""
        for name in names:
            field = self.fields[name]
            field.proposed = True  # type: ignore[attr-defined]
            field.widget.attrs["data-proposed"] = ""

    def proposed(self) -> list[str]:
        """The names of the fields that bear a proposal."""
        return [name for name, field in self.fields.items() if getattr(field, "proposed", False)]

    def refuse(self, messages: Mapping[str | None, Iterable[str]]) -> None:
        """Add what an action refused, by field; None is the whole form."""
        for name, texts in messages.items():
            for text in texts:
                self.add_error(name if name in self.fields else None, text)

    @property
    def refusals(self) -> list[Refusal]:
        """Every error with the field it leads to, in the order of the form; marks the fields as invalid for assistive tools."""
        found = list(self._of_fields()) if self.is_bound else []
        found.extend(Refusal("", "", str(message)) for message in (self.non_field_errors() if self.is_bound else ()))
        return found

    def _of_fields(self) -> Iterator[Refusal]:
        for bound in self:
            for message in bound.errors:
                yield Refusal(_anchor(bound), str(bound.label), _without_name(str(message), str(bound.label)))

    def ready(self) -> None:
        """Call before rendering: describes invalid controls by their messages, and proposed ones by their mark."""
        for bound in self:
            attrs = bound.field.widget.attrs
            described = [f"{bound.auto_id}_proposed"] if getattr(bound.field, "proposed", False) else []
            if self.is_bound and bound.errors:
                attrs["aria-invalid"] = "true"
            described.append(f"{bound.auto_id}_error")
            attrs["aria-describedby"] = " ".join(described)


def _dress(field: forms.Field) -> None:
    shape, group = next(((shape, group) for kind, shape, group in _SHAPES if isinstance(field.widget, kind)), ("input", "input"))
    field.shape, field.group = shape, group  # type: ignore[attr-defined]
    if shape == "input":
        field.widget.attrs.setdefault("class", f"fr-{group}")


def _without_name(message: str, label: str) -> str:
    """A message that begins by the field's name, which the summary already says, without it."""
    name, _, rest = message.partition(" : ")
    same = name.replace("'", "’") == label
    return rest[:1].upper() + rest[1:] if same and rest else message


def _anchor(bound: BoundField) -> str:
    """The id of the control, or of the first of a list of choices."""
    return f"{bound.auto_id}_0" if bound.field.shape == "choices" else str(bound.auto_id)  # type: ignore[attr-defined]
