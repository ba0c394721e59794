from django.apps import AppConfig


class OutreachPagesConfig(AppConfig):
    name = "allant.pages.outreach"
    label = "pages_outreach"
    verbose_name = "Pages des contacts"
