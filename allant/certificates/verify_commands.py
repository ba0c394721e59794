"""`allant pass verify` and `allant pass rules`: judge a certificate, against a trust list and against the rules of a country.

Exit status: 0 accepted, 1 refused (or a file that cannot be read), 2 wrong usage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from allant.certificates.business_rules import SHIPPED, Ruling, UnreadableRules, read_rules
from allant.certificates.envelope import Malformed, claims_of, open_text
from allant.certificates.schema import problems
from allant.certificates.trust import UnreadableTrust, read_trust
from allant.certificates.verification import Reason, Verdict
from allant.certificates.verification import verify as judge

app = typer.Typer(no_args_is_help=True)
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]
Text = Annotated[str | None, typer.Option("--text", help="Le texte du code, « HC1:… ».")]
Picture = Annotated[Path | None, typer.Option("--picture", help="Une image du code (PNG, JPEG).", exists=True, dir_okay=False)]
At = Annotated[datetime, typer.Option("--at", formats=MOMENTS, help="Jour, ou instant, auquel on juge.")]
AsJson = Annotated[bool, typer.Option("--json", help="Sortie lisible par un programme.")]


@app.command()
def verify(
    trust: Annotated[Path, typer.Option("--trust", help="Liste de confiance : certificats PEM, ou liste JSON.", exists=True)],
    at: At,
    text: Text = None,
    picture: Picture = None,
    as_json: AsJson = False,
) -> None:
    """Vérifie la signature et les dates d'un certificat européen.

    Exemple : allant pass verify --text "HC1:…" --trust cles.pem --at 2021-12-01
    """
    try:
        verdict = judge(_asked(text, picture), read_trust(trust.read_bytes()), moment(at))
    except (UnreadableTrust, LookupError) as refusal:
        raise _refused(refusal) from refusal
    if as_json:
        typer.echo(json.dumps(described(verdict), ensure_ascii=False))
    else:
        typer.echo("Certificat valable." if verdict.valid else "Certificat refusé.")
        for reason in verdict.reasons:
            typer.echo(f"- {reason.text}")
    raise typer.Exit(0 if verdict.valid else 1)


@app.command()
def rules(
    country: Annotated[str, typer.Option("--country", help="Pays dont on applique les règles : FR…")],
    at: At,
    text: Text = None,
    picture: Picture = None,
    folder: Annotated[Path, typer.Option("--rules", help="Dossier de règles CertLogic.", exists=True, file_okay=False)] = SHIPPED,
    as_json: AsJson = False,
) -> None:
    """Applique les règles métier d'un pays à un certificat, sans regarder sa signature.

    Exemple : allant pass rules --text "HC1:…" --country FR --at 2021-12-01
    """
    try:
        known, asked = read_rules(folder), _asked(text, picture)
        claims = claims_of(open_text(asked))
    except Malformed as fault:
        if as_json:
            typer.echo(json.dumps(unread(country.upper(), fault), ensure_ascii=False))
            raise typer.Exit(1) from fault
        raise _refused(ValueError(Reason(fault.code).text)) from fault
    except (UnreadableRules, LookupError) as refusal:
        raise _refused(refusal) from refusal
    wrong = problems(claims.certificate)
    ruling = known.ruling(claims, country.upper(), moment(at))
    accepted = ruling.accepted and not wrong
    if as_json:
        typer.echo(json.dumps(ruled(ruling, claims.certificate, wrong), ensure_ascii=False))
    else:
        typer.echo(f"{'Accepté' if accepted else 'Refusé'} : {ruling.country}, {len(ruling.outcomes)} règles.")
        for outcome in ruling.outcomes:
            typer.echo(f"- {outcome.rule.identifier} {outcome.result} : {outcome.rule.text()}")
    raise typer.Exit(0 if accepted else 1)


def moment(at: datetime) -> date | datetime:
    """A day when no hour was given."""
    return at.date() if at.tzinfo is None and (at.hour, at.minute, at.second) == (0, 0, 0) else at


def described(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON."""
    return {
        "signature_valid": verdict.signature_valid,
        "valid": verdict.valid,
        "certificate": verdict.certificate,
        "reasons": [{"code": reason.code, "text": reason.text} for reason in verdict.reasons],
        **dated(verdict),
    }


def dated(verdict: Verdict) -> dict[str, Any]:
    """Who issued it, from when until when, and the key's country; null while unknown."""
    claims, key = verdict.claims, verdict.key
    return {
        "issuer": claims.issuer if claims else None,
        "issued_at": claims.issued_at.isoformat() if claims and claims.issued_at else None,
        "expires_at": claims.expires_at.isoformat() if claims and claims.expires_at else None,
        "key_country": key.country if key else None,
    }


def ruled(ruling: Ruling, certificate: Mapping[str, Any], wrong: list[str]) -> dict[str, Any]:
    """A ruling as JSON: each rule with its result, and why the certificate is not accepted."""
    results = [
        {
            "id": outcome.rule.identifier,
            "version": ".".join(map(str, outcome.rule.version)),
            "result": outcome.result,
            "text": outcome.rule.text(),
        }
        for outcome in ruling.outcomes
    ]
    against = [result for result in results if result["result"] != "passed"]
    none = [{"id": "", "result": "open", "text": "Aucune règle de ce pays ne concerne ce certificat à cette date."}]
    schema = [{"id": "schema", "result": "failed", "text": Reason("schema", ", ".join(wrong[:5])).text}] if wrong else []
    return {
        "country": ruling.country,
        "accepted": ruling.accepted and not wrong,
        "certificate": certificate,
        "results": results,
        "reasons": schema + (against if results else none),
    }


def unread(country: str, fault: Malformed) -> dict[str, Any]:
    """`ruled`, for a text that is no certificate."""
    reason = {"id": fault.code, "result": "failed", "text": Reason(fault.code).text}
    return {"country": country, "accepted": False, "certificate": None, "results": [], "reasons": [reason]}


def _asked(text: str | None, picture: Path | None) -> str:
    """The text given, or that of the code in a picture. Raises LookupError."""
    if text:
        return text
    if picture is None:
        raise LookupError("Donnez le texte du code (--text) ou son image (--picture).")
    from allant.certificates.pictures import text_of_picture

    return text_of_picture(picture.read_bytes())


def _refused(refusal: Exception) -> typer.Exit:
    typer.secho(str(refusal), fg="red", err=True)
    return typer.Exit(1)
