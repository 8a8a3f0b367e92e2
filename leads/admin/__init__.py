"""The administration of leads."""

from leads.admin import configuration, facts, people

__all__ = ["configuration", "facts", "people"]
