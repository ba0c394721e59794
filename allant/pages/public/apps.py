from django.apps import AppConfig


class PublicPagesConfig(AppConfig):
    name = "allant.pages.public"
    label = "pages_public"
    verbose_name = "Pages publiques"
