"""Django's PostgreSQL, but that a connection kept from an earlier request is tried without a round trip."""

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
