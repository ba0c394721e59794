"""Every address of the site."""

from django.urls import include, path

from allant.accounts.access import public
from allant.site.health import health, sendings_health

urlpatterns = [
    path("", include("allant.api.urls")),  # first: programs ask by thousands
    path("", include("allant.pages.public.urls")),
    path("", include("allant.pages.base.urls")),
    path("certificats/", include("allant.pages.certificates.urls")),
    path("mon-rappel/", include("allant.pages.recall.urls")),
    path("professionnel/", include("allant.pages.professional.urls")),
    path("campagnes/", include("allant.pages.campaigns.urls")),
    path("contacts/", include("allant.pages.outreach.urls")),
    path("appels/", include("allant.pages.desk.urls")),
    path("administration/", include("allant.pages.administration.urls")),
    path("identite/", include("allant.pages.identity.urls")),
    path("assure/", include("allant.pages.insured.urls")),
    path("rendez-vous/", include("allant.pages.appointments.urls")),
    path("accueil-telephonique/", include("allant.pages.inbound.urls")),
    path("lieux/", include("allant.pages.places.urls")),
    path("aller-vers/", include("allant.pages.proposals.urls")),
    path("connexion/", include("allant.site.signin")),
    path("sante/", public(health), name="health"),
    path("sante/envois/", public(sendings_health), name="sendings_health"),
]

handler400 = "allant.pages.base.errors.bad_request"
handler403 = "allant.pages.base.errors.forbidden"
handler404 = "allant.pages.base.errors.not_found"
handler500 = "allant.pages.base.errors.server_error"
