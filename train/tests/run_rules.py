"""Runs the cleaning rules over a catalogue's shards in an engine that is not ours; prints CSV.

Usage: run_rules.py duckdb|datafusion CATALOGUE
"""

import csv
import pathlib
import sys

engine, catalogue = sys.argv[1], pathlib.Path(sys.argv[2])
rules = (catalogue / "rules.sql").read_text()
shards = catalogue / "raw"

if engine == "duckdb":
    import duckdb

    database = duckdb.connect()
    database.execute(f"CREATE VIEW raw_songs AS SELECT * FROM read_parquet('{shards}/*.parquet')")
    result = database.execute(rules)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
else:
    import datafusion

    context = datafusion.SessionContext()
    context.register_parquet("raw_songs", str(shards))
    result = context.sql(rules)
    names = result.schema().names
    rows = [row.values() for row in result.to_pylist()]

writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(names)
writer.writerows(rows)
