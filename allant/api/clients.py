"""The software that calls: who it is, what it may do, how fast. Read from its token, kept in memory for a few seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from time import monotonic

from django.db import transaction
from django.http import HttpRequest
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import AccessToken, Application

from allant.accounts.actors import Actor
from allant.accounts.log import log_access
from allant.accounts.models import LoggedAction
from allant.api.models import FhirClient
from allant.api.oauth import SCOPES
from allant.directory.models import Organisation

KEPT = 5.0  # seconds: a token or a client that was closed is refused this late at most
KEPT_TOKENS = 1_000
WINDOW = 60.0  # seconds of the rate


class ClientRefused(ValueError):
    """A client that cannot be made; says why in French."""


@dataclass(frozen=True)
class Client:
    """A piece of software, as a request needs it."""

    name: str
    organisation_id: int
    organisation_code: str
    requests_per_minute: int
    scopes: frozenset[str] = field(default_factory=frozenset)

    @property
    def by(self) -> str:
        """The `by=` of what it does."""
        return f"fhir:{self.name}"

    @property
    def actor(self) -> Actor:
        """The actor of the access log."""
        return Actor(name=self.by, role="fhir", structure=self.organisation_code)


_known: dict[str, tuple[float, Client]] = {}
_counts: dict[str, tuple[float, int]] = {}


def client_of_token(token: str) -> Client | None:
    """The client that holds a valid token, or None. One query, then none for `KEPT` seconds."""
    checksum = hashlib.sha256(token.encode()).hexdigest()
    now = monotonic()
    kept = _known.get(checksum)
    if kept and kept[0] > now:
        return kept[1]
    found = (
        AccessToken.objects.select_related("application__fhir_client__organisation")
        .filter(token_checksum=checksum, application__fhir_client__is_active=True)
        .first()
    )
    if found is None or found.is_expired():
        _known.pop(checksum, None)
        return None
    if len(_known) >= KEPT_TOKENS:
        _known.clear()
    row = found.application.fhir_client
    client = Client(
        name=row.name,
        organisation_id=row.organisation_id,
        organisation_code=row.organisation.code,
        requests_per_minute=row.requests_per_minute,
        scopes=frozenset(found.scope.split()) & frozenset(row.scopes),
    )
    _known[checksum] = (now + KEPT, client)
    return client


def client_of(request: HttpRequest) -> Client:
    """The client let in by the gate."""
    client: Client = vars(request)["fhir_client"]
    return client


def seconds_to_wait(client: Client) -> int:
    """0 when the request is within the client's rate, else how long to wait. Counted by each server process on its own."""
    now = monotonic()
    start, count = _counts.get(client.name, (now, 0))
    if now - start >= WINDOW:
        start, count = now, 0
    _counts[client.name] = (start, count + 1)
    return 0 if count < client.requests_per_minute else max(1, int(WINDOW - (now - start)))


def forget_clients() -> None:
    """Drop what is kept in memory."""
    _known.clear()
    _counts.clear()


@transaction.atomic
def create_client(
    *, name: str, organisation: Organisation, scopes: list[str] | None = None, requests_per_minute: int = 3_000, by: str
) -> tuple[FhirClient, str]:
    """Register a piece of software; returns it with its secret, kept hashed and never shown again. Raises ClientRefused."""
    if FhirClient.objects.filter(name=name).exists():
        raise ClientRefused(f"Le logiciel « {name} » existe déjà : choisissez un autre nom, ou renouvelez son secret.")
    if unknown := sorted(set(scopes or ()) - set(SCOPES)):
        raise ClientRefused(f"Habilitations inconnues : {', '.join(unknown)}. Admises : {', '.join(SCOPES)}.")
    secret = generate_client_secret()
    application = Application.objects.create(
        name=name,
        client_id=name,
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    client = FhirClient.objects.create(
        application=application,
        name=name,
        organisation=organisation,
        scopes=scopes or list(SCOPES),
        requests_per_minute=requests_per_minute,
        created_by=by,
    )
    _log(by, "logiciel inscrit")
    return client, secret


@transaction.atomic
def renew_secret(*, client: FhirClient, by: str) -> str:
    """A new secret; the former one and every token given with it no longer work."""
    secret = generate_client_secret()
    client.application.client_secret = secret
    client.application.save()
    AccessToken.objects.filter(application=client.application).delete()
    _log(by, "secret renouvelé")
    return secret


@transaction.atomic
def close_client(*, client: FhirClient, by: str) -> None:
    """The software is refused from now on; what it recorded stays."""
    client.is_active = False
    client.save(update_fields=["is_active"])
    client.application.client_secret = generate_client_secret()  # nobody knows it: no token is given any more
    client.application.save()
    AccessToken.objects.filter(application=client.application).delete()
    _log(by, "logiciel fermé")


def _log(by: str, purpose: str) -> None:
    log_access(by=Actor(name=by), action=LoggedAction.WRITE, purpose=purpose, subject_kind="fhir_client")
