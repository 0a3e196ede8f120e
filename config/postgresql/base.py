"""Django's PostgreSQL, but for how a connection is kept and how its prepared statements are planned."""

import select

from django.db.backends.postgresql import base


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

        (Only claims.one_statement prepares any.) Nor is any of ours long enough to be worth compiling.
        """
        super().init_connection_state()
        self.connection.execute("SET plan_cache_mode = force_generic_plan; SET jit = off")
        if not self.get_autocommit():
            self.connection.commit()
