"""History as people read it: what changed about a record and all that belongs to it, in one order of time.

django-simple-history stays the store of what people edit; what machines and services append (transitions,
events, account entries) is merged with it. Each app registers what belongs to its records (`registry`).
"""
