"""Keep the address as it is compared beside each delivery, so that a batch can be asked at once."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


def fill(apps, schema_editor):
    """Give it to deliveries that are still to be sent, as near as SQL comes to it."""
    deliveries = apps.get_model("mailer", "Delivery").objects
    deliveries.filter(state__in=("pending", "deferred")).update(email_normalised=Lower("email"))


class Migration(migrations.Migration):
    dependencies = [("mailer", "0003_dkim_key")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="email_normalised",
            field=models.CharField(blank=True, db_default="", max_length=320),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
