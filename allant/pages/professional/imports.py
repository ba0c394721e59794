"""Doses sent as a CSV file: the form, the report, the lines to correct (VC-61)."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_access, log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.doctrine import rules
from allant.immunizations.actions import BatchRefused, VolumeStopped, raise_alerts
from allant.pages.professional.acting import NO_RPPS, Acting, acting, for_teleservice
from allant.pages.professional.finding import TooManyGuesses
from allant.pages.professional.guesses import wait_due
from allant.vaccination.imports.columns import COLUMNS
from allant.vaccination.imports.importing import Sender, batch_uuid, import_file
from allant.vaccination.imports.reading import MAX_BYTES, MAX_LINES
from allant.vaccination.imports.reasons import FileRefused, refused
from allant.vaccination.imports.report import FAULTS_COLUMN, forget, refused_lines, report_of, to_correct
from allant.vaccination.models import ImportedFile

LINES_A_PAGE = 50
RECENT = 10
STOPPED = "téléservice : fichier de doses arrêté, volume anormal"
RECOGNISED = "téléservice : patients reconnus dans des lignes refusées"
SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation", "|": "barre verticale"}
ENCODINGS = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1252": "Windows-1252",
    "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
}  # fmt: skip


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Send a file, and find again those already sent."""
    if request.method != "POST":
        return _form(request, [])
    upload = request.FILES.get("file")
    if upload is None:
        return _form(request, ["Aucun fichier choisi : choisissez un fichier CSV."], HTTPStatus.UNPROCESSABLE_ENTITY)
    if wait := wait_due(request):
        return _form(request, [str(TooManyGuesses(wait))], HTTPStatus.TOO_MANY_REQUESTS)
    if acting(request).practitioner is None:
        return _form(request, [NO_RPPS], HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if upload.size > MAX_BYTES:
            raise FileRefused(refused("too_big", limit=MAX_BYTES // 1024 // 1024))
        file, is_new = _import(request, upload.read(), upload.name or "")
    except FileRefused as refusal:
        return _form(request, [message for _, message in refusal.faults], HTTPStatus.UNPROCESSABLE_ENTITY)
    except VolumeStopped as stopped:
        raise_alerts(stopped.alerts)
        log_request(request, LoggedAction.REFUSED, STOPPED, subject_kind="imported_file")
        return _form(request, [str(stopped)], HTTPStatus.TOO_MANY_REQUESTS)
    except BatchRefused as refusal:
        return _form(request, [str(refusal)], HTTPStatus.CONFLICT)
    if not is_new:
        said = f"Ce fichier a déjà été envoyé le {file.sent_at:%d/%m/%Y} : voici son compte rendu. Rien n'est doublé."
        messages.info(request, said)
    return redirect("teleservice_import_report", file=file.pk)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_safe
def report(request: HttpRequest, file: int) -> HttpResponse:
    """What became of a file: counts, kinds of fault, lines to correct."""
    sent = _own(request, file)
    found = report_of(sent)
    kind = next((kind for kind in found.kinds if kind.code == request.GET.get("motif")), None)
    lines = Paginator(refused_lines(sent, kind.code if kind else ""), LINES_A_PAGE).get_page(request.GET.get("page"))
    log_request(request, LoggedAction.READ, "téléservice : compte rendu d'un fichier de doses", subject_kind="imported_file")
    context = {
        "title": "Compte rendu d’un fichier de doses",
        "trail": [*_trail(), ("Importer des doses", reverse("teleservice_import"))],
        "file": sent,
        "report": found,
        "encoding": ENCODINGS.get(sent.encoding, sent.encoding),
        "separator": SEPARATORS[sent.separator],
        "kind": kind,
        "page_obj": lines,
        "lines": [(line, list(zip(sent.header, line.fields, strict=False)), line.reasons) for line in lines],
        "forgotten": bool(found.refused) and not found.kinds,
    }
    return render(request, "professional/session/import_report.html", context)


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_safe
def lines_to_correct(request: HttpRequest, file: int) -> StreamingHttpResponse:
    """The refused lines as sent, with one more column that says what to correct."""
    sent = _own(request, file)
    log_request(request, LoggedAction.READ, "téléservice : lignes à corriger d'un fichier de doses", subject_kind="imported_file")
    answer = StreamingHttpResponse(to_correct(sent), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="lignes-a-corriger-{sent.pk}.csv"'
    return answer


@requires(Role.HEALTH_PROFESSIONAL)
@for_teleservice(may="record")
@require_POST
def forget_lines(request: HttpRequest, file: int) -> HttpResponse:
    """Erase the lines kept for correction: they hold identities as typed."""
    with transaction.atomic():
        erased = forget(_own(request, file))
        log_request(request, LoggedAction.WRITE, "téléservice : lignes à corriger effacées", subject_kind="imported_file")
    messages.success(request, f"{erased} ligne{'s' if erased > 1 else ''} effacée{'s' if erased > 1 else ''}.")
    return redirect("teleservice_import_report", file=file)


@transaction.atomic
def _import(request: HttpRequest, content: bytes, name: str) -> tuple[ImportedFile, bool]:
    """The file and its entries of the access log: both or neither."""
    who = acting(request)
    file, is_new = import_file(
        content,
        name=name,
        sender=_sender(who),
        now=clock.now(),
        today=clock.today(),
        book=rules.as_known_on(clock.today()),
        from_session=True,
        log_recognised=lambda ids: log_request(request, LoggedAction.SEARCH, RECOGNISED, person_ids=ids),
    )
    if is_new:
        _log_recorded(request, who, file)
    return file, is_new


def _form(request: HttpRequest, errors: list[str], status: int = HTTPStatus.OK) -> HttpResponse:
    recent = ImportedFile.objects.filter(sent_by=acting(request).by).select_related("batch")[:RECENT]
    context = {
        "title": "Importer des doses",
        "trail": _trail(),
        "errors": errors,
        "columns": COLUMNS,
        "faults_column": FAULTS_COLUMN,
        "max_lines": MAX_LINES,
        "recent": recent,
    }
    return render(request, "professional/session/import.html", context, status=status)


def _sender(who: Acting) -> Sender:
    return Sender(
        by=who.by,
        structure_code=who.membership.structure_code,
        structure_name=who.structure_name,
        organisation=who.organisation,
        practitioner=who.practitioner,
    )


def _own(request: HttpRequest, file: int) -> ImportedFile:
    """A file of the sender's own: nobody else reads its lines."""
    return get_object_or_404(ImportedFile.objects.select_related("batch"), pk=file, sent_by=acting(request).by)


def _log_recorded(request: HttpRequest, who: Acting, file: ImportedFile) -> None:
    """One entry for the whole file; its batch is on the doses."""
    request.access_logged = True  # type: ignore[attr-defined]
    match = request.resolver_match
    log_access(
        by=who.actor,
        action=LoggedAction.BULK,
        purpose="téléservice : fichier de doses",
        subject_kind="dose",
        batch_id=batch_uuid(file),
        path=match.route if match else "",
    )


def _trail() -> list[tuple[str, str]]:
    return [("Espace professionnel", reverse("professional_home")), ("Vaccin Covid", reverse("teleservice"))]
