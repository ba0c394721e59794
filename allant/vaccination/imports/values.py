"""What each line says, column by column, and what is wrong with what it says: everything that asks nothing of the register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from allant.doctrine import RuleBook
from allant.geography import fold
from allant.immunizations.checks import HIGHEST_RANK
from allant.people import matricule
from allant.vaccination.history import IN_FRANCE, LONGEST, opening, proof_of, refused_as_history
from allant.vaccination.imports import choices, typed
from allant.vaccination.imports.faults import Faults, Mask, always
from allant.vaccination.imports.places import Places, read_places
from allant.vaccination.imports.reading import Sheet

IDENTIFIER_LENGTH = 120
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_GARBLED = "\ufffd|Ã[\u0080-\u00bf©¨ª«§´®¯¢»¼¹‰ˆŽ‡€]|â€"
_FORMULA = r"^[=@+]|^-.*[(|!]"
_LOT = r"^[\p{L}\p{N}][\p{L}\p{N} ./_\-]{0,39}$"
_COUNTRY = r"^[^()0-9]{1,40}$"
_ROUNDED = r"^\d([.,]\d+)?E\+?\d+$"


@dataclass(frozen=True)
class Values:
    """The lines of a file, typed; what could not be read is null, '', NaT or 0, and has its fault."""

    nir: pa.Array
    codes: pa.Array
    family_name: pa.Array
    given_names: pa.Array
    born_on: typed.Days
    vaccine: pa.Array
    lot: pa.Array
    occurred_on: typed.Days
    rank: npt.NDArray[np.int32]
    site: pa.Array
    places: Places
    rpps: pa.Array
    proof: pa.Array
    identifier: pa.Array
    identified: Mask
    "Rows whose number, name and birth date can be read: their identity can be verified whatever else is wrong."


def judge(sheet: Sheet, faults: Faults, *, book: RuleBook, on: date) -> Values:
    """Read every value of a sheet, and note what is wrong with it in `faults`."""
    column = _Columns(sheet)
    _hygiene(sheet, column, faults)
    nir = _nir(column, faults)
    _names(column, faults)
    born_on = _born(column, faults)
    identified = ~faults.faulty
    occurred_on = _occurred(column, faults)
    sites = choices.listed(book, "teleservice.injection_sites", on)
    return Values(
        nir=nir,
        codes=column("code"),
        family_name=column("nom"),
        given_names=column("prenom"),
        born_on=born_on,
        vaccine=_vaccine(column, faults, choices.vaccines(book)),
        lot=_lot(column, faults),
        occurred_on=occurred_on,
        rank=_rank(column, faults),
        site=_named(column("site"), "site_unknown", sites, faults),
        places=read_places(sheet.values, choices.listed(book, "teleservice.places", on), faults),
        rpps=_rpps(column, faults),
        proof=_proof(column, occurred_on, faults, book),
        identifier=_short(column, "identifiant", "identifier_too_long", IDENTIFIER_LENGTH, faults),
        identified=identified,
    )


class _Columns:
    """The text columns of a sheet, whole."""

    def __init__(self, sheet: Sheet) -> None:
        self._values = sheet.values

    def __call__(self, name: str) -> pa.Array:
        chunks = self._values[name]
        return chunks.combine_chunks() if chunks.num_chunks != 1 else chunks.chunk(0)


def _value(column: pa.Array) -> Callable[[int], dict[str, object]]:
    """For a message: what was typed on a row, shortened."""
    return lambda row: {"value": column[row].as_py()[:60]}


def _hygiene(sheet: Sheet, column: _Columns, faults: Faults) -> None:
    for name in sorted(sheet.present):
        values = column(name)
        faults.add(typed.matches(values, _CONTROL), "control_character", column=name)
        faults.add(typed.matches(values, _GARBLED), "garbled", _value(values), column=name)
        faults.add(typed.matches(values, _FORMULA), "formula", _value(values), column=name)


def _nir(column: _Columns, faults: Faults) -> pa.Array:
    text = column("nir")
    numbers = typed.matricules(text)
    rounded = numbers.unreadable & typed.matches(text, _ROUNDED)
    faults.add(rounded, "nir_rounded")
    for row in np.flatnonzero(numbers.unreadable & ~rounded).tolist():
        reasons = matricule.parse(text[row].as_py()).reasons
        only_key = len(reasons) == 1 and reasons[0].startswith("Clé")
        faults.add([row], "nir_key" if only_key else "nir_malformed", always(reason=" ".join(reasons)))
    faults.add(typed.empty(text) & typed.empty(column("code")), "person_missing")
    return numbers.values


def _names(column: _Columns, faults: Faults) -> None:
    faults.add(typed.empty(column("nom")), "name_missing")


def _born(column: _Columns, faults: Faults) -> typed.Days:
    text = column("date_naissance")
    read = typed.dates(text)
    faults.add(read.missing, "birth_missing")
    faults.add(read.impossible | read.month_first, "birth_impossible", _value(text))
    faults.add(read.two_digit_year, "birth_two_digit_year", _value(text))
    faults.add(read.unreadable | read.serial, "birth_unreadable", _value(text))
    return read.days


def _occurred(column: _Columns, faults: Faults) -> typed.Days:
    text = column("date")
    read = typed.dates(text)
    faults.add(read.missing, "date_missing")
    faults.add(read.impossible, "date_impossible", _value(text))
    faults.add(read.month_first, "date_month_first", _value(text))
    faults.add(read.two_digit_year, "date_two_digit_year", _value(text))
    faults.add(read.serial, "date_serial", _value(text))
    faults.add(read.unreadable, "date_unreadable", _value(text))
    return read.days


def _vaccine(column: _Columns, faults: Faults, known: choices.Choices) -> pa.Array:
    faults.add(typed.empty(column("vaccin")), "vaccine_missing")
    return _named(column("vaccin"), "vaccine_not_found", known, faults)


def _named(text: pa.Array, fault: str, known: choices.Choices, faults: Faults) -> pa.Array:
    """The code that each word names, '' for none."""
    codes = typed.mapped(text, lambda word: known.code(word) if word else "", pa.string())
    unknown = typed.mask(pc.is_null(codes))

    def details(row: int) -> dict[str, object]:
        return {"value": text[row].as_py()[:60], "hint": known.hint(text[row].as_py()[:60])}

    faults.add(unknown, fault, details)
    return pc.fill_null(codes, "")


def _lot(column: _Columns, faults: Faults) -> pa.Array:
    text = column("lot")
    missing = typed.empty(text)
    faults.add(missing & typed.empty(column("justificatif")), "lot_missing")
    faults.add(~missing & ~typed.matches(text, _LOT), "lot_malformed", _value(text))
    return pc.utf8_upper(pc.replace_substring_regex(text, r"\s", ""))  # as `lot_number` writes it


def _rank(column: _Columns, faults: Faults) -> npt.NDArray[np.int32]:
    text = column("rang")
    digits = typed.matches(text, r"^[0-9]{1,4}$")
    ranks = pc.cast(pc.if_else(pa.array(digits), text, "0"), pa.int32()).to_numpy(zero_copy_only=False)
    faults.add(~digits & ~typed.empty(text), "rank_unreadable", _value(text))
    out = digits & ((ranks < 1) | (ranks > HIGHEST_RANK))
    faults.add(out, "rank_impossible", lambda row: {"value": text[row].as_py(), "highest": HIGHEST_RANK})
    return np.asarray(ranks, dtype=np.int32)


def _rpps(column: _Columns, faults: Faults) -> pa.Array:
    text = pc.replace_substring_regex(column("rpps"), "[\\s\u00a0]", "")
    faults.add(~typed.empty(text) & ~typed.matches(text, r"^[0-9]{11}$"), "rpps_malformed", _value(text))
    return text


def _proof(column: _Columns, occurred_on: typed.Days, faults: Faults, book: RuleBook) -> pa.Array:
    """What each dose read from a document rests on, with its country (VC-42); one given here since the opening may not."""
    document, country = _short(column, "justificatif", "proof_too_long", LONGEST, faults), column("pays")
    country = typed.mapped(country, lambda word: "" if fold(word) in IN_FRANCE else word, pa.string())
    read = typed.empty(country) | typed.matches(country, _COUNTRY)
    faults.add(~read, "country_unreadable", _value(country))
    faults.add(~typed.empty(country) & typed.empty(document), "proof_missing")
    proofs = document.to_pylist()
    for row in np.flatnonzero(~typed.empty(document)).tolist():
        proofs[row] = proof_of(proofs[row], country[row].as_py())
        day = occurred_on[row]
        if read[row] and not np.isnat(day) and refused_as_history(day.item(), proofs[row], book):
            faults.add([row], "given_here", always(opened_on=f"{opening(book):%d/%m/%Y}"))
    return pa.array(proofs, pa.string())


def _short(column: _Columns, name: str, fault: str, limit: int, faults: Faults) -> pa.Array:
    text = column(name)
    lengths = pc.utf8_length(text).to_numpy(zero_copy_only=False)
    faults.add(lengths > limit, fault, lambda row: {"length": int(lengths[row]), "limit": limit})
    return text
