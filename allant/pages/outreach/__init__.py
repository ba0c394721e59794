"""The pages of contacts: what is held back and why, the emergency stop, wordings, letters, the links of e-mails."""
