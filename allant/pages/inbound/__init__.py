"""Pages of agents who answer the telephone or a visitor: who calls, what was sent to them, a slot (AV-30)."""
