"""Documents of a file: adding one, reading one. Both are in the access log."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.doctrine import rules
from allant.identification.documents import DocumentRefused, NewDocument, add_document, content_of, missing
from allant.identification.models import Document
from allant.identification.scanning import Infected, ScannerDown
from allant.pages.identity.file_views import file_for
from allant.pages.identity.forms import NewDocumentForm
from allant.pages.identity.territory import check


@requires(Role.IDENTITY_AGENT)
@require_POST
def add(request: HttpRequest, file: int) -> HttpResponse:
    """Keep a document; the file that it completes leaves for SANDIA."""
    found, today = file_for(request, file), clock.today()
    book = rules.as_known_on(today)
    form = NewDocumentForm(request.POST, request.FILES, book=book, on=today)
    log_request(request, LoggedAction.WRITE, "pièce d'un dossier d'identification", [found.person_id])
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return redirect("identity_file", file=file)
    sent = form.cleaned_data["file"]
    new = NewDocument(
        form.cleaned_data["kind"], sent.name, sent.read(), form.cleaned_data["received_on"], form.cleaned_data["valid_until"]
    )  # fmt: skip
    try:
        add_document(file=found, new=new, by=str(actor_of(request)), at=clock.now(), on=today, book=book)
    except (DocumentRefused, Infected, ScannerDown) as refused:
        messages.error(request, str(refused))
    else:
        left = missing(found, book, today)
        messages.success(
            request,
            f"Pièce enregistrée. Il manque encore {' et '.join(left)}." if left else "Pièce enregistrée, dossier complet.",
        )
    return redirect("identity_file", file=file)


@requires(Role.IDENTITY_AGENT)
@require_safe
def download(request: HttpRequest, document: int) -> HttpResponse:
    """The document, opened for this agent; never shown by the browser inside our pages."""
    found = get_object_or_404(Document.objects.select_related("file__person"), pk=document)
    check(request, found.file.person)
    log_request(request, LoggedAction.READ, "pièce d'un dossier d'identification", [found.file.person_id])
    answer = HttpResponse(content_of(found), content_type=found.content_type)
    extension = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}[found.content_type]
    answer["Content-Disposition"] = f'attachment; filename="piece-{found.pk}.{extension}"'
    answer["Cache-Control"] = "no-store"
    return answer
