"""Dialogues by SMS (AV-15): each a small file; one engine, which knows no subject."""
