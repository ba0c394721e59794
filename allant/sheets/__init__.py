"""Text that will be opened in a spreadsheet."""

# A spreadsheet runs a cell that begins so.
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: behind an apostrophe when it begins like one."""
    return f"'{cell}" if cell.startswith(RUN_BY_SPREADSHEETS) else cell
