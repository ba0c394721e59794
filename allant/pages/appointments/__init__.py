"""Pages where anybody books an appointment, without account (AP-12), and sees, moves or cancels it by a signed link (AP-09)."""
