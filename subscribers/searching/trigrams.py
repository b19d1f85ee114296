"""The index of parts of words, and the triggers that keep what it holds true.

Made after every migration, and not by one: it needs an extension that not everybody may
create. Without it nothing is entered, and people are looked for one by one.
"""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connections, transaction

from subscribers.models import SearchEntry, Subscriber

INDEX = "search_entry_trigrams"
ENTRIES = SearchEntry._meta.db_table  # noqa: SLF001 - Django documents _meta
PEOPLE = Subscriber._meta.db_table  # noqa: SLF001
# Of a person ``{0}``. No name and no search has a line's end, so none is found across it. What
# came decomposed ("e" and an accent) is found by who types it composed.
TEXT = "lower(normalize({0}.email_normalised || E'\\n' || {0}.name))"

# Whoever changes or deletes a person, by whatever way, does it here too: nothing can forget it.
# ALWAYS, since imports write with other triggers off (``subscribers.bulk.skip_row_checks``).
TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION subscribers_keep_entry() RETURNS trigger
        LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                DELETE FROM {ENTRIES} WHERE subscriber_id = OLD.id;
            ELSE
                UPDATE {ENTRIES} SET text = {TEXT.format("NEW")} WHERE subscriber_id = NEW.id;
            END IF;
            RETURN NULL;
        END $$""",  # noqa: S608 - our own names
    f"""CREATE OR REPLACE TRIGGER entry_is_changed
        AFTER UPDATE OF name, email_normalised ON {PEOPLE} FOR EACH ROW
        WHEN (ROW(OLD.name, OLD.email_normalised) IS DISTINCT FROM
              ROW(NEW.name, NEW.email_normalised))
        EXECUTE FUNCTION subscribers_keep_entry()""",
    f"""CREATE OR REPLACE TRIGGER entry_is_deleted AFTER DELETE ON {PEOPLE}
        FOR EACH ROW EXECUTE FUNCTION subscribers_keep_entry()""",
    f"ALTER TABLE {PEOPLE} ENABLE ALWAYS TRIGGER entry_is_changed",
    f"ALTER TABLE {PEOPLE} ENABLE ALWAYS TRIGGER entry_is_deleted",
)
# In the schema that every installation in the database sees, as there is one for all of them.
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public"
WHERE_IT_IS = (
    "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace"
    " WHERE extname = 'pg_trgm'"
)
# What is new waits in a list that each search reads through: at most so many kilobytes of it.
WAITING_KIB = 512


def prepare_search(*, using: str = "default", **_: Any) -> None:
    """Make triggers and index, or make them anew; a receiver of Django's post_migrate."""
    connection = connections[using]
    if connection.vendor != "postgresql" or ENTRIES not in connection.introspection.table_names():
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for statement in TRIGGERS:
            cursor.execute(statement)
    if not has_index(using=using):
        make_index(using=using)


def has_index(*, using: str = "default") -> bool:
    """Tell whether parts of words have an index here."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [INDEX])
        return bool(cursor.fetchone()[0])


def make_index(*, using: str = "default") -> bool:
    """Make the index; return whether we were allowed to, and the extension was there."""
    connection = connections[using]
    try:
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
            cursor.execute(WHERE_IT_IS)
            schema = connection.ops.quote_name(cursor.fetchone()[0])
            cursor.execute(
                f"CREATE INDEX {INDEX} ON {ENTRIES} USING gin (text {schema}.gin_trgm_ops)"
                f" WITH (gin_pending_list_limit = {WAITING_KIB})"
            )
    except DatabaseError:
        return False
    return True
