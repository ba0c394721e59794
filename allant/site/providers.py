"""The identity providers Allant trusts: their addresses, what is asked of them, how strong a sign-in must be.

Read by the settings, so nothing of Django is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allant.site.home import BadSetting, is_public

# From the weakest to the strongest (levels of assurance of Regulation (EU) No 910/2014, as French providers write them).
ACR_ORDER = ("eidas1", "eidas2", "eidas3")


@dataclass(frozen=True)
class Provider:
    """One door of the sign-in page.

    `acr_minimum` is the weakest level taken for a strong sign-in; `weak_allowed` lets a weaker one in, without the roles
    that need a strong one. `local_port` is where its simulator listens.
    """

    id: str
    label: str
    audience: str
    local_port: int
    acr_minimum: str
    weak_allowed: bool = False
    scope: tuple[str, ...] = ("openid", "profile", "email")

    @property
    def variable(self) -> str:
        """The prefix of its environment variables, e.g. `ALLANT_PRO_SANTE_CONNECT`."""
        return f"ALLANT_{self.id.replace('-', '_').upper()}"


PROVIDERS = (
    Provider(
        "agency",
        "Agents de l'Assurance Maladie et de la plateforme",
        "Caisses, service médical, plateforme téléphonique, administration",
        9401,
        "eidas2",
    ),
    Provider(
        "pro-sante-connect",
        "Pro Santé Connect",
        "Médecins, pharmaciens, infirmiers, sages-femmes : carte CPS ou e-CPS",
        9402,
        "eidas1",
        weak_allowed=True,
        scope=("openid", "scope_all"),
    ),
    Provider(
        "partner",
        "Partenaires",
        "Associations, CCAS, France services, établissements conventionnés",
        9403,
        "eidas1",
    ),
    Provider(
        "france-connect",
        "FranceConnect",
        "Assurés et leurs représentants légaux",
        9404,
        "eidas1",
        scope=("openid", "profile", "birth", "email"),  # birth: place and country, which tell homonyms apart
    ),
)
BY_ID = {provider.id: provider for provider in PROVIDERS}


def server_url(provider: Provider, environ: Mapping[str, str]) -> str:
    """The issuer's address: `<PREFIX>_URL`, or its simulator on this machine. Raises BadSetting."""
    address = environ.get(f"{provider.variable}_URL", f"http://127.0.0.1:{provider.local_port}")
    if is_public(environ) and urlsplit(address).scheme != "https":
        raise BadSetting(
            f"{provider.variable}_URL vaut « {address} » ; une adresse https est attendue dès qu'ALLANT_ORIGIN est publique : "
            "les services simulés, qui laissent entrer n'importe qui, ne servent que sur cette machine."
        )
    return address


def offered(environ: Mapping[str, str]) -> list[Provider]:
    """The doors of this installation: all on this machine; in public only those that were given an address."""
    return [provider for provider in PROVIDERS if not is_public(environ) or f"{provider.variable}_URL" in environ]


def social_apps(environ: Mapping[str, str]) -> dict[str, Any]:
    """`SOCIALACCOUNT_PROVIDERS` for django-allauth.

    Variables: `<PREFIX>_URL`, `<PREFIX>_CLIENT_ID`, `<PREFIX>_CLIENT_SECRET`; without them the simulators are meant, which
    take any secret. `<PREFIX>_DECRYPTION_KEY`: see `encrypted_tokens`.
    """
    apps = [
        {
            "provider_id": provider.id,
            "name": provider.label,
            "client_id": environ.get(f"{provider.variable}_CLIENT_ID", "allant"),
            "secret": environ.get(f"{provider.variable}_CLIENT_SECRET", "simulateur"),
            "settings": {
                "server_url": server_url(provider, environ),
                "oauth_pkce_enabled": True,
                "scope": list(provider.scope),
                "auth_params": {"acr_values": provider.acr_minimum},
                "token_auth_method": "client_secret_post",
                "decryption_key": environ.get(f"{provider.variable}_DECRYPTION_KEY", ""),
            },
        }
        for provider in offered(environ)
    ]
    return {"openid_connect": {"APPS": apps}}


def origins(environ: Mapping[str, str]) -> list[str]:
    """The origins a sign-in form may lead to: browsers apply the policy's `form-action` to redirections too."""
    addresses = [urlsplit(server_url(provider, environ)) for provider in offered(environ)]
    return [f"{address.scheme}://{address.netloc}" for address in addresses]
