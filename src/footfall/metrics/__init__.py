"""The definition of the numbers: SQL text that DuckDB, Spark, PostgreSQL and SQLite share. Integers only."""
