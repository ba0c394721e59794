from django.apps import AppConfig


class ProposalPagesConfig(AppConfig):
    name = "allant.pages.proposals"
    label = "pages_proposals"
    verbose_name = "Pages des courriers avec créneau et des visites à domicile"
