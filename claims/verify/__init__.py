"""Proving the ledger: what is stored is what the engine gives, and balances are the sums of what moved them."""
