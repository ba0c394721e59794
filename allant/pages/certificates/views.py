"""The page of verification: a typed text, a picture, a camera (RP-11). Nothing is kept, nothing is logged of what is shown."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from allant import clock
from allant.accounts.access import public
from allant.certificates.pictures import LARGEST_FILE, NoCode, text_of_picture
from allant.certificates.schema import entry_of
from allant.certificates.trust import UnreadableTrust, read_trust
from allant.pages.certificates.judging import Judged, judge, too_many

TITLE = "Vérifier un certificat"
TOO_MANY = "Trop de vérifications depuis votre adresse : attendez une minute avant de recommencer."
CAMERA = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"
KINDS = {"vaccination": "Vaccination", "recovery": "Rétablissement", "test": "Test"}


class VerificationForm(forms.Form):
    """A text or a picture, and the day; a trust list for the certificates of other countries."""

    text = forms.CharField(
        label="Texte du code", required=False, max_length=8_000, widget=forms.Textarea({"rows": 3}), strip=False
    )
    picture = forms.FileField(label="Image du code", required=False, help_text="Photographie ou copie d’écran, PNG ou JPEG.")
    on = forms.DateField(label="Vérifier à la date du", required=False, help_text="Aujourd’hui si vous n’indiquez rien.")
    trust = forms.FileField(
        label="Liste de confiance",
        required=False,
        help_text="Pour les certificats d’autres pays : certificats PEM, ou liste JSON.",
    )

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.fields["on"].widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        self.fields["on"].error_messages["invalid"] = "Date illisible : attendu jour/mois/année."
        for name, field in self.fields.items():
            base = "fr-upload" if isinstance(field, forms.FileField) else "fr-input"
            field.widget.attrs |= {"class": base, "aria-describedby": f"id_{name}_error"}
        self.fields["text"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self.fields["picture"].widget.attrs["accept"] = "image/*"

    def clean(self) -> dict[str, object]:
        """Something to judge."""
        found = super().clean() or {}
        if not self.errors and not (found.get("text") or "").strip() and not found.get("picture"):
            self.add_error("text", "Rien à vérifier : collez le texte du code, ou choisissez son image.")
        return found


@public
@never_cache
@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
def verification(request: HttpRequest) -> HttpResponse:
    """The form, and above it the answer to what was sent."""
    if request.method != "POST":
        return _page(request, VerificationForm())
    form = VerificationForm(request.POST, request.FILES)
    if too_many(request):
        return _page(request, form, refusal=TOO_MANY, status=429)
    if not form.is_valid():
        return _page(request, form, status=422)
    asked = form.cleaned_data
    try:
        text = asked["text"] if (asked["text"] or "").strip() else text_of_picture(asked["picture"].read(LARGEST_FILE + 1))
        trust = read_trust(asked["trust"].read()) if asked["trust"] else None
    except (NoCode, UnreadableTrust) as refusal:
        return _page(request, form, refusal=str(refusal), status=422)
    return _page(request, form, judged=judge(text, asked["on"] or clock.now(), trust))


@public
@never_cache
@sensitive_variables()
@require_POST
def read_picture(request: HttpRequest) -> JsonResponse:
    """A frame of the visitor's camera: the text of its code, or nothing yet. The frame is not kept."""
    if too_many(request):
        return JsonResponse({"error": TOO_MANY}, status=429)
    frame = request.FILES.get("frame")
    if frame is None or frame.size is None or frame.size > LARGEST_FILE:
        return JsonResponse({"error": "Image attendue."}, status=400)
    try:
        return JsonResponse({"text": text_of_picture(frame.read())})
    except NoCode:
        return JsonResponse({"text": ""})


def _page(
    request: HttpRequest, form: VerificationForm, *, judged: Judged | None = None, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {"title": TITLE, "form": form, "refusal": refusal, "judged": judged, "today": clock.today(), **_shown(judged)}
    response = render(request, "certificates/verification.html", context, status=status)
    response["Permissions-Policy"] = CAMERA  # this page alone may ask for the camera
    return response


def _shown(judged: Judged | None) -> dict[str, object]:
    """The lines of the answer: who and what, as the certificate says."""
    lines: list[tuple[str, object]] = []
    kind = ""
    if judged and judged.verdict and judged.verdict.certificate and not any(r.code == "schema" for r in judged.reasons):
        certificate, entry = judged.verdict.certificate, entry_of(judged.verdict.certificate)
        name = certificate["nam"]
        kind = KINDS.get(judged.verdict.kind or "", "")
        lines = [("Nom", name.get("fn") or name.get("fnt", "")), ("Prénoms", name.get("gn") or name.get("gnt", "")),
                 ("Date de naissance", certificate["dob"] or "inconnue"), ("Certificat de", kind)]  # fmt: skip
        lines += [("Doses", f"{entry['dn']:g} sur {entry['sd']:g}"), ("Dernière dose", entry["dt"])] if "dn" in entry else []
        lines += [("Test positif du", entry["fr"])] if "fr" in entry else []
        lines += [("Prélèvement du", entry["sc"])] if "sc" in entry else []
        lines += [("Pays", entry["co"]), ("Émetteur", entry["is"])]
    if judged and judged.paper:
        fields = judged.paper.fields
        names = {"L0": "Nom", "L1": "Prénoms", "L2": "Date de naissance", "L5": "Vaccin", "L9": "Dernière dose"}
        lines = [(label, fields.get(code, "")) for code, label in names.items()]
        lines += [("Doses", f"{fields.get('L7', '')} sur {fields.get('L8', '')}")]
        lines += [("Schéma", "terminé" if fields.get("LA") == "CO" else "à terminer")]
    return {"lines": lines}
