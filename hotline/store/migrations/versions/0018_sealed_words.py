"""What is typed freely into a form is sealed like names and numbers; a version for each field of a form.

What stands in clear is sealed on the way up and opened again on the way down, so the master key must be there when a database
with forms is migrated.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import context, op

from hotline.secrecy import Secrecy

revision = "0018"
down_revision = "0020"
branch_labels = None
depends_on = None

FREE = ("facts", "request", "advice", "next_step", "occupation", "law_cited", "missing_materials")

forms = sa.table("call_forms", sa.column("call_id", sa.String), sa.column("fields", sa.JSON), sa.column("texts_enc", sa.Text))


def upgrade() -> None:
    op.add_column("call_forms", sa.Column("texts_enc", sa.Text(), nullable=False, server_default=""))
    op.add_column("call_forms", sa.Column("field_versions", sa.JSON(), nullable=False, server_default="{}"))
    bind = op.get_bind()
    for call_id, fields in bind.execute(sa.select(forms.c.call_id, forms.c.fields)).all():
        free = {key: fields[key] for key in FREE if fields.get(key)}
        if free:
            sealed = _secrecy().seal(json.dumps(free, ensure_ascii=False), f"call_forms.texts:{call_id}")
            rest = {key: value for key, value in fields.items() if key not in FREE}
            bind.execute(forms.update().where(forms.c.call_id == call_id).values(fields=rest, texts_enc=sealed))
    with op.batch_alter_table("call_forms") as batch:
        batch.alter_column("texts_enc", server_default=None)
        batch.alter_column("field_versions", server_default=None)


def downgrade() -> None:
    bind = op.get_bind()
    for call_id, fields, sealed in bind.execute(sa.select(forms.c.call_id, forms.c.fields, forms.c.texts_enc)).all():
        if sealed:
            free = json.loads(_secrecy().open(sealed, f"call_forms.texts:{call_id}"))
            bind.execute(forms.update().where(forms.c.call_id == call_id).values(fields={**fields, **free}))
    with op.batch_alter_table("call_forms") as batch:
        batch.drop_column("field_versions")
        batch.drop_column("texts_enc")


def _secrecy() -> Secrecy:
    keys_dir = context.config.attributes.get("keys_dir")
    if keys_dir is None:
        raise RuntimeError("forms hold words to seal: the folder of the master key must be named")
    return Secrecy.from_dir(keys_dir)
