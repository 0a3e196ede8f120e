from tests.claims.ledger.conftest import clock, publish, send, settle, yantai

__all__ = ["clock", "publish", "send", "settle", "yantai"]
