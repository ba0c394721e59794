"""A variable that one of our templates asks for and the view did not give fails the test."""

import inspect
from pathlib import Path

import pytest
from django.template import base as template_base

from allant.site.home import CLONE


class MissingVariable(str):
    """Django's `string_if_invalid`: true, and fatal, inside our templates; an ordinary empty string inside those of libraries."""

    def __bool__(self) -> bool:
        template = _template_being_rendered()
        return template is not None and template.is_relative_to(CLONE / "allant")

    def __contains__(self, key: object) -> bool:
        return key == "%s"  # so that Django calls __mod__ with the variable

    def __mod__(self, variable: object) -> str:
        place = (_template_being_rendered() or CLONE).relative_to(CLONE)
        pytest.fail(f"Variable inconnue « {variable} » dans {place}", pytrace=False)


def _template_being_rendered() -> Path | None:
    """The file of the template that asks, read on the stack: Django gives only the variable."""
    frame = inspect.currentframe()
    while frame:
        if frame.f_code.co_filename == template_base.__file__ and frame.f_code.co_name == "render_annotated":
            origin = getattr(frame.f_locals.get("self"), "origin", None)
            return Path(origin.name) if origin and origin.name else None
        frame = frame.f_back
    return None
