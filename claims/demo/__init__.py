"""`make demo`: the whole system with sample data, as one command on one machine.

The people, institutions and claims are invented; the policies are the project's own. See
`claims.management.commands.demo` for the order in which the parts here come in.
"""
