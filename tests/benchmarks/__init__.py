"""How fast, and with how much memory. Each module is a command: `python -m tests.benchmarks.adjudicate`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
