"""The database at one moment, and in its place another: PostgreSQL's own tools, and SQLite's."""

from django.db import connection

from claims.backup.moments import postgres, sqlite


def module():
    """`moment(folder)`: the database now; `is_empty()`; `others()`: how many sessions besides ours;
    `put_in_place(dump)`: replaces the database for a block, for good when the block ends well.
    """
    return postgres if connection.vendor == "postgresql" else sqlite
