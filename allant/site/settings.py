"""Django settings. What differs between installations comes from the environment:

ALLANT_HOME     data folder (default: `.allant/` in the clone)
ALLANT_ORIGIN   public address, e.g. https://allant.exemple.fr (default: this machine only)
ALLANT_TODAY    the day taken for today, for demonstrations (default: the clock)
<PROVIDER>_URL, <PROVIDER>_CLIENT_ID, <PROVIDER>_CLIENT_SECRET  identity providers (see `providers`)
ALLANT_BOOKING_PARTNERS  booking partners as JSON: {"code": {"url": "https://…/fhir", "token": "…"}} (default: none)
ALLANT_BOOKINGS_AN_HOUR  appointments booked online from one address (default: 30)
ALLANT_READER_URL  the carte Vitale reader of each workstation (default: http://127.0.0.1:9405); see docs/how-to/carte-vitale.md
ALLANT_SMS_ROUTE  the SMS centre, smpp://identifier:password@host:port/?source=38000 (default: none); see docs/how-to/sms.md
ALLANT_SNAPSHOT  the Parquet snapshot that the workshop counts on (default: the register itself); see docs/how-to/spark.md
ALLANT_TELEPHONY_SECRET  signs what a telephony tells (default: none); see docs/how-to/telephony.md
ALLANT_SNGI_URL, ALLANT_SANDIA_URL, ALLANT_BODIES_URL, ALLANT_SCANNER_URL  the services of identification (default: none);
                see docs/how-to/identification.md
ALLANT_STATE_LOOK  `1` shows the State's logo: reserved by law to State services
DATABASE_URL    a PostgreSQL server (default: the embedded one; importing this file starts nothing)
"""

import json
import os

from allant.api import oauth_settings
from allant.site import database, home, logs, providers

ALLANT_HOME = home.folder()
ALLANT_TODAY = home.fixed_today()
ALLANT_STATE_LOOK = os.environ.get("ALLANT_STATE_LOOK") == "1"
ALLANT_READER_URL = os.environ.get("ALLANT_READER_URL", "http://127.0.0.1:9405").rstrip("/")
ALLANT_BOOKINGS_AN_HOUR = int(os.environ.get("ALLANT_BOOKINGS_AN_HOUR", "30"))  # online, from one address
ALLANT_BOOKING_PARTNERS = json.loads(os.environ.get("ALLANT_BOOKING_PARTNERS", "{}"))
ALLANT_TELEPHONY_SECRET = os.environ.get("ALLANT_TELEPHONY_SECRET", "")  # empty: no telephony may tell anything
ALLANT_SMS_ROUTE = os.environ.get("ALLANT_SMS_ROUTE", "")
ALLANT_SNGI_URL = os.environ.get("ALLANT_SNGI_URL", "")
ALLANT_SANDIA_URL = os.environ.get("ALLANT_SANDIA_URL", "")
ALLANT_BODIES_URL = os.environ.get("ALLANT_BODIES_URL", "")
ALLANT_SCANNER_URL = os.environ.get("ALLANT_SCANNER_URL", "")
ALLANT_SNAPSHOT = os.environ.get("ALLANT_SNAPSHOT", "")
ALLANT_PUBLICATION = ALLANT_HOME / "publication"  # the open-data files served at /chiffres/fichiers/

# Written on printed papers: never taken from a request, so that the same paper is the same bytes.
ALLANT_ADDRESS = _origin.geturl() if (_origin := home.origin()) else "http://127.0.0.1:8000"
ALLANT_PAPER_CHECK = f"{ALLANT_ADDRESS}/papier/"

SECRET_KEY = home.secret_key(ALLANT_HOME)
DEBUG = False
ROOT_URLCONF = "allant.site.urls"
WSGI_APPLICATION = "allant.site.wsgi.application"

INSTALLED_APPS = [
    # the product, lower floors first
    "allant.directory",
    "allant.people",
    "allant.accounts",
    "allant.immunizations",
    "allant.outreach",
    "allant.appointments",
    "allant.casework",
    "allant.campaigns",
    "allant.figures",
    "allant.vaccination",
    "allant.supply",
    "allant.recall",
    "allant.certificates",
    "allant.flu",
    "allant.health_space",
    "allant.rights",
    "allant.identification",
    "allant.country",
    # pages (their templates and static files)
    "allant.pages.base",
    "allant.pages.public",
    "allant.pages.recall",
    "allant.pages.certificates",
    "allant.pages.professional",
    "allant.pages.campaigns",
    "allant.pages.outreach",
    "allant.pages.desk",
    "allant.pages.identity",
    "allant.pages.administration",
    "allant.pages.appointments",
    "allant.pages.places",
    "allant.pages.proposals",
    "allant.pages.inbound",
    "allant.pages.insured",
    "allant.api",
    # site
    "allant.site",
    # libraries
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "widget_tweaks",
    "dsfr",
    "oauth2_provider",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "allant.site.headers.SecurityHeaders",  # outside those that may refuse a request: their answers need it too
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "allant.site.partition.Sessions",  # for people; programs, at /fhir, hold none
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allant.site.partition.Authentication",
    "allant.site.partition.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # default deny and access log
    "allant.accounts.middleware.AccessLogMiddleware",
    "allant.accounts.middleware.AccessMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "allant.pages.base.context.site",
            ],
        },
    }
]

# Data
DATABASES = {"default": database.django_settings(ALLANT_HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # counts the sign-ins: nothing may push them out
    "papers": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "papers"},  # counts the controls of papers
    "partners": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "partners"},  # what partners answered
    "codes": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "codes", "OPTIONS": {"MAX_ENTRIES": 500}},
    "charts": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "charts", "OPTIONS": {"MAX_ENTRIES": 100}},
}

# People who sign in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
SIGN_IN_ORIGINS = providers.origins(os.environ)  # for the content policy
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_space"
SOCIALACCOUNT_PROVIDERS = providers.social_apps(os.environ)
SOCIALACCOUNT_ADAPTER = "allant.site.oidc.AccountsAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from the providers; Allant writes to none of them
OAUTH2_PROVIDER = oauth_settings.SETTINGS
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"  # migrations read it, changed or not
ACCOUNT_RATE_LIMITS = {"sign_in": "60/m/ip"}  # a shared office stays under it, a machine that guesses does not

# Jobs: periodic and finite ones, never one a message (allant/outreach/workers.py)
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"  # the file of a room that declares its jobs

# Language and time
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English"), ("ar", "العربية"), ("es", "Español")]
TIME_ZONE = "Europe/Paris"
USE_TZ = True
USE_I18N = True

# Static files, hashed: a page never meets the style sheet of another version
STATIC_URL = "/static/"
STATIC_ROOT = ALLANT_HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600  # seconds, for the few files without a hash in their name

# French State design system
FORM_RENDERER = "dsfr.forms.DsfrDjangoTemplates"
DSFR_CONTENT_IS_SAFE = False  # tables would print HTML from data
DSFR_USE_INTEGRITY_CHECKSUMS = False  # hashed style sheets would be blocked
DSFR_MARK_OPTIONAL_FIELDS = True

# Security
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
CSRF_FAILURE_VIEW = "allant.pages.base.errors.csrf_failure"
CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "allant.site.sessions"
SESSION_COOKIE_AGE = 8 * 3600  # seconds: a working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if _origin:
    ALLOWED_HOSTS.append(str(_origin.hostname))
    CSRF_TRUSTED_ORIGINS = [_origin.geturl()]
    if _origin.scheme == "https":
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
        SECURE_REDIRECT_EXEMPT = [r"^sante/$"]  # supervisors ask the server itself
        SECURE_HSTS_SECONDS = 365 * 24 * 3600

LOGGING = logs.configuration()
