"""Faults on purpose: real PostgreSQL, Redis, web and worker processes, hurt while claims go through them.

`make faults` plays the short set, `make faults SET=long` the long one, `SEED=…` the same choices again;
`python -m tests.faults.mutations` takes the guards out one by one and sees that the harness notices. Commands,
like the benchmarks: pytest collects only the quick tests of the harness's own checks.

A client keeps a journal of what it sent and was told (`client`). After a scenario's faults are over the queue is
drained, what the client does not know is asked again, and `checks` holds the database against the journal,
against the proofs, and against a single-threaded replay in the database's own order (`replay`).
"""
