"""The call desk: agents take people one at a time from the outbox, call them, and say what came of it (AV-20 to AV-27)."""
