"""Messages in the account of the insured person: placed, noticed elsewhere, read (AV-01)."""
