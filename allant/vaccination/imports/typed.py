"""Columns of text made into numbers and dates, whole columns at a time, with a mask of what could not be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from allant.vaccination.imports.faults import Mask

Days = npt.NDArray[np.datetime64]
_TIME = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
_DAY_FIRST = r"^(?P<d>\d{1,2})[/.\-](?P<m>\d{1,2})[/.\-](?P<y>\d{4})$"
_YEAR_FIRST = r"^(?P<y>\d{4})[/.\-](?P<m>\d{1,2})[/.\-](?P<d>\d{1,2})$"
_TWO_DIGITS = r"^\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}$"
_SERIAL = r"^\d{5}([.,]\d+)?$"
NIR_SHAPE = r"^[12][0-9]{2}(0[1-9]|1[0-2]|[2-9][0-9])([0-9]{2}|2[AB])[0-9]{6}([0-9]{2})?$"
NIR_VOID = r"^.{5}00|^.{7}000|^.{10}000"
OTHER_SHAPE = r"^[5-8][12][0-9]{11}$"
_CORSICA = (("2A", "19"), ("2B", "18"))


def mask(values: Any) -> Mask:
    """A boolean Arrow array as numpy; null is false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def matches(column: pa.Array, pattern: str) -> Mask:
    """Where the text matches."""
    return mask(pc.match_substring_regex(column, pattern))


def empty(column: pa.Array) -> Mask:
    """Where nothing was typed."""
    return mask(pc.equal(column, ""))


def mapped(column: pa.Array, meaning: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """`meaning` of each text, asked once for each distinct one."""
    encoded = column.dictionary_encode()
    return pa.array([meaning(word) for word in encoded.dictionary.to_pylist()], kind).take(encoded.indices)


@dataclass(frozen=True)
class Dates:
    """Days read (NaT when none) and why the others could not be: one mask a reason."""

    days: Days
    missing: Mask
    impossible: Mask
    month_first: Mask
    two_digit_year: Mask
    serial: Mask
    unreadable: Mask


def dates(column: pa.Array) -> Dates:
    """JJ/MM/AAAA and AAAA-MM-JJ, with `.` or `-` as well; a time after the date is left out."""
    text = pc.replace_substring_regex(column, _TIME, "")
    day, month, year, written = _parts(text)
    possible = written & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = ((year - 1970) * 12 + np.where(possible, month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (np.where(possible, day, 1) - 1).astype("timedelta64[D]")
    possible &= days.astype("datetime64[M]") == months
    missing = empty(text)
    two_digit_year, serial = matches(text, _TWO_DIGITS), matches(text, _SERIAL)
    month_first = written & ~possible & (month > 12) & (month <= 31) & (day <= 12) & (day >= 1)
    return Dates(
        days=np.where(possible, days, np.datetime64("NaT", "D")),
        missing=missing,
        impossible=written & ~possible & ~month_first,
        month_first=month_first,
        two_digit_year=two_digit_year,
        serial=serial,
        unreadable=~(written | missing | two_digit_year | serial),
    )


def _parts(text: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Mask]:
    first, second = pc.extract_regex(text, _DAY_FIRST), pc.extract_regex(text, _YEAR_FIRST)
    parts = []
    for name in ("d", "m", "y"):
        either = pc.coalesce(pc.struct_field(first, name), pc.struct_field(second, name))
        written = pc.is_valid(either)
        parts.append(pc.fill_null(pc.cast(either, pa.int64()), 0).to_numpy(zero_copy_only=False))
    return parts[0], parts[1], np.where(mask(written), parts[2], 1970), mask(written)


@dataclass(frozen=True)
class Numbers:
    """Matricules of 13 characters (null when none was typed or readable), and where they could not be read."""

    values: pa.Array
    unreadable: Mask


def matricules(column: pa.Array) -> Numbers:
    """NIR and other matricules, key checked; the reasons of the unreadable ones are those of `allant.people.matricule.parse`."""
    compact = pc.utf8_upper(pc.replace_substring_regex(column, "[\\s.\\-\u00a0\u2009\u202f\u2011\u2013]", ""))
    shaped = matches(compact, NIR_SHAPE) & ~matches(compact, NIR_VOID)
    right = (shaped & _right_key(compact, shaped)) | matches(compact, OTHER_SHAPE)
    values = pc.if_else(pa.array(right), pc.utf8_slice_codeunits(compact, 0, 13), None)
    return Numbers(values, ~right & ~empty(compact))


def _right_key(compact: pa.Array, shaped: Mask) -> Mask:
    """Where the two last characters of fifteen are the key of the others, or there is none to check."""
    rows = np.flatnonzero(shaped)
    long = compact.take(pa.array(rows))
    with_key = pc.filter(long, pc.equal(pc.utf8_length(long), 15))
    place = pc.utf8_slice_codeunits(with_key, 5, 7)
    for letters, digits in _CORSICA:
        place = pc.if_else(pc.equal(place, letters), digits, place)
    parts = (pc.utf8_slice_codeunits(with_key, 0, 5), place, pc.utf8_slice_codeunits(with_key, 7, 13), "")
    number = pc.cast(pc.binary_join_element_wise(*parts), pa.int64()).to_numpy(zero_copy_only=False)
    typed = pc.cast(pc.utf8_slice_codeunits(with_key, 13, 15), pa.int64()).to_numpy(zero_copy_only=False)
    right = np.ones(len(shaped), dtype=bool)
    right[rows[mask(pc.equal(pc.utf8_length(long), 15))]] = 97 - number % 97 == typed
    return right
