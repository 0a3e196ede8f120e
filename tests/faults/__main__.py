"""Play the scenarios and print what was found: python -m tests.faults [--set long] [--seed N] [--only NAME]."""

from tests.faults.commands import main

main()
