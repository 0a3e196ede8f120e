from members.admin import accounts, institutions, keys, logins, people, registers, standings

__all__ = ["accounts", "institutions", "keys", "logins", "people", "registers", "standings"]
