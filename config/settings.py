"""One settings file for every place the system runs in, driven by environment variables (.env.example).

Without any variable it is a *local* system: SQLite and a file broker under var/, a key made on this
machine, and no host name answered but localhost. Setting SECRET_KEY or ALLOWED_HOSTS makes it
*production*: then both are required, and HTTPS is. So no public host is ever served with the local key.
"""

from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- Local or production ------------------------------------------------------------------------

PRODUCTION = bool(env("SECRET_KEY", default="") or env("ALLOWED_HOSTS", default=""))
DEBUG = env.bool("DEBUG", default=False)


def _local_secret_key() -> str:
    """A key made once per machine; "x" makes one of two processes starting together the writer."""
    path = VAR_DIR / "secret_key"
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(get_random_secret_key())
    except FileExistsError:
        pass
    return path.read_text()


LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows internals to visitors: unset it where SECRET_KEY is set.")
    if not (env("SECRET_KEY", default="") and env("ALLOWED_HOSTS", default="")):
        raise ImproperlyConfigured("Production needs both SECRET_KEY and ALLOWED_HOSTS.")
    SECRET_KEY = env("SECRET_KEY")
    ALLOWED_HOSTS = [*env.list("ALLOWED_HOSTS"), *LOCAL_HOSTS]  # the latter for probes
else:
    SECRET_KEY = _local_secret_key()
    ALLOWED_HOSTS = LOCAL_HOSTS

# How many proxies of ours stand before the web server: each adds one X-Forwarded-For entry, and
# the outermost says by X-Forwarded-Proto whether the visitor came by HTTPS. 0 believes no header.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

if PRODUCTION:
    SECURE_SSL_REDIRECT = True
    # Probes come from inside, by plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Preloading binds the whole parent domain, which belongs to the bureau, not to this system.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "axes",
    "policies.apps.PoliciesConfig",
    "members.apps.MembersConfig",
    "claims.apps.ClaimsConfig",
]

MIDDLEWARE = [
    "config.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.PageSessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.PageUsers",
    "config.middleware.PageMessages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a refused login into its own answer
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database and broker ------------------------------------------------------------------------

# An empty variable counts as none, as compose files write it.
_url = env("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
DATABASES = {"default": environ.Env.db_url_config(_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_database = DATABASES["default"]
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        # Readers beside one writer; a writer takes its lock at BEGIN, so that it waits for its turn
        # instead of failing half-way with "database is locked".
        "init_command": "PRAGMA journal_mode=WAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
    # A file, so that threads and processes of a test meet one database as they do outside tests.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    _database["ENGINE"] = "config.postgresql"
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that is away must not hold a thread for minutes: the caller gets 503 and tries again.
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

# Reads of reports go there (policies.replica); without it, to the database itself.
if env("REPLICA_DATABASE_URL", default=""):
    DATABASES["replica"] = environ.Env.db_url_config(env("REPLICA_DATABASE_URL")) | {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["policies.replica.Router"]

CELERY_BROKER_URL = env("BROKER_URL", default="filesystem://localhost")
if CELERY_BROKER_URL.startswith("filesystem:"):
    _broker_dir = VAR_DIR / "broker"
    (_broker_dir / "messages").mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker_dir / "messages"),
        "data_folder_out": str(_broker_dir / "messages"),
        "control_folder": str(_broker_dir / "control"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith(("redis", "sentinel")):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # Longer than any task may run (CELERY_TASK_TIME_LIMIT), or Redis hands it out twice.
        "visibility_timeout": 600,
        # Without these a worker stays deaf for minutes after a network fault.
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        # A sender that finds no broker gives up at once (config.celery.Hint); workers go on trying.
        "max_retries": 0,
    }

# sentinel://host:26379/0;sentinel://host:26379/0 asks the Sentinels which server of this name is the master.
SENTINEL_MASTER = env("SENTINEL_MASTER", default="mymaster")
_sentinel = {"password": env("SENTINEL_PASSWORD")} if env("SENTINEL_PASSWORD", default="") else {}
if CELERY_BROKER_URL.startswith("sentinel"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "master_name": SENTINEL_MASTER,
        "sentinel_kwargs": {"socket_timeout": 5, "socket_connect_timeout": 5, **_sentinel},
    }

# Only counts requests (claims.api.access): by all processes together where there is Redis.
if CELERY_BROKER_URL.startswith("redis"):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CELERY_BROKER_URL,
            "KEY_PREFIX": "claims",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }

elif CELERY_BROKER_URL.startswith("sentinel"):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "sentinel",
            "KEY_PREFIX": "claims",
            "OPTIONS": {
                "pool_class": "config.sentinel.Pool",
                "addresses": CELERY_BROKER_URL,
                "master": SENTINEL_MASTER,
                "sentinel": _sentinel,
                "socket_timeout": 1,
                "socket_connect_timeout": 1,
            },
        }
    }

# The database is the queue of record and a message only a hint that there is work: one that cannot be
# sent is not worth waiting for. Nor is one kept until its task is done: after a worker died the sweep finds what
# it left, while acknowledging late, on a connection that was lost meanwhile, ends Celery's worker itself.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
# What adjudicating some sets of claims may take, in seconds, and a worker's process hold, in megabytes (0: any).
DRAIN_TIME_LIMIT = env.float("DRAIN_TIME_LIMIT", default=120)
WORKER_MEMORY_MB = env.int("WORKER_MEMORY_MB", default=2048)
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlasts any outage of the broker
CELERY_DB_REUSE_MAX = 1000  # else every task opens a database connection of its own
CELERY_TIMEZONE = "Asia/Shanghai"
# Where a worker shows its own /metrics, for workers that run elsewhere than the web. 0: nowhere.
WORKER_METRICS_ADDRESS = env("WORKER_METRICS_ADDRESS", default="127.0.0.1")
WORKER_METRICS_PORT = env.int("WORKER_METRICS_PORT", default=0)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "claims-sweep": {
        "task": "claims.tasks.sweep",
        "schedule": 5,
        # A sweep that nobody took in time is superseded by the next.
        "options": {"expires": 30},
    },
    "members-monthly-credits": {
        "task": "members.tasks.credit_month",
        # Daily, since a repeat credits nobody twice: what a lost message leaves out, the next day books.
        "schedule": crontab(hour="2", minute="0"),
    },
}

# --- People -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "policies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 12 * 3600  # a working day

# Five wrong passwords for one name from one address: a quarter of an hour's pause. By both, so that
# nobody can lock a colleague out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_address"
AXES_VERBOSE = False

# --- History, API, pages ------------------------------------------------------------------------

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
# Going back is a new change with its own reason and checks, never a button on an old record.
SIMPLE_HISTORY_REVERT_DISABLED = True

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.negotiation.Negotiation",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["claims.api.access.PerAddress"],
    "EXCEPTION_HANDLER": "config.problems.answer",
    "NUM_PROXIES": TRUSTED_PROXIES,
}
# One claim of 500 lines takes at most three quarters of this.
API_MAX_BODY_BYTES = env.int("API_MAX_BODY_BYTES", default=1024 * 1024)
# A file of claims. It is written to disk as it comes.
API_MAX_BATCH_BYTES = env.int("API_MAX_BATCH_BYTES", default=20 * 1024 * 1024)
# How many requests of one process may wait for their settlement (Prefer: wait): each holds a thread.
API_WAITING_REQUESTS = env.int("API_WAITING_REQUESTS", default=4)
# 0 sets no limit. A hospital's system sends all its claims by one key, often from one address.
API_REQUESTS_PER_MINUTE_AND_KEY = env.int("API_REQUESTS_PER_MINUTE_AND_KEY", default=6000)
API_REQUESTS_PER_MINUTE_AND_ADDRESS = env.int("API_REQUESTS_PER_MINUTE_AND_ADDRESS", default=12000)
# Claims are refused (503, Retry-After) while so many wait, or the oldest for so long. 0 sets no limit. What was
# accepted is safe however long it waits: this is for a queue that workers will not get through in useful time.
API_MOST_QUEUED = env.int("API_MOST_QUEUED", default=1_000_000)
API_OLDEST_QUEUED_SECONDS = env.int("API_OLDEST_QUEUED_SECONDS", default=6 * 3600)
API_RETRY_SECONDS = env.int("API_RETRY_SECONDS", default=60)
SPECTACULAR_SETTINGS = {
    "TITLE": "职工医保门诊共济 · Outpatient claims API",
    "DESCRIPTION": (
        "定点医药机构费用申报接口。金额为两位小数的字符串（元），日期为 ISO 8601；出错时返回 RFC 9457 "
        "application/problem+json，errors 一次列出全部错误；说明文字按 Accept-Language 为中文或英文。"
        "[national: …] 为《定点医药机构接口规范》中的对应字段。\n\n"
        "The API of designated institutions. Money is a string in yuan with two decimals, dates are ISO 8601. "
        "What goes wrong is RFC 9457 application/problem+json, with all faults of a request in errors; texts are "
        "Chinese or English by Accept-Language. [national: …] is the field of the national interface that says "
        "the same."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "BasisEnum": "policies.terms.CITE_KINDS",
        "ClaimStatusEnum": "claims.api.shapes.CLAIM_STATES",
        "MemberStatusEnum": "policies.terms.STATUSES",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",  # served from here: a bureau's network reaches no CDN
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

UNFOLD = {
    "SITE_TITLE": _("Outpatient mutual aid"),
    "SITE_HEADER": _("Outpatient mutual aid"),
    "SITE_SYMBOL": "health_and_safety",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("pages.css")],
    "SIDEBAR": {"navigation": "config.sidebar.navigation"},
    "DASHBOARD_CALLBACK": "claims.views.home.dashboard",
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 240)",
            "100": "oklch(94% .03 240)",
            "200": "oklch(88% .055 240)",
            "300": "oklch(80% .09 240)",
            "400": "oklch(70% .115 242)",
            "500": "oklch(60% .125 245)",
            "600": "oklch(50% .12 248)",
            "700": "oklch(43% .11 250)",
            "800": "oklch(37% .09 252)",
            "900": "oklch(31% .07 254)",
            "950": "oklch(24% .055 256)",
        },
    },
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "templates" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# What people upload, by no address of its own: pages that ask who is there hand it out.
MEDIA_ROOT = VAR_DIR / "media"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
if PRODUCTION:
    STATIC_ROOT = BASE_DIR / "staticfiles"
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
else:
    WHITENOISE_USE_FINDERS = True  # straight from the apps: nothing to collect first

LOGGING = logging_config(level=env("LOG_LEVEL", default="INFO"))
