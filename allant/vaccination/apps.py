"""The vaccination programme."""

from django.apps import AppConfig


class VaccinationConfig(AppConfig):
    name = "allant.vaccination"
    verbose_name = "Vaccination"

    def ready(self) -> None:
        """Tell the rules of a dose what the declarations say; offer the ready-made campaigns."""
        from allant.campaigns import injections, ready_made
        from allant.vaccination import declared
        from allant.vaccination.campaigns import COVID, PROGRAMME
        from allant.vaccination.products import allowed_at
        from allant.vaccination.second_appointment import second_slot, wants_second

        declared.offer()
        ready_made.register(COVID)
        injections.register(PROGRAMME, injections.Injections(allowed_at, second_slot, wants_second))
