"""docs/reference/import-errors.md from the cases: `python -m tests.vaccination.imports.rendering` rewrites it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "import-errors.md"
HEAD = """# Ce qui peut être faux dans un fichier de doses

Généré d'après les cas de `tests/vaccination/imports/cases.yaml`, chacun vérifié. Ne pas modifier : lancez
`python -m tests.vaccination.imports.rendering`.

Le format du fichier est décrit dans [Importer des doses](../how-to/import-doses.md). Chaque ligne refusée dit ce qui y est faux et
la colonne à corriger ; les autres lignes sont enregistrées.
"""
SECTIONS = {
    "files": ("Le fichier entier", "Rien n'est enregistré."),
    "shapes": ("La forme d'une ligne", ""),
    "lines": ("Le contenu d'une ligne", "L'exemple montre ce qui diffère d'une ligne juste ; `…` sépare deux lignes."),
}


@cache
def table() -> dict[str, Any]:
    """The cases, every value a text."""
    loaded: dict[str, Any] = yaml.load(Path(__file__).with_name("cases.yaml").read_text("utf-8"), yaml.BaseLoader)
    return loaded


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section, (title, text) in SECTIONS.items():
        rows = "\n".join(_row(case) for case in table()[section])
        parts.append(f"## {title}\n\n{text}\n\n| code | colonne | message | exemple |\n| --- | --- | --- | --- |\n{rows}\n")
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _row(case: dict[str, Any]) -> str:
    from allant.vaccination.imports.reasons import KINDS

    kind = KINDS[case["code"]]
    column = case.get("column", kind.column)
    cells = (f"`{case['code']}`", column, kind.message, _example(case))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _example(case: dict[str, Any]) -> str:
    if "hex" in case:
        return f"octets `{case['hex']}`"
    if "text" in case:
        return f"`{_visible(case['text'])}`" if case["text"] else "(rien)"
    return " … ".join(_changes(changes) for changes in case["lines"])


def _changes(changes: dict[str, str]) -> str:
    said = (f"{name} : `{_visible(value)}`" if value.strip() else f"{name} vide" for name, value in changes.items())
    return ", ".join(said) or "(juste)"


def _visible(text: str) -> str:
    return text.replace("\r", "␍").replace("\n", "␊").replace("\t", "␉").replace("\u0002", "␂")


if __name__ == "__main__":
    import django

    django.setup()
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
