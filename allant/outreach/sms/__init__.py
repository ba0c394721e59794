"""SMS over SMPP 3.4: a route to a centre, a session, the sender that empties the outbox, receipts (AV-10, AV-14)."""
