"""Where Alembic starts: it upgrades the connection that `footfall.store.migrate` hands it."""

from alembic import context

from footfall.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
