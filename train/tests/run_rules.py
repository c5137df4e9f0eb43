"""Runs the cleaning rules over a catalogue's shards in an engine that is not ours; prints CSV.

Usage: run_rules.py duckdb|datafusion|spark CATALOGUE. The tests run the first two; Spark is heavy
and wants Java: `pip install pyspark` and compare by hand.
"""

import csv
import pathlib
import sys


def duckdb(shards, rules):
    import duckdb

    database = duckdb.connect()
    database.execute(f"CREATE VIEW raw_songs AS SELECT * FROM read_parquet('{shards}/*.parquet')")
    result = database.execute(rules)
    return [column[0] for column in result.description], result.fetchall()


def datafusion(shards, rules):
    import datafusion

    context = datafusion.SessionContext()
    context.register_parquet("raw_songs", shards)
    result = context.sql(rules)
    return result.schema().names, [row.values() for row in result.to_pylist()]


def spark(shards, rules):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "4")
    session = builder.getOrCreate()
    session.read.parquet(shards).createOrReplaceTempView("raw_songs")
    result = session.sql(rules)
    return result.columns, result.collect()


ENGINES = {"duckdb": duckdb, "datafusion": datafusion, "spark": spark}

catalogue = pathlib.Path(sys.argv[2])
names, rows = ENGINES[sys.argv[1]](str(catalogue / "raw"), (catalogue / "rules.sql").read_text())
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(names)
writer.writerows(rows)
