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
        """Offer its facts, the ready-made campaigns, and the vouchers of their letters."""
        from allant import facts
        from allant.campaigns import enclosures, ready_made
        from allant.flu.campaigns import FLU
        from allant.flu.facts import FLU_INJECTION
        from allant.flu.vouchers import OfLetters

        facts.register(FLU_INJECTION)
        ready_made.register(FLU)
        enclosures.register(FLU.code, LETTER, OfLetters())
