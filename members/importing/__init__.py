"""Registers that come as CSV files: members, institutions, contributions.

Each module has its COLUMNS, reads rows into plain records, and writes these in chunks, with history. Sending
a file again changes nothing; an empty cell leaves what is on record; a bad row keeps no good one out.
"""
