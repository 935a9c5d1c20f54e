"""Assigned blocks of one network never overlap: the database refuses, whoever writes.

One constraint for each network, because an equality beside the overlap would need the extension btree_gist, which the embedded server lacks.
"""

from django.db import migrations

NETWORKS = ("inner", "outer", "internet")
FREE = """
    ALTER TABLE networks_addressblock ADD CONSTRAINT address_block_free_{0}
      EXCLUDE USING gist ((block::inet) inet_ops WITH &&) WHERE (network = '{0}' AND freed_on IS NULL AND NOT pool)"""
OPEN = "ALTER TABLE networks_addressblock DROP CONSTRAINT address_block_free_{0}"


class Migration(migrations.Migration):
    dependencies = [("networks", "0001_initial")]
    operations = [migrations.RunSQL(FREE.format(n), OPEN.format(n)) for n in NETWORKS]
