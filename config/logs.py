"""One JSON object per line, on standard error, without personal data."""

import re

import structlog

# PostgreSQL repeats the offending row's values in an error's DETAIL: ID numbers, names, amounts.
_DETAIL = re.compile(r"^\s*DETAIL:.*$", re.MULTILINE)


def without_row_values(_logger, _method, event):
    for key in ("event", "exception"):
        if isinstance(event.get(key), str):
            event[key] = _DETAIL.sub("DETAIL: …", event[key])
    return event


_SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

structlog.configure(
    # First what is not to be written at all.
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def logging_config(level: str) -> dict:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    without_row_values,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # config.middleware says it already, and with the request's id.
            "django.request": {"level": "ERROR"},
            # These two write each request's address with its query.
            "django.server": {"handlers": [], "level": "ERROR", "propagate": False},
            "gunicorn.access": {"handlers": [], "level": "ERROR", "propagate": False},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # One line a task is noise at thousands of tasks; failures are errors.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
