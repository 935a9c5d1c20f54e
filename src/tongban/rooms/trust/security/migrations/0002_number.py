"""Numbers of incidents and warnings."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("security", "0001_initial")]
    operations = [migrations.RunSQL("CREATE SEQUENCE security_number", "DROP SEQUENCE security_number")]
