"""Doses sent by other software as a CSV file (VC-61).

`importing.import_file` reads a file, records what can be recorded and keeps each other line with what is wrong with it.
"""
