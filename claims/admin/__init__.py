from claims.admin import claims, ledger, work

__all__ = ["claims", "ledger", "work"]
