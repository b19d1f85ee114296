"""The database's own refusal to change or delete evidence of consent.

Django's model and query set refuse already; triggers refuse to whoever goes past them. Two
changes alone pass, since the law asks for them: a person's row goes and the evidence stays,
and an erased person's evidence keeps a mark in the place of the address (GDPR Art. 17).

They are made after every migration, as SQLite drops a table's triggers when it alters it.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from subscribers.models import ConsentRecord

TABLE = ConsentRecord._meta.db_table  # noqa: SLF001 - Django documents _meta
ERASED_PREFIX = "erased:"
REFUSAL = "Evidence of consent is added, never changed or deleted."
# Only these may change, in the two ways above.
LOOSE = ("subscriber_id", "email", "ip_address")

STATEMENTS = {
    "postgresql": (
        """CREATE OR REPLACE FUNCTION subscribers_keep_consent() RETURNS trigger
           LANGUAGE plpgsql AS $$
           BEGIN
               IF TG_OP = 'UPDATE' THEN
                   IF {allowed} THEN RETURN NEW; END IF;
               END IF;
               RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation';
           END $$""",
        """CREATE OR REPLACE TRIGGER consent_is_kept BEFORE UPDATE OR DELETE ON {table}
           FOR EACH ROW EXECUTE FUNCTION subscribers_keep_consent()""",
        """CREATE OR REPLACE TRIGGER consent_is_not_emptied BEFORE TRUNCATE ON {table}
           FOR EACH STATEMENT EXECUTE FUNCTION subscribers_keep_consent()""",
    ),
    "sqlite": (
        "DROP TRIGGER IF EXISTS consent_is_not_deleted",
        "DROP TRIGGER IF EXISTS consent_is_not_changed",
        """CREATE TRIGGER consent_is_not_deleted BEFORE DELETE ON {table}
           BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
        """CREATE TRIGGER consent_is_not_changed BEFORE UPDATE ON {table} WHEN NOT ({allowed})
           BEGIN SELECT RAISE(ABORT, '{refusal}'); END""",
    ),
}
SAME = {"postgresql": "NEW.{0} IS NOT DISTINCT FROM OLD.{0}", "sqlite": "NEW.{0} IS OLD.{0}"}


def guard_evidence(*, using: str = "default", **_: Any) -> None:
    """Make the triggers, or make them anew; a receiver of Django's post_migrate."""
    connection = connections[using]
    if TABLE not in connection.introspection.table_names():
        return  # migrated to a time before it
    allowed = _write_allowed(connection.vendor)
    with connection.cursor() as cursor:
        for statement in STATEMENTS[connection.vendor]:
            cursor.execute(statement.format(table=TABLE, refusal=REFUSAL, allowed=allowed))


def lift_guard(*, using: str = "default") -> None:
    """Take the triggers away, as a test must to empty its database."""
    connection = connections[using]
    names = {
        "postgresql": ("consent_is_kept", "consent_is_not_emptied"),
        "sqlite": ("consent_is_not_deleted", "consent_is_not_changed"),
    }[connection.vendor]
    tail = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{tail}")


def _write_allowed(vendor: str) -> str:
    """Return the condition under which an UPDATE passes."""
    same = SAME[vendor].format
    columns = [str(each.column) for each in ConsentRecord._meta.concrete_fields]  # noqa: SLF001
    fixed = " AND ".join(same(name) for name in columns if name not in LOOSE)
    unchanged = f"{same('email')} AND {same('ip_address')}"
    erased = f"NEW.email LIKE '{ERASED_PREFIX}%' AND NEW.ip_address IS NULL"
    return f"NEW.subscriber_id IS NULL AND {fixed} AND (({unchanged}) OR ({erased}))"
