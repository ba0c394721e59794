"""Letters: files of PDF for a printer, sorted and split by postal department, and what comes back (AV-12)."""
