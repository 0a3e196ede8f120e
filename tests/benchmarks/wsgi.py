"""The project as operators serve it, with the addresses of tests.benchmarks.urls."""

from django.conf import settings

settings.ROOT_URLCONF = "tests.benchmarks.urls"

from config.wsgi import application  # noqa: E402, F401
