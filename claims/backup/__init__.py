"""A backup is one file: the database at one moment, the files that people uploaded, and what both must add up to.

`moments` reads and replaces the database (PostgreSQL's own tools, SQLite's own interface), `manifest` tells what
a moment holds, `archive` is the file. `claims.services.backup` puts them together.
"""


class BackupError(Exception):
    """Why there is no backup, or nothing was restored: a sentence for the operator, in his language."""
