"""Wordings: where each is used, its versions, how it reads in each language, and a new version (AV-13)."""

from __future__ import annotations

from collections import defaultdict

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from allant import clock
from allant.accounts.access import requires
from allant.accounts.log import log_request
from allant.accounts.models import LoggedAction
from allant.accounts.roles import Role
from allant.accounts.sign_in import actor_of
from allant.campaigns.models import Campaign
from allant.doctrine import rules
from allant.outreach import templates
from allant.outreach.kinds import kind
from allant.outreach.models import Template
from allant.outreach.previewing import preview
from allant.outreach.templates import LANGUAGES, MOST_BODY, MOST_SUBJECT, RIGHT_TO_LEFT, TYPES, BadTemplate
from allant.pages.outreach.wording import channel_name


class WordingForm(forms.Form):
    """The words of a new version."""

    subject = forms.CharField(
        label="Objet", required=False, max_length=MOST_SUBJECT, widget=forms.TextInput(attrs={"class": "fr-input"}),
        error_messages={"max_length": f"Un objet a {MOST_SUBJECT} caractères au plus."},
    )  # fmt: skip
    body = forms.CharField(
        label="Texte", max_length=MOST_BODY, widget=forms.Textarea(attrs={"class": "fr-input", "rows": 10}),
        error_messages={"required": "Écrivez le texte.", "max_length": f"Un texte a {MOST_BODY} caractères au plus."},
    )  # fmt: skip

    def clean_body(self) -> str:
        """Lines as they are stored."""
        return str(self.cleaned_data["body"]).replace("\r\n", "\n").strip()


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def template_list(request: HttpRequest) -> HttpResponse:
    """Every wording, its languages, its last version and the campaigns that use it."""
    used = defaultdict(list)
    for slug, title in Campaign.objects.order_by("title").values_list("template", "title"):
        used[slug].append(title)
    found: dict[tuple[str, str], dict[str, Template]] = defaultdict(dict)
    for each in Template.objects.order_by("slug", "channel", "version"):
        found[each.slug, each.channel][each.language] = each
    rows = [
        (slug, channel, channel_name(channel), _languages(of_language), used[slug])
        for (slug, channel), of_language in found.items()
    ]
    return render(request, "outreach/templates.html", {"title": "Modèles de messages", "rows": rows})


def _languages(found: dict[str, Template]) -> list[tuple[str, int]]:
    return [(LANGUAGES[code], found[code].version) for code in LANGUAGES if code in found]


def _source(template: Template) -> str:
    """Where a text comes from, in French."""
    said = template.source.removeprefix("assumption:").strip()
    return said if said == template.source.strip() else f"hypothèse : {said}"


@requires(Role.CAMPAIGN_MANAGER)
@require_safe
def template_page(request: HttpRequest, slug: str, channel: str) -> HttpResponse:
    """One wording with an invented person in each language, and all its versions."""
    versions = list(Template.objects.filter(slug=slug, channel=channel).order_by("language", "-version"))
    if not versions:
        raise Http404("Ce modèle n'existe pas.")
    last = templates.latest(slug, channel)
    today = clock.today()
    model = last.get("fr", versions[0])
    context = {
        "title": f"{slug}, {channel_name(channel)}",
        "trail": [("Modèles de messages", reverse("templates"))],
        "slug": slug,
        "channel": channel,
        "kind": kind(model.kind, rules.as_known_on(today), today),
        "variables": [(name, TYPES[of].label) for name, of in model.variables.items()],
        "previews": [(code, LANGUAGES[code], preview(last[code]) if code in last else None) for code in LANGUAGES],
        "versions": [(each, LANGUAGES.get(each.language, each.language), _source(each)) for each in versions],
        "campaigns": Campaign.objects.filter(template=slug).order_by("title"),
    }
    return render(request, "outreach/template.html", context)


@requires(Role.CAMPAIGN_MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, slug: str, channel: str, language: str) -> HttpResponse:
    """A new version of a wording in a language: shown with what is to be corrected, then written."""
    last = templates.latest(slug, channel)
    if not last or language not in LANGUAGES:
        raise Http404("Ce modèle n'existe pas.")
    model = last.get("fr") or next(iter(last.values()))
    former = last.get(language)
    initial = {"subject": former.subject, "body": former.body} if former else {}
    form = WordingForm(request.POST or None, initial=initial)
    shown = findings = None
    if request.method == "POST" and form.is_valid():
        words = {"subject": form.cleaned_data["subject"], "body": form.cleaned_data["body"]}
        try:
            if "save" in request.POST:
                return _save(request, slug, channel, language, words)
            shown, findings = _tried(model, language, words)
        except BadTemplate as error:
            form.add_error(None, str(error))
    context = {
        "title": f"Nouvelle version, {LANGUAGES[language]}",
        "trail": [
            ("Modèles de messages", reverse("templates")),
            (f"{slug}, {channel_name(channel)}", reverse("template", kwargs={"slug": slug, "channel": channel})),
        ],
        "form": form, "shown": shown, "findings": findings, "language": language, "former": former,
        "right_to_left": language in RIGHT_TO_LEFT,
        "variables": [(name, TYPES[of].label) for name, of in model.variables.items()],
    }  # fmt: skip
    return render(request, "outreach/write.html", context, status=400 if form.errors else 200)


def _tried(model: Template, language: str, words: dict[str, str]) -> tuple[object, list[object]]:
    """How the words would read, and what the checks say of them. Raises BadTemplate."""
    today = clock.today()
    book = rules.as_known_on(today)
    tried = Template(
        slug=model.slug, channel=model.channel, language=language, kind=model.kind, variables=model.variables, **words
    )  # fmt: skip
    unknown = [name for name in templates.placeholders("\n".join(words.values())) if name not in model.variables]
    if unknown:
        raise BadTemplate(f"Variables inconnues de ces messages : {', '.join(unknown)}. Connues : {', '.join(model.variables)}.")
    return preview(tried), list(templates.of_kind(model, **words, language=language, book=book, on=today))


def _save(request: HttpRequest, slug: str, channel: str, language: str, words: dict[str, str]) -> HttpResponse:
    now = clock.now()
    written = templates.supersede(
        slug=slug, channel=channel, language=language, **words, by=str(actor_of(request)), at=now,
        book=rules.as_known_on(now.date()),
    )  # fmt: skip
    log_request(request, LoggedAction.WRITE, f"modèle {slug}, version {written.version}", None, subject_kind="template")
    messages.success(request, f"Version {written.version} enregistrée : les messages écrits à partir de maintenant la suivent.")
    return redirect("template", slug=slug, channel=channel)
