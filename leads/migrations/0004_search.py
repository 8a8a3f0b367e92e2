"""Leads are searched by parts of names: with an index of trigrams, where PostgreSQL may have one.

PostgreSQL brings the extension, and lets owners of a database add it; some houses do not. There,
and on SQLite, a search reads all leads.
"""

from django.db import migrations

MAY = """
SELECT EXISTS (
    SELECT FROM pg_extension WHERE extname = 'pg_trgm'
) OR EXISTS (
    SELECT FROM pg_available_extension_versions
    WHERE name = 'pg_trgm'
    AND (
        (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR trusted AND has_database_privilege(current_database(), 'CREATE')
    )
)
"""
# An extension may stand in a schema that is not looked into.
KNOWN = "SELECT FROM pg_opclass WHERE opcname = 'gin_trgm_ops' AND pg_opclass_is_visible(oid)"
CREATE = """
CREATE INDEX IF NOT EXISTS lead_search ON leads_lead USING gin (
    name_folded gin_trgm_ops, company_name_folded gin_trgm_ops, email gin_trgm_ops
)
"""


def index(_apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MAY)
        if cursor.fetchone() == (True,):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(KNOWN)
        if cursor.fetchone() is not None:
            cursor.execute(CREATE)


def unindex(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS lead_search")


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_complete_scoring")]

    operations = [migrations.RunPython(index, unindex, elidable=False)]
