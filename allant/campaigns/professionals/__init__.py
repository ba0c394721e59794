"""Professionals as targets (TG-13): whom a mail means, mails drafted by a change of doctrine, visits of the funds' delegates."""
