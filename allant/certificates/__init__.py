"""Certificates of vaccination, recovery and tests: EU certificates and 2D-DOC, issued, revoked, verified."""
