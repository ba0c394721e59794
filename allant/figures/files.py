"""Writing published tables: the official CSV dialect, Parquet, and a folder that appears whole or not at all."""

import csv
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SEPARATOR = ";"
LAST = "metadata.json"  # replaced last: its date is that of every file beside it


def write_csv(table: pa.Table, path: Path) -> None:
    """Semicolons, no quotes, ISO days, one decimal for percentages and populations, nothing for a blank cell."""
    plain = pa.table({name: _as_text(table[name]) for name in table.column_names})
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=SEPARATOR, quoting_style="none")
    with path.open("wb") as file:
        file.write(f"{SEPARATOR.join(table.column_names)}\n".encode())
        pyarrow.csv.write_csv(plain, file, options)


def write_texts(table: pa.Table, path: Path) -> None:
    """A small table of sentences: quotes where the separator stands inside one."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=SEPARATOR, lineterminator="\n")
        writer.writerow(table.column_names)
        writer.writerows(zip(*table.to_pydict().values(), strict=True))


def write_parquet(table: pa.Table, path: Path) -> None:
    """The same table with its types; the same table gives the same bytes."""
    pyarrow.parquet.write_table(table, path, compression="zstd")


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `folder` when the block ends well; the former one stays until then."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        work.chmod(0o755)
        yield work
        _swap(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _swap(work: Path, folder: Path) -> None:
    """One rename for a new folder. Over a former one, file by file, so a reader finds an old or a new file, never half of one."""
    if not folder.exists():
        work.rename(folder)
        return
    for path in sorted(work.iterdir(), key=lambda path: (path.name == LAST, path.name)):
        path.replace(folder / path.name)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    if not pa.types.is_floating(column.type):
        return column
    values = column.to_numpy()
    tenths, which = np.unique(np.where(np.isnan(values), 0, np.rint(values * 10)), return_inverse=True)
    texts = np.array([f"{value / 10:.1f}" for value in tenths])
    return pa.array(texts[which], mask=np.isnan(values))
