"""`allant import-doses`: a CSV file of doses from the command line, for large files and other software (VC-61).

`allant forget-lines`: erases what such files left to correct, once too old.

Exit status: 0 every line is recorded or known, 1 the file was refused or some lines are to be corrected.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from allant import clock
from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.directory.models import Organisation, Practitioner
from allant.doctrine import rules
from allant.immunizations.actions import BatchRefused
from allant.vaccination.imports.importing import Sender, batch_uuid, import_file
from allant.vaccination.imports.reasons import FileRefused
from allant.vaccination.imports.report import ImportReport, forget_old, report_of, to_correct
from allant.vaccination.models import ImportedFile

console = Console()
error_console = Console(stderr=True)


def import_doses(
    file: Annotated[Path, typer.Argument(help="Fichier CSV ; ses colonnes sont dans docs/how-to/import-doses.md.")],
    by: Annotated[str, typer.Option("--by", help="Qui envoie, tel qu'inscrit sur les doses et au journal des accès.")],
    structure: Annotated[str, typer.Option("--structure", help="Code de la structure où les actes ont été faits.")] = "",
    rpps: Annotated[str, typer.Option("--rpps", help="RPPS du vaccinateur, pour les lignes qui n'en donnent pas.")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Où écrire les lignes à corriger.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Écrit du JSON, pour un programme.")] = False,
) -> None:
    """Enregistre les doses d'un fichier CSV. Exemple : allant import-doses doses.csv --by logiciel-x --to a-corriger.csv"""
    sender = _sender(by, structure, rpps)
    try:
        content = file.read_bytes()
    except OSError as error:
        _stop(f"{file} ne peut pas être lu ({error.strerror}) : vérifiez son chemin.")
    try:
        sent, is_new = import_file(
            content, name=file.name, sender=sender, now=clock.now(), today=clock.today(), book=rules.as_known_on(clock.today())
        )
    except FileRefused as refusal:
        _stop("\n".join(message for _, message in refusal.faults))
    except BatchRefused as refusal:
        _stop(str(refusal))
    if is_new:
        log_access(
            by=Actor(f"command:{by}", structure=structure),
            action=LoggedAction.BULK,
            purpose="fichier de doses, ligne de commande",
            subject_kind="dose",
            batch_id=batch_uuid(sent),
        )
    found = report_of(sent)
    _tell(sent, found, is_new, as_json)
    if found.refused and to:
        _write(to, sent)
    raise typer.Exit(1 if found.refused else 0)


def forget_lines() -> None:
    """Efface les lignes à corriger gardées plus longtemps que la doctrine ne le permet. `allant worker` le fait chaque jour.

    Exemple : allant forget-lines
    """
    erased = forget_old(today=clock.today(), book=rules.as_known_on(clock.today()))
    console.print(f"{erased} ligne{'s' if erased > 1 else ''} à corriger effacée{'s' if erased > 1 else ''}.")


def _sender(by: str, structure: str, rpps: str) -> Sender:
    organisation = Organisation.objects.filter(code=structure).first() if structure else None
    practitioner = Practitioner.objects.with_rpps(rpps).first() if rpps else None
    if structure and organisation is None:
        _stop(f"Structure « {structure} » inconnue de l'annuaire : vérifiez son code.")
    if rpps and practitioner is None:
        _stop("RPPS inconnu de l'annuaire : vérifiez --rpps.")
    name = organisation.name if organisation else ""
    return Sender(f"command:{by}", structure, name, organisation, practitioner)


def _tell(file: ImportedFile, found: ImportReport, is_new: bool, as_json: bool) -> None:
    counts = {
        "received": found.received, "recorded": found.recorded, "already_there": found.already_there, "refused": found.refused,
    }  # fmt: skip
    if as_json:
        kinds = [{"code": kind.code, "column": kind.column, "lines": kind.count} for kind in found.kinds]
        typer.echo(json.dumps({"file": file.pk, "new": is_new, **counts, "faults": kinds}, ensure_ascii=False))
        return
    if not is_new:
        console.print(f"Ce fichier a déjà été envoyé le {file.sent_at:%d/%m/%Y} : voici son compte rendu.")
    console.print(
        f"{found.received} lignes lues, {found.recorded} doses enregistrées, {found.already_there} déjà connues, "
        f"{found.refused} à corriger."
    )
    if found.kinds:
        table = Table("lignes", "colonne", "ce qu'il faut corriger", "premières lignes")
        for kind in found.kinds:
            table.add_row(str(kind.count), kind.column or "(ligne)", kind.message, ", ".join(map(str, kind.first_lines)))
        console.print(table)


def _write(to: Path, file: ImportedFile) -> None:
    try:
        with to.open("wb") as stream:
            stream.writelines(to_correct(file))
    except OSError as error:
        _stop(f"{to} ne peut pas être écrit ({error.strerror}).")
    error_console.print(f"Lignes à corriger : {to}")


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
