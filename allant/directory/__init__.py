"""Organisations, funds, practitioners: who may act."""
