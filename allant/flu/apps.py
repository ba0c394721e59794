"""The room as Django knows it."""

from django.apps import AppConfig

LETTER = "grippe-bon"
"""The letter that carries a voucher, whichever campaign of the programme sends it."""


class FluConfig(AppConfig):
    name = "allant.flu"
    label = "flu"
    verbose_name = "Grippe saisonnière"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Offer the ready-made campaigns, and the vouchers of their letters."""
        from allant.campaigns import enclosures, ready_made
        from allant.flu.vouchers import OfLetters

        ready_made.register(ready_made.Programme("flu", "allant.flu"))
        enclosures.register("flu", LETTER, OfLetters())
