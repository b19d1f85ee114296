"""One index a foreign key less: what a message costs the database is mostly its indexes."""

from django.db import migrations, models
from django.db.models.deletion import CASCADE, SET_NULL


class Migration(migrations.Migration):
    dependencies = [
        ("mailer", "0018_figures"),
    ]

    operations = [
        # Made before the old one goes, so that no moment is without it.
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("subscriber", "mailing", "list"), name="one_delivery_a_place"
            ),
        ),
        migrations.RemoveConstraint(model_name="delivery", name="one_delivery_a_subscription"),
        migrations.AlterField(
            model_name="delivery",
            name="frozen_edition",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=CASCADE, to="mailer.frozenedition"
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="mailing",
            field=models.ForeignKey(
                db_index=False,
                on_delete=CASCADE,
                related_name="deliveries",
                to="mailer.mailing",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="subscriber",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=SET_NULL,
                related_name="deliveries",
                to="subscribers.subscriber",
            ),
        ),
    ]
