"""Doses ordered by practitioners against weekly allotments, with their delivery (VC-53)."""
