"""The public booster calculator: no account, nothing stored (RP-03)."""
