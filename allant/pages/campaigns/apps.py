from django.apps import AppConfig


class CampaignsPagesConfig(AppConfig):
    name = "allant.pages.campaigns"
    label = "pages_campaigns"
    verbose_name = "Pages des campagnes"
