from claims.admin import batches, claims, ledger, work

__all__ = ["batches", "claims", "ledger", "work"]
