from policies.admin import catalogue, documents, parameters, people, versions

__all__ = ["catalogue", "documents", "parameters", "people", "versions"]
