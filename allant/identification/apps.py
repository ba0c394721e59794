from django.apps import AppConfig


class IdentificationConfig(AppConfig):
    name = "allant.identification"
    label = "identification"
    verbose_name = "Identification"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the processes, the messages and the facts."""
        from allant import facts
        from allant.casework import registry
        from allant.identification import effects, follow_up, messages, stock
        from allant.outreach import causes

        registry.register(follow_up.FOLLOW_UP, effects.EFFECTS)
        registry.register(follow_up.UNDER_NNP, effects.EFFECTS)
        causes.register(messages.CAUSE, messages.variables_of_steps)
        facts.register(stock.identity_table())
