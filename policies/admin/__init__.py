from policies.admin import catalogue, documents, facts, parameters, people, versions

__all__ = ["catalogue", "documents", "facts", "parameters", "people", "versions"]
