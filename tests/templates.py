"""A variable that a template asks for and the view did not give fails the test."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import base as template_base

from allant.site.home import CLONE


class MissingVariable(str):
    """Django's `string_if_invalid`: fails for our templates, stays silent for those of libraries."""

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, variable: object) -> str:
        name = _template_being_rendered()
        if name and Path(name).is_relative_to(CLONE / "allant"):
            pytest.fail(f"Variable inconnue « {variable} » dans {Path(name).relative_to(CLONE)}", pytrace=False)
        return ""


def _template_being_rendered() -> str | None:
    """The file of the template that asked, read on the stack: Django gives only the variable."""
    import inspect

    frame = inspect.currentframe()
    while frame:
        context = frame.f_locals.get("context")
        if frame.f_code.co_filename == template_base.__file__ and frame.f_code.co_name == "render_annotated":
            template = getattr(context, "template", None)
            node_origin = getattr(frame.f_locals.get("self"), "origin", None)
            origin = node_origin or getattr(template, "origin", None)
            return getattr(origin, "name", None)
        frame = frame.f_back
    return None


@pytest.fixture(autouse=True, scope="session")
def _templates_are_strict() -> None:
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = MissingVariable()
