from members.admin import accounts, institutions, people, registers

__all__ = ["accounts", "institutions", "people", "registers"]
