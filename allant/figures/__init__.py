"""Aggregates, statistical secrecy, published files, charts."""
