"""Addresses of the campaign pages. No person is ever named in one: an invitation stands for its person."""

from django.urls import path

from allant.pages.campaigns import person_views, views, wave_views, why_views, workshop_views

urlpatterns = [
    path("", views.campaign_list, name="campaigns"),
    path("personne/contacts/", person_views.person_history, name="person_history"),
    # Two words before the slug: a campaign may bear any title.
    path("atelier/cibles/", workshop_views.new_target, name="new_target"),
    path("atelier/cibles/<int:draft>/", workshop_views.target_draft, name="target_draft"),
    path("atelier/cibles/<int:draft>/changer/", workshop_views.change_draft, name="change_draft"),
    path("atelier/cibles/<int:draft>/critere/", workshop_views.criterion, name="target_criterion"),
    path("atelier/cibles/<int:draft>/enregistrer/", workshop_views.save_draft, name="save_draft"),
    path("atelier/cibles/<int:draft>/campagne/", workshop_views.new_campaign, name="new_campaign"),
    path("<slug:slug>/", views.campaign_page, name="campaign"),
    path("<slug:slug>/cible/", workshop_views.edit_target, name="edit_target"),
    path("<slug:slug>/vague/", wave_views.launch, name="launch_wave"),
    path("<slug:slug>/arreter/", wave_views.stop, name="stop_campaign"),
    path("<slug:slug>/reprendre/", wave_views.resume, name="resume_campaign"),
    path("<slug:slug>/pourquoi/", why_views.search, name="campaign_why_search"),
    path("<slug:slug>/personnes/<int:invitation>/pourquoi/", why_views.why_page, name="campaign_why"),
]
