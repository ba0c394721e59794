"""What is sent about vouchers against flu: strict shapes, refused in French with the field that is wrong."""

from __future__ import annotations

from datetime import date as Day
from http import HTTPStatus
from typing import Annotated, TypeVar

import msgspec
from django.http import HttpRequest

from allant.api.fhir.outcomes import refusal
from allant.flu.deliveries import Handed

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Rpps = Annotated[str, msgspec.Meta(pattern=r"^\d{11}$")]
Of = TypeVar("Of", bound=msgspec.Struct)
LONGEST = 10_000


class CheckAsked(msgspec.Struct, forbid_unknown_fields=True):
    """`code`: as printed, spaces or not."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """An act: `key` names the sending; `code` of the voucher shown, else `patient` as this server named them."""

    key: Key
    rpps: Rpps
    code: Annotated[str, msgspec.Meta(max_length=40)] = ""
    patient: Short = ""


class PrescriptionAsked(msgspec.Struct, forbid_unknown_fields=True):
    """An ordonnance: `profession` is a code of `teleservice.professions` or of the Annuaire santé."""

    name: Short
    profession: Short
    date: Day


class DeliveryAsked(Asked, kw_only=True):
    """The box: a code of `flu.vaccines`, its lot."""

    vaccine: Short
    lot: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    prescription: PrescriptionAsked | None = None

    def handed(self) -> Handed:
        """As the action takes it."""
        return Handed(vaccine=self.vaccine, lot=self.lot)


class VoucherAsked(Asked, kw_only=True):
    """`group`: a code of `flu.recommended`, checked by the professional."""

    group: Short


class InjectionAsked(Asked, kw_only=True):
    """`date`: today when it is not said."""

    date: Day | None = None
    site: Annotated[str, msgspec.Meta(max_length=40)] = ""


def read_body(request: HttpRequest, shape: type[Of]) -> Of:
    """The body in its shape. Raises Refusal (400) that says which field, never what was in it."""
    body = request.body
    if len(body) > LONGEST:
        raise refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-costly", "Envoi trop gros.")
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        path = str(error).rpartition(" - at `$")[2].strip(".`") if " - at `$" in str(error) else ""
        text = f"Champ refusé : {path}." if path else f"Champs attendus : {', '.join(shape.__struct_fields__)}, et aucun autre."
        raise refusal(HTTPStatus.BAD_REQUEST, "structure", text, *([path] if path else [])) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal(HTTPStatus.BAD_REQUEST, "structure", "JSON illisible.") from None
