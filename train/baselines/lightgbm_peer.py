"""LightGBM's figures for the model card, on the split that `foretune-train train` makes.

Peer, not part of the product: gradient-boosted trees for the mean (L2), the median (L1) and the
10 % and 90 % quantiles, the latter conformalised on the calibration artists (CQR). Pinned in
requirements.txt. Writes aggregates only.

    python lightgbm_peer.py TRACKS.parquet models/popularity.config.json train/baselines/lightgbm.csv
"""

import csv
import hashlib
import json
import sys

import lightgbm as lgb
import numpy as np
import pandas as pd

FEATURES = [
    "danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness",
    "instrumentalness", "liveness", "valence", "tempo",
]
TOLD = {
    "11 features": [],
    "+ year, duration": ["year", "duration_ms"],
    "+ genre": ["year", "duration_ms", "genre"],
    "+ artist's other songs": [
        "year", "duration_ms", "genre", "explicit", "artist_usual_popularity", "artist_other_songs",
    ],
}
PARAMETERS = {
    "learning_rate": 0.05, "num_leaves": 63, "min_child_samples": 40, "colsample_bytree": 0.7,
    "subsample": 0.8, "subsample_freq": 1, "verbose": -1, "seed": 1, "deterministic": True,
    "num_threads": 2,
}


def part(seed, artist, split):
    """The share of 2^64 that the artist's hash falls on, as train/src/popularity/split.rs."""
    digest = hashlib.sha256(f"{seed}:{artist}".encode()).digest()
    draw = int.from_bytes(digest[:8], "big") / 2.0**64
    if draw < split["test"]:
        return "test"
    return "calibrate" if draw < split["test"] + split["calibrate"] else "train"


def read(table, config):
    """Songs with their part of the split, and what is known of their artists' other songs."""
    songs = pd.read_parquet(table)
    artist = songs["artist_key"].where(songs["artist_key"].fillna("nan") != "nan")
    parts = np.array([
        "train" if pd.isna(name) else part(config["seed"], name, config["split"]) for name in artist
    ])
    total = songs.groupby(artist)["popularity"].transform("sum")
    others = songs.groupby(artist)["popularity"].transform("count") - 1
    known = others > 0
    songs["artist_usual_popularity"] = ((total - songs["popularity"]) / others.where(known)).where(known)
    songs["artist_other_songs"] = others.where(known)
    genre = songs["genre"].str.lower().str.strip()
    counts = genre[parts == "train"].value_counts()
    songs["genre"] = genre.where(genre.map(counts) >= config["genre_minimum"]).astype("category")
    songs["explicit"] = songs["explicit"].map({"True": 1, "1": 1, "False": 0, "0": 0})
    songs["part"] = parts
    return songs


def main(table, config, out):
    config = json.load(open(config))
    songs = read(table, config)
    parts = songs["part"]
    train, calibrate, test = (songs[parts == name] for name in ("train", "calibrate", "test"))
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["told", "songs", "r2", "mae", "coverage", "width"])
        for name, told in TOLD.items():
            columns = FEATURES + told
            chosen = test[test["artist_usual_popularity"].notna()] if len(told) > 3 else test
            held = calibrate

            def fit(**objective):
                data = lgb.Dataset(train[columns], train["popularity"])
                return lgb.train(
                    {**PARAMETERS, **objective}, data, num_boost_round=1500,
                    valid_sets=[lgb.Dataset(held[columns], held["popularity"], reference=data)],
                    callbacks=[lgb.early_stopping(50, verbose=False)],
                )

            models = {
                "mean": fit(objective="l2"), "median": fit(objective="l1"),
                "low": fit(objective="quantile", alpha=0.1),
                "high": fit(objective="quantile", alpha=0.9),
            }
            truth = chosen["popularity"].to_numpy()
            answer = {key: model.predict(chosen[columns]) for key, model in models.items()}
            miss = np.maximum(
                models["low"].predict(held[columns]) - held["popularity"],
                held["popularity"] - models["high"].predict(held[columns]),
            )
            margin = np.quantile(miss, min(1.0, 0.8 * (1 + 1 / len(miss))))
            low = np.clip(answer["low"] - margin, 0, 100)
            high = np.clip(answer["high"] + margin, 0, 100)
            writer.writerow([
                name, len(truth),
                f"{1 - ((truth - answer['mean'])**2).sum() / ((truth - truth.mean())**2).sum():.4f}",
                f"{np.abs(truth - answer['median']).mean():.3f}",
                f"{((truth >= low) & (truth <= high)).mean():.4f}",
                f"{(high - low).mean():.2f}",
            ])
            file.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
