"""Django's PostgreSQL, but for how a connection is kept and how its prepared statements are planned."""

import select

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        """Whether the server is still there. A server that ends a connection says so, or closes it.

        So only where something has arrived unasked is it worth asking the server, which costs a request as
        much as reading its key does.
        """
        if self.connection is None or self.connection.closed:
            return False
        arrived = select.poll()
        arrived.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if arrived.poll(0) else True

    def init_connection_state(self) -> None:
        """Prepared statements are planned once for a connection: planning some takes longer than running them.

        (Only planned_cursor prepares any.) Nor is any of ours long enough to be worth compiling.
        """
        super().init_connection_state()
        self.connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
        if not self.get_autocommit():
            self.connection.commit()

    def planned_cursor(self) -> CursorWrapper:
        """A cursor whose statements the server plans once for each connection, and runs ever after.

        For what every request asks: planning it takes longer than running it. Django's own cursors put parameters
        into the text, and so plan anew each time.
        """
        self.ensure_connection()
        self.connection.prepare_threshold = 0
        return self._prepare_cursor(psycopg.Cursor(self.connection))
