"""OpenID Connect as Allant wants it: django-allauth's flow, with every check of the ID token done here.

allauth trusts the ID token it fetched itself over TLS and knows no nonce; a health insurance checks the signature, the
issuer, the audience, the nonce, and that `userinfo` speaks of the same subject.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from allauth.account.signals import user_logged_in
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from allant.accounts.actions import replace_memberships
from allant.accounts.models import User
from allant.accounts.sign_in import remember_sign_in
from allant.directory.annuaire import StatedStructure, add_structures, save_practitioner
from allant.directory.models import Practitioner
from allant.pages.insured.identity import settle_person
from allant.site.claims import Identity, NoRole, SignInRefused, read_identity
from allant.site.encrypted_tokens import opened
from allant.site.id_token import BadToken, verify_id_token, verify_userinfo
from allant.site.insured import FRANCE_CONNECT, pivot_of

END_SESSION_KEY = "allant_end_session"


class CheckedAdapter(OpenIDConnectOAuth2Adapter):
    """Fetches and verifies what the provider says, and reads it into `request.identity`."""

    nonce = ""

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """The login, without any claim kept; raises OAuth2Error or ImmediateHttpResponse (refusal page)."""
        raw = kwargs["response"].get("id_token")
        if not raw:
            raise OAuth2Error("the provider sent no ID token")
        address = app.settings["server_url"].partition("/.well-known/")[0]
        if self.openid_config["issuer"].rstrip("/") != address.rstrip("/"):
            raise OAuth2Error("the provider speaks for another issuer")  # OpenID Connect Discovery 1.0, section 4.3
        try:
            raw = opened(raw, app.settings.get("decryption_key", ""))
            id_token = verify_id_token(
                raw, keys=self._keys(), issuer=self.openid_config["issuer"], client_id=app.client_id, nonce=self.nonce
            )
        except BadToken as error:
            raise OAuth2Error(str(error)) from error
        try:
            userinfo = self._fetch_user_info(token.token)
        except BadToken as error:
            raise OAuth2Error(str(error)) from error
        if userinfo.get("sub") != id_token["sub"]:
            raise OAuth2Error("userinfo and ID token speak of two subjects")
        try:
            request.identity = read_identity(self.provider_id, id_token, userinfo)  # type: ignore[attr-defined]
        except SignInRefused as refusal:
            if isinstance(refusal, NoRole):
                self._withdraw_roles(id_token["sub"])
            raise ImmediateHttpResponse(refusal_page(request, str(refusal))) from refusal
        if self.provider_id == FRANCE_CONNECT:
            request.pivot = pivot_of(userinfo)  # type: ignore[attr-defined]
        request.end_session = {"url": self.openid_config.get("end_session_endpoint", ""), "id_token": raw}  # type: ignore[attr-defined]
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": userinfo, "id_token": id_token})
        login.account.extra_data = {}
        login.email_addresses = []
        return login

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        """The claims of the userinfo endpoint: plain JSON, or a signed token (FranceConnect since its version 2)."""
        with get_adapter().get_requests_session() as session:
            response = session.get(self.profile_url, headers={"Authorization": f"Bearer {access_token}"})
            response.raise_for_status()
        if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/jwt":
            app = self.get_provider().app
            raw = opened(response.text.strip(), app.settings.get("decryption_key", ""))
            return verify_userinfo(raw, keys=self._keys(), issuer=self.openid_config["issuer"], client_id=app.client_id)
        claims: dict[str, Any] = response.json()
        return claims

    def _withdraw_roles(self, subject: str) -> None:
        """Sessions still open elsewhere lose what the provider no longer states."""
        user = User.objects.filter(username=f"{self.provider_id}:{subject}").first()
        if user:
            replace_memberships(user=user, grants=[])

    def _keys(self) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            response = session.get(self.openid_config["jwks_uri"])
            response.raise_for_status()
            keys: dict[str, Any] = response.json()
        return keys


class CheckedCallback(OAuth2CallbackView):
    """Hands the nonce of the stashed state to the adapter."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, response


class AccountsAdapter(DefaultSocialAccountAdapter):
    """Accounts come from the providers alone: opened at the first sign-in, never merged by e-mail address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A provider's account always opens here: its roles decide what it may do."""
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """No form is ever shown."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """The account's name; the rest is settled after sign-in."""
        user: User = sociallogin.user
        user.username = f"{sociallogin.account.provider}:{sociallogin.account.uid}"
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Save a new account without a usable password."""
        user: User = sociallogin.user
        user.set_unusable_password()
        sociallogin.save(request)
        return user

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        """A French page instead of allauth's; the cause goes to the log of the site, not to the visitor."""
        if kwargs.get("error") == "cancelled":
            message = "Vous avez interrompu la connexion."
        else:
            message = "La connexion n'a pas abouti : la réponse reçue arrive trop tard ou n'a pas pu être vérifiée. Recommencez."
        raise ImmediateHttpResponse(refusal_page(request, message, HTTPStatus.UNAUTHORIZED))


def refusal_page(request: HttpRequest, message: str, status: int = HTTPStatus.FORBIDDEN) -> HttpResponse:
    """The page that says why a sign-in did not succeed."""
    return render(request, "base/sign_in_refused.html", {"title": "Connexion interrompue", "message": message}, status=status)


@receiver(user_logged_in)
def settle_account(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Write what the provider stated: names, roles, strength of the session."""
    identity: Identity | None = getattr(request, "identity", None)
    if identity is None:
        return
    user.family_name, user.given_names, user.email = identity.family_name, identity.given_names, identity.email
    user.practitioner = _practitioner(user, identity)
    user.save(update_fields=["family_name", "given_names", "email", "practitioner"])
    replace_memberships(user=user, grants=identity.grants)
    remember_sign_in(request, identity.sign_in)
    if pivot := getattr(request, "pivot", None):
        settle_person(request, user, pivot)
    request.session[END_SESSION_KEY] = request.end_session  # type: ignore[attr-defined]


def _practitioner(user: User, identity: Identity) -> Practitioner | None:
    """The professional of the directory, written as stated, with their places; a weak sign-in writes nothing there."""
    if identity.practitioner is None or not identity.sign_in.strong:
        return user.practitioner
    add_structures(StatedStructure(held.structure_code, held.structure_name, held.departement_code) for held in identity.grants)
    return save_practitioner(identity.practitioner, by=user.get_username())
