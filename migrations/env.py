"""Alembic's entry: migrates the database that ``podium.core.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from podium.core.migrate import comparable, metadata

config = context.config
connection = config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=comparable,
    user_module_prefix="podium_types.",
)
with context.begin_transaction():
    context.run_migrations()
