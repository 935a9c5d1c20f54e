"""Case numbers come from a sequence: two submissions never meet."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL("CREATE SEQUENCE cases_number START 101", "DROP SEQUENCE cases_number")]
