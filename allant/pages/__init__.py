"""Web pages, one package an audience."""
