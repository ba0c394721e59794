"""Printed papers: Typst templates to accessible PDF, in a process that is renewed."""
