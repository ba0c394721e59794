from django.apps import AppConfig


class OutreachConfig(AppConfig):
    name = "allant.outreach"
    label = "outreach"
    verbose_name = "Contacts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from allant.outreach import answers, causes, lent
        from allant.outreach.account import placing
        from allant.outreach.dialogues import actions as dialogues

        causes.register(answers.CAUSE, answers.variables_of_answers)
        lent.register(answers.CAUSE, answers.SENDER)
        causes.register(placing.CAUSE, placing.variables_of_notices)
        causes.register(dialogues.CAUSE, dialogues.variables_of_turns)
