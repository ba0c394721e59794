"""The vaccination programme."""

from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "allant.vaccination"
    verbose_name = "Vaccination"

    def ready(self) -> None:
        """Tell the rules of a dose what the declarations say; offer the ready-made campaigns."""
        from allant.campaigns import ready_made
        from allant.campaigns.proposals import slot_letters
        from allant.vaccination import declared
        from allant.vaccination.campaigns import COVID, PROGRAMME
        from allant.vaccination.products import allowed_at

        declared.offer()
        ready_made.register(COVID)
        slot_letters.register(PROGRAMME, allowed_at)
