"""From the bytes of a file to columns of text: encoding, separator, header, lines. Array work, no loop over lines.

A record is what stands between two line breaks outside quotation marks; its number is that of its first line in the file.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from allant.vaccination.imports import columns
from allant.vaccination.imports.reasons import FileRefused, Kind, refused

MAX_BYTES = 64 * 1024 * 1024
MAX_LINES = 300_000
SEPARATORS = ";,\t|"
_QUOTE, _BREAK = ord('"'), ord("\n")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sheet:
    """A file as read. `values`: one text column for each of `columns.COLUMNS`, '' where the file has none; `lines`: where each
    row begins in the file; `misshapen`: (line, fields as sent, expected) of records with another number of fields."""

    encoding: str
    separator: str
    header: list[str]
    values: pa.Table
    lines: Rows
    misshapen: list[tuple[int, list[str]]]
    present: frozenset[str]
    _content: bytes = field(repr=False)
    _spans: npt.NDArray[np.int64] = field(repr=False)

    @property
    def received(self) -> int:
        """Lines that hold something, header left out."""
        return len(self.lines) + len(self.misshapen)

    def as_sent(self, rows: Iterable[int]) -> list[list[str]]:
        """The fields of these rows as they stood in the file."""
        spans = (self._spans[row] for row in rows)
        return [_fields(self._content[start:end], self.separator) for start, end in spans]


def read(content: bytes) -> Sheet:
    """Read a whole file. Raises FileRefused with everything that is wrong with it as a whole."""
    text, encoding = _as_utf8(content)
    separator = _separator(text)
    records = _records(text, ord(separator))
    header = _fields(text[records.starts[0] : records.ends[0]], separator)
    names = _names(header)
    _refuse_length(len(records.starts) - 1)
    return _sheet(text, encoding, separator, header, names, records)


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    """The content in UTF-8 with line feeds only, and the name of its encoding."""
    if len(content) > MAX_BYTES:
        raise FileRefused(refused("too_big", limit=MAX_BYTES // 1024 // 1024))
    if not content.strip():
        raise FileRefused(refused("empty_file"))
    if content.startswith(_WORKBOOKS):
        raise FileRefused(refused("workbook"))
    text, encoding = _decoded(content)
    if b"\0" in text:
        raise FileRefused(refused("not_text"))
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not text.strip():
        raise FileRefused(refused("empty_file"))
    return text, encoding


def _decoded(content: bytes) -> tuple[bytes, str]:
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    encoding = marked or _unmarked_utf16(content) or "utf-8"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise FileRefused(_undecoded(content, error)) from None
        return _from_windows(content), "cp1252"
    return (content if encoding == "utf-8" else text.encode()), encoding


def _unmarked_utf16(content: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of French text is zero."""
    start = content[:400]
    if len(start) < 4 or start.count(0) < len(start) * 0.4:
        return None
    return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"


def _from_windows(content: bytes) -> bytes:
    try:
        return content.decode("cp1252").encode()
    except UnicodeDecodeError as error:
        raise FileRefused(refused("not_text") if b"\0" in content else _undecoded(content, error)) from None


def _undecoded(content: bytes, error: UnicodeDecodeError) -> tuple[Kind, str]:
    return refused("encoding", byte=f"{content[error.start]:02X}", line=content.count(b"\n", 0, error.start) + 1)


def _separator(text: bytes) -> str:
    """The separator met most often in the first line, outside quotation marks."""
    first = text.lstrip(b"\n").split(b"\n", 1)[0].decode()
    outside = "".join(first.split('"')[::2])
    best = max(SEPARATORS, key=outside.count)
    if not outside.count(best):
        raise FileRefused(refused("separator"))
    return best


@dataclass(frozen=True)
class _Records:
    """Where the records that hold something begin and end (bytes), their separators, and their line in the file."""

    starts: Rows
    ends: Rows
    separators: Rows
    lines: Rows


def _records(text: bytes, separator: int) -> _Records:
    buffer = np.frombuffer(text, dtype=np.uint8)
    breaks, separators = buffer == _BREAK, buffer == separator
    every_break = np.flatnonzero(breaks)
    quotes = buffer == _QUOTE
    if quotes.any():
        inside = np.cumsum(quotes, dtype=np.uint8) & 1  # 256 is even: the wrap does not change the parity
        if inside[-1]:
            raise FileRefused(refused("open_quote", line=_first_odd_line(quotes, every_break)))
        breaks &= inside == 0
        separators &= inside == 0
    ends = np.flatnonzero(breaks)
    if not len(ends) or ends[-1] != len(buffer) - 1:
        ends = np.append(ends, len(buffer))
    starts = np.concatenate(([0], ends[:-1] + 1))
    places = np.flatnonzero(separators)
    counts = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    kept = ends - starts > counts  # a line of separators alone is an empty line of the spreadsheet
    lines = np.searchsorted(every_break, starts) + 1
    return _Records(starts[kept], ends[kept], counts[kept], lines[kept])


def _first_odd_line(quotes: npt.NDArray[np.bool_], breaks: Rows) -> int:
    counts = np.bincount(np.searchsorted(breaks, np.flatnonzero(quotes)))
    return int(np.flatnonzero(counts % 2)[0]) + 1


def _fields(record: bytes, separator: str) -> list[str]:
    text = record.decode()
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:  # a value longer than the module accepts
        return text.split(separator)


def _names(header: list[str]) -> list[str]:
    """What each column stands for, '' for one of our own report."""
    found = [columns.recognised(heading) for heading in header]
    if not any(found):
        raise FileRefused(refused("no_header"))
    faults = [*_unrecognised(header, found), *_repeated(header, found), *_missing(found)]
    if faults:
        raise FileRefused(*faults)
    return [name or "" for name in found]


def _unrecognised(header: list[str], found: list[str | None]) -> Iterable[tuple[Kind, str]]:
    for number, (heading, name) in enumerate(zip(header, found, strict=True), start=1):
        if not heading.strip():
            yield refused("unnamed_column", number=number)
        elif name is None:
            near = get_close_matches(columns.plain(heading), columns.headings(), n=1)
            yield refused("unknown_column", heading=heading.strip()[:60], hint=_hint(near, "Supprimez-la ou renommez-la."))


def _hint(near: list[str], otherwise: str) -> str:
    return f" Vouliez-vous dire « {near[0]} » ?" if near else f" {otherwise}"


def _repeated(header: list[str], found: list[str | None]) -> Iterable[tuple[Kind, str]]:
    for name in sorted({name for name in found if name and found.count(name) > 1}):
        same = [heading.strip() for heading, other in zip(header, found, strict=True) if other == name]
        yield refused("duplicate_column", headings=", ".join(f"« {heading} »" for heading in same))


def _missing(found: list[str | None]) -> Iterable[tuple[Kind, str]]:
    missing = [f"« {name} »" for name in columns.REQUIRED if name not in found]
    if "nir" not in found and "code" not in found:
        missing.insert(0, "« nir » ou « code »")
    if missing:
        yield refused("missing_column", names=", ".join(missing))


def _refuse_length(lines: int) -> None:
    if not lines:
        raise FileRefused(refused("no_rows"))
    if lines > MAX_LINES:
        raise FileRefused(refused("too_many_lines", lines=lines, limit=MAX_LINES))


def _sheet(text: bytes, encoding: str, separator: str, header: list[str], names: list[str], records: _Records) -> Sheet:
    right = records.separators == len(header) - 1
    right[0] = False  # the header
    spans = np.column_stack([records.starts, records.ends])
    try:
        raw = _parsed(_only(text, records, right), separator, len(header), int(right.sum()))
    except pa.ArrowInvalid:
        raw, right = _parsed_one_by_one(text, separator, len(header), spans)
    wrong = np.flatnonzero(~right)[1:]
    return Sheet(
        encoding=encoding,
        separator=separator,
        header=header,
        values=_by_name(raw, names),
        lines=records.lines[right],
        misshapen=[(int(records.lines[row]), _fields(text[slice(*spans[row])], separator)) for row in wrong],
        present=frozenset(name for name in names if name),
        _content=text,
        _spans=spans[right],
    )


def _parsed_one_by_one(
    text: bytes, separator: str, width: int, spans: npt.NDArray[np.int64]
) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
    """The slow way, for a file with quotation marks in the middle of a value."""
    records = [_fields(text[start:end], separator) for start, end in spans]
    right = np.array([len(fields) == width for fields in records])
    right[0] = False
    columns_of_text = zip(*(fields for fields, kept in zip(records, right, strict=True) if kept), strict=True)
    return pa.table({str(number): pa.array(column, pa.string()) for number, column in enumerate(columns_of_text)}), right


def _only(text: bytes, records: _Records, kept: npt.NDArray[np.bool_]) -> bytes:
    """The bytes of these records, each with a line break at its end."""
    if not kept.any():
        return b""
    if kept[1:].all() and len(text) == records.ends[-1] + text.endswith(b"\n"):
        return text[records.starts[1] :]
    buffer = np.frombuffer(text if text.endswith(b"\n") else text + b"\n", dtype=np.uint8)
    edges = np.zeros(len(buffer) + 1, dtype=np.int8)
    edges[records.starts[kept]] += 1
    edges[records.ends[kept] + 1] -= 1
    return bytes(buffer[np.cumsum(edges[:-1], dtype=np.int8).astype(bool)].tobytes())


def _parsed(content: bytes, separator: str, width: int, rows: int) -> pa.Table:
    names = [str(number) for number in range(width)]
    if not rows:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=max(len(content), 1)),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=False
        ),
    )
    if table.num_rows != rows:
        raise pa.ArrowInvalid("records were cut otherwise than counted")
    return table


def _by_name(raw: pa.Table, names: list[str]) -> pa.Table:
    empty = pa.repeat(pa.scalar("", pa.string()), raw.num_rows)
    places = {name: place for place, name in enumerate(names) if name}
    return pa.table(
        {name: _cleaned(raw.column(places[name])) if name in places else empty for name in columns.BY_NAME}
    )


def _cleaned(column: pa.ChunkedArray) -> pa.Array:
    """Without spaces at both ends (the unbreakable one included), nor the apostrophe that keeps a spreadsheet from computing."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    bare = pc.replace_substring_regex(pc.utf8_trim_whitespace(whole), r"^'([=+@\t\r-])", r"\1")
    return pc.utf8_trim_whitespace(bare)
