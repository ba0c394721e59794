"""Doses: recording, versions, the dose summary."""
