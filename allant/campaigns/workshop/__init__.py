"""The campaign workshop: a target built on a page, criterion by criterion (TG-03)."""
