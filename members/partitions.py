"""Account entries in parts by account, on PostgreSQL (docs/decisions/0006-partitions.md).

Not by time: that a month is credited, a settlement booked and an account opened once holds by unique indexes
that all begin with the account, and within parts by time they would hold for each part alone.
"""

from policies.partitions import HASH, CutIntoParts, Part, Parted

PARTS = 16
ENTRIES = Parted("members_accountentry", HASH, "account_id", primary=("id", "account_id"))


class CutByAccount(CutIntoParts):
    """Cuts account entries into as many parts as there will ever be."""

    def parts(self, cursor):
        for number in range(PARTS):
            bounds = f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {number})"
            yield Part(f"{self.parted.table}_{number:02d}", bounds)
