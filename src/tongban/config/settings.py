"""Settings. Every value that an operator may change is an environment variable listed in docs/operations.md."""

import os
from ipaddress import ip_network

from psycopg.conninfo import conninfo_to_dict

from tongban.config import places

DEBUG = False
DEMO = os.environ.get("TONGBAN_DEMO") == "1"
DEMO_PEOPLE = int(os.environ.get("TONGBAN_PEOPLE", "20000"))  # synthetic persons in the demo's population register
# Whether administrators need two proofs; off in the demo, whose personas have none.
STRONG_LOGIN = os.environ.get("TONGBAN_STRONG_LOGIN", "0" if DEMO else "1") == "1"
SECRET_KEY = places.secret("web").hex()
SECRET_KEY_FALLBACKS: list[str] = []
ALLOWED_HOSTS = os.environ.get("TONGBAN_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
PUBLIC_ADDRESS = os.environ.get("TONGBAN_ADDRESS", "http://127.0.0.1:8000")
DATA_DIR = places.data_dir()
DATASETS = places.DATASETS

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tongban.ui.apps.SiteConfig",
    "procrastinate.contrib.django",
    "tongban.ui",
    "tongban.kernel.jobs",
    "tongban.kernel.orgs",
    "tongban.kernel.identity",
    "tongban.kernel.ledger",
    "tongban.kernel.calendar",
    "tongban.kernel.files",
    "tongban.kernel.nodes",
    "tongban.kernel.catalogue",
    "tongban.kernel.cases",
    "tongban.kernel.notices",
    "tongban.config",
    "tongban.rooms.trust.account",
    "tongban.rooms.trust.security",
    "tongban.rooms.base.continuity",
    "tongban.rooms.base.networks",
    "tongban.rooms.data.exchange",
    "tongban.rooms.data.registries",
    "tongban.rooms.service.hall",
    "tongban.rooms.service.supervision",
]
MIDDLEWARE = [
    "tongban.ui.guard.SecurityMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tongban.ui.guard.ActorMiddleware",
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
                "tongban.ui.chrome.page_frame",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "tongban.ui.templatetags.look"],
        },
    }
]
ROOT_URLCONF = "tongban.config.urls"
WSGI_APPLICATION = "tongban.config.wsgi.application"
AUTH_USER_MODEL = "identity.Account"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "account:login"

_parts = conninfo_to_dict(os.environ.get("DATABASE_URL", "postgresql:///tongban"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _parts.pop("dbname", "tongban"),
        "USER": _parts.pop("user", ""),
        "PASSWORD": _parts.pop("password", ""),
        "HOST": _parts.pop("host", ""),
        "PORT": _parts.pop("port", ""),
        "OPTIONS": {**_parts, "application_name": "tongban", "prepare_threshold": 1},
        "CONN_MAX_AGE": 600,
        "TEST": {"NAME": os.environ.get("TONGBAN_TEST_DB", "test_tongban")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [places.LOCALE]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_LIMIT = 20 * 1024 * 1024
LARGE_LIMIT = 4 * 1024**3  # bytes of a file that comes in parts
OBJECTS = os.environ.get("TONGBAN_OBJECTS", "") or str(DATA_DIR / "objects")
BODY_LIMIT = 64 * 1024 * 1024

SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_IDLE = 30 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tongban.ui.refusals.csrf_refused"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_ADDRESS.startswith("https")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

LEDGER_ORIGIN = os.environ.get("TONGBAN_ORIGIN", "")
LEDGER_WITNESSES = os.environ.get("TONGBAN_WITNESSES", "").split()
RATE_LIMITS = os.environ.get("TONGBAN_RATE_LIMITS", "1") == "1"
PROXIES = [ip_network(p) for p in os.environ.get("TONGBAN_PROXIES", "").split()]
SYSLOG = os.environ.get("TONGBAN_SYSLOG", "")
CLAMAV_SOCKET = os.environ.get("CLAMAV_SOCKET", "")
EMAIL_HOST = os.environ.get("SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("SMTP_PORT", "25"))
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", "tongban@localhost")
SMS_GATEWAY = os.environ.get("SMS_GATEWAY", "")
NOTICE_WEBHOOK = os.environ.get("NOTICE_WEBHOOK", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask": {"()": "tongban.lib.masking.LogFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["mask"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]  # TLS ends at the balancer; see docs/operations.md
