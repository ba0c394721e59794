"""The open-data files of the last publication (FG-02)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from allant.accounts.access import public

KINDS = {".csv": "text/csv; charset=utf-8", ".parquet": "application/vnd.apache.parquet", ".json": "application/json"}
DESCRIPTIONS = {
    "vacsi-fra": "Par jour, France entière",
    "vacsi-a-fra": "Par jour et classe d'âge",
    "vacsi-v-fra": "Par jour et vaccin",
    "vacsi-tot-a-fra": "Cumul au dernier jour par classe d'âge",
    "vacsi-dep-a-v-hebdo": "Par semaine, département, classe d'âge et vaccin, sous secret statistique",
    "dictionnaire": "Dictionnaire des colonnes",
    "metadata": "Date de production, licence, définitions",
}
OTHER = "Fichier de la publication"


@dataclass(frozen=True)
class PublishedFile:
    """One file of the publication; `size` in bytes."""

    name: str
    description: str
    size: int


@public
@require_safe
def file_list(request: HttpRequest) -> HttpResponse:
    """The files, their meaning, their licence."""
    folder: Path = settings.ALLANT_PUBLICATION
    description = _metadata(folder)
    context = {
        "title": "Fichiers à télécharger",
        "trail": [("Chiffres de la vaccination", reverse("figures"))],
        "files": published_files(folder),
        "until": description and date.fromisoformat(description["donnees_jusqu_au"]),
        "produced_on": description and date.fromisoformat(description["produit_le"]),
        "warning": description["avertissement"] if description else "",
    }
    return render(request, "public/files.html", context)


@public
@require_safe
def file_content(request: HttpRequest, name: str) -> FileResponse:
    """One file. Only names found in the publication are served."""
    found = next((file for file in published_files(settings.ALLANT_PUBLICATION) if file.name == name), None)
    if found is None:
        raise Http404("Fichier inconnu de la publication.")
    path = settings.ALLANT_PUBLICATION / found.name
    try:
        content = path.open("rb")
    except FileNotFoundError as error:  # a new publication took its place
        raise Http404("Fichier remplacé par une publication plus récente.") from error
    return FileResponse(content, as_attachment=True, filename=found.name, content_type=KINDS[path.suffix])


def published_files(folder: Path) -> list[PublishedFile]:
    """The files of a publication, by name; none before the first one."""
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.iterdir() if path.suffix in KINDS and path.is_file())
    return [PublishedFile(path.name, DESCRIPTIONS.get(path.stem, OTHER), path.stat().st_size) for path in paths]


def _metadata(folder: Path) -> dict[str, str] | None:
    path = folder / "metadata.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else None
