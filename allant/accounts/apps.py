from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "allant.accounts"
    label = "accounts"
    verbose_name = "Comptes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        from allant.accounts import checks  # noqa: F401
