"""The database: models, repositories, migrations, audit chain, sealed recordings."""
