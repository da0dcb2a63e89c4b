"""Settings, all from TIFO_* variables; development defaults refuse to start in production.

A secret may come from a file: TIFO_SECRET_KEY_FILE=/run/secrets/key.
"""

import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from tifo.server.checks import check_settings
from tifo.server.database import database_from_url

TIFO_DATA = Path(os.environ.get("TIFO_DATA", "tifo-data")).expanduser().resolve()


def _make_data_folder() -> None:
    try:
        TIFO_DATA.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ImproperlyConfigured(
            f"TIFO_DATA={TIFO_DATA} is a file; name a folder, which is made if it isn't there"
        ) from None
    except OSError as error:
        raise ImproperlyConfigured(
            f"TIFO_DATA={TIFO_DATA} can't be made ({error.strerror}); name another folder"
        ) from None


def _beside_the_data() -> dict[str, str]:
    """Settings kept with the data, `TIFO_DATA/tifo.env`: a NAME=value a line; the environment goes before it."""
    file = TIFO_DATA / "tifo.env"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{file} can't be read as text: {error}") from None
    kept = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise ImproperlyConfigured(f"{file}, line {number}: write NAME=value, or begin it with #")
        kept[name.strip()] = value.strip()
    return kept


_make_data_folder()
_KEPT = _beside_the_data()


def _state_folder() -> Path:
    """Where this account keeps what is no part of the base."""
    return Path(os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state"), "tifo")  # noqa: PTH111  an account without a home is no error here


def _setting(name: str, default: str = "") -> str:
    """A TIFO_* variable, the content of the file that TIFO_*_FILE names, or what stands beside the data."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names {path}, which can't be read as text: {error}"
            ) from None
    return os.environ.get(name) or _KEPT.get(name, default)


def _number(name: str) -> int | None:
    """A whole number, or None where the setting is empty (the rule is then off)."""
    text = _setting(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ImproperlyConfigured(f"{name}={text!r} is not a whole number; write e.g. {name}=1000")
    return int(text)


def _development_key(folder: Path) -> str:
    """A key made once and kept beside the data, so that tokens outlive a restart."""
    path = folder / "secret.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"secret.key.{os.getpid()}"
        fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
        fresh.chmod(0o600)
        try:
            os.link(fresh, path)  # whoever comes second keeps the first one's key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii").strip()


TIFO_ENV = _setting("TIFO_ENV", "development")
if TIFO_ENV not in ("development", "production"):
    raise ImproperlyConfigured(f"TIFO_ENV={TIFO_ENV!r}: write development or production")
PRODUCTION = TIFO_ENV == "production"

TIFO_STATE = _state_folder()
TIFO_EPOCH_FILE = _setting(
    "TIFO_EPOCH_FILE"
)  # says that this base is the one that sends; outside of TIFO_DATA
TIFO_DATABASE_URL = _setting("TIFO_DATABASE_URL")
TIFO_LAKE_URL = _setting("TIFO_LAKE_URL")
TIFO_LAKE_MEMORY = _setting("TIFO_LAKE_MEMORY", "25%")
TIFO_SMTP_URL = _setting("TIFO_SMTP_URL", "smtp://127.0.0.1:2525")
TIFO_RELAY_LOG = _setting("TIFO_RELAY_LOG")  # the log of a Postfix of our own: settles what is in doubt
TIFO_SENDER = _setting("TIFO_SENDER", "tifo <news@tifo.example>")
# What comes back: where bounces go ("bounces+*@example.org"; empty: to the sender), and how they are heard.
TIFO_RETURN_PATH = _setting("TIFO_RETURN_PATH")
TIFO_INBOUND_IMAP_URL = _setting("TIFO_INBOUND_IMAP_URL")
TIFO_INBOUND_BIND = _setting("TIFO_INBOUND_BIND", "127.0.0.1:2424")
TIFO_WEBHOOKS = {  # of mail services: what their signatures are checked with; a service without it is not heard
    "signed": _setting("TIFO_WEBHOOK_SECRET"),
    "mailgun": _setting("TIFO_MAILGUN_SIGNING_KEY"),
    "mailersend": _setting("TIFO_MAILERSEND_SIGNING_SECRET"),
    "postmark": _setting("TIFO_POSTMARK_BASIC_AUTH"),
}
TIFO_TRACKERS = {  # services that tell activities, by name: the secret by which each signs, whsec_…
    name.strip(): secret.strip()
    for name, _colon, secret in (part.partition(":") for part in _setting("TIFO_TRACKERS").split(",") if part)
}
TIFO_POSTAL_ADDRESS = _setting("TIFO_POSTAL_ADDRESS", "1 Stadium Road, 75000 Paris")
TIFO_PUBLIC_URL = _setting("TIFO_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
TIFO_TRACK_URL = _setting("TIFO_TRACK_URL", "http://127.0.0.1:8001").rstrip("/")
TIFO_WEB_BIND = _setting("TIFO_WEB_BIND", "127.0.0.1:8000")
TIFO_TRACK_BIND = _setting("TIFO_TRACK_BIND", "127.0.0.1:8001")
TIFO_INBOX_BIND = _setting("TIFO_INBOX_BIND", "127.0.0.1:2525")
# Outside production only these may be mailed; the default's domains are reserved and belong to nobody (RFC 2606).
TIFO_ALLOWED_RECIPIENTS = tuple(
    pattern.strip()
    for pattern in _setting("TIFO_ALLOWED_RECIPIENTS", "*@*.example,*@example.org,*@example.com").split(",")
    if pattern.strip()
)
TIFO_LOG_LEVEL = _setting("TIFO_LOG_LEVEL", "INFO").upper()
TIFO_EVENT_NAME = _setting("TIFO_EVENT_NAME", "tifo")
TIFO_ACCENT = _setting("TIFO_ACCENT", "#1f5fbf")
TIFO_LANGUAGES = ("en", "fr", "es", "ar")
TIFO_APPROVAL_ABOVE = _number("TIFO_APPROVAL_ABOVE")
# Above so many fans a sending leaves in steps; where it is set, sendings are watched and halt by themselves.
TIFO_RAMP_ABOVE = 10_000 if PRODUCTION and not _setting("TIFO_RAMP_ABOVE") else _number("TIFO_RAMP_ABOVE")
TIFO_PRESSURE_CAP = _setting("TIFO_PRESSURE_CAP")  # "3/7d": at most three in seven days; empty: no cap
TIFO_QUIET_HOURS = _setting("TIFO_QUIET_HOURS")  # "21:00-08:00" in the fan's own zone; empty: none

SECRET_KEY = _setting("TIFO_SECRET_KEY") or ("" if PRODUCTION else _development_key(TIFO_DATA))
# Retired keys still open what they sealed: "1:old-secret,2:older". The current one has TIFO_SECRET_KEY_ID.
TIFO_SECRET_KEY_ID = 1 if (_key_id := _number("TIFO_SECRET_KEY_ID")) is None else _key_id
TIFO_RETIRED_KEYS = _setting("TIFO_RETIRED_KEYS")

check_settings(globals())
if PRODUCTION:
    for name, value, mend in (
        ("TIFO_SECRET_KEY", SECRET_KEY, "a long random text, e.g. from `openssl rand -base64 48`"),
        ("TIFO_PUBLIC_URL", _setting("TIFO_PUBLIC_URL"), "the address that fans open"),
        ("TIFO_TRACK_URL", _setting("TIFO_TRACK_URL"), "the address of links in mails"),
        ("TIFO_SENDER", _setting("TIFO_SENDER"), "'Name <address>' that mails come from"),
        ("TIFO_POSTAL_ADDRESS", _setting("TIFO_POSTAL_ADDRESS"), "the organiser's postal address"),
        ("TIFO_SMTP_URL", _setting("TIFO_SMTP_URL"), "the mail server, smtp://host:port"),
    ):
        if not value:
            raise ImproperlyConfigured(f"TIFO_ENV=production needs {name}: {mend}")

DEBUG = False
ALLOWED_HOSTS = [host for host in _setting("TIFO_HOSTS", "" if PRODUCTION else "*").split(",") if host] or [
    TIFO_PUBLIC_URL.split("://", 1)[-1].split(":")[0].split("/")[0]
]
CSRF_TRUSTED_ORIGINS = [TIFO_PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",  # so that the page of the API loads its script from here
    # the contexts, lowest first
    "tifo.kernel",
    "tifo.ui",
    "tifo.lake",
    "tifo.accounts",
    "tifo.fans",
    "tifo.audiences",
    "tifo.consents",
    "tifo.delivery",
    "tifo.preferences",
    "tifo.points",
    "tifo.spectators",
    "tifo.quests",
    "tifo.rewards",
    "tifo.content",
    "tifo.campaigns",
    "tifo.registry",
    "tifo.insights",
    "tifo.fanclub",
    "tifo.inbox",
    "tifo.server",
    # behind the contexts, so that our templates are found before theirs
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tifo.server.headers.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tifo.server.refusals.Refusals",
    "tifo.server.gate.DefaultDeny",
    "tifo.server.club.ClubPages",
]

ROOT_URLCONF = "tifo.server.urls"
WSGI_APPLICATION = "tifo.server.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "tifo.ui.context.look",
                "tifo.server.alarms.alarms",
            ],
        },
    }
]

DATABASES = {"default": database_from_url(TIFO_DATABASE_URL, TIFO_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ("name", "email")}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# Sign-in: staff by password, fans by a code that is mailed; a second factor for whoever wants one.
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "tifo.accounts.web.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # says that there are passwords; nobody signs up here
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = str
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by an invitation or by joining the club
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody makes us write to strangers
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True  # one address an account: a new one takes its place once its link was followed
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "tifo.accounts.web.sign_in.SignInForm",
    "add_email": "tifo.accounts.web.sign_in.NewAddressForm",
    "change_password": "tifo.accounts.web.sign_in.NewPasswordForm",
    "set_password": "tifo.accounts.web.sign_in.FirstPasswordForm",
}
MFA_ADAPTER = "tifo.accounts.web.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = TIFO_EVENT_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# How many proxies of ours stand before tifo: only as many entries of X-Forwarded-For are believed.
ALLAUTH_TRUSTED_PROXY_COUNT = _number("TIFO_TRUSTED_PROXIES") or 0

# Limits on sign-in count across processes, machines and restarts, so they live in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
EMAIL_BACKEND = "tifo.delivery.adapters.django_mail.LetterBackend"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = TIFO_SENDER

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # blots out addresses, phone numbers and tokens, in tracebacks too
        "safe": {
            "()": "tifo.kernel.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "safe"}},
    "root": {"handlers": ["console"], "level": TIFO_LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": [], "propagate": True},
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("es", _("Spanish")), ("ar", _("Arabic"))]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "/static/"
STATIC_ROOT = TIFO_DATA / "static"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
