"""Logs without personal data: an error message may quote a row, so numbers, addresses and row contents are masked."""

import logging
import re
from typing import Any

FORMAT = "{asctime} {levelname} {name} {message}"
MASKS = (
    (re.compile(r"^DETAIL:.*$", re.MULTILINE), "DETAIL: (masqué)"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "(adresse masquée)"),
    (re.compile(r"(?<!\d)[1-8][\s.]?\d{2}[\s.]?\d{2}[\s.]?\d[\dAB](?:[\s.]?\d{3}){2}"), "(numéro masqué)"),  # NIR
    (re.compile(r"(?<!\d)\+?\d(?:[\s.]?\d){8,}"), "(numéro masqué)"),  # phone, RPPS…
)


class DiscreetFormatter(logging.Formatter):
    """Formats a record, then masks what may identify a person (NIR, phone, e-mail, details of a refused row)."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for pattern, mask in MASKS:
            text = pattern.sub(mask, text)
        return text


def configuration(level: str = "WARNING") -> dict[str, Any]:
    """Django's LOGGING: everything to the error stream, discreet."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"discreet": {"()": "allant.site.logs.DiscreetFormatter", "format": FORMAT, "style": "{"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {"django": {"handlers": [], "level": level, "propagate": True}, "allant": {"level": "INFO"}},
    }
