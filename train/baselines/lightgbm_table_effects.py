"""Is the order of songs told better once each table's mean popularity is taken out? See the model card.

    python lightgbm_table_effects.py TRACKS.parquet models/popularity.config.json

Tried with LightGBM because it is quick: Spearman's rank correlation within a table that was left out,
told the eleven features, for trees that learned popularity as it is and popularity less the mean of
its table.
"""

import json
import sys

import lightgbm as lgb

from lightgbm_peer import FEATURES, PARAMETERS, read

LEFT_OUT = ["musicoset", "tidytuesday", "billboard_john-s-lin", "114k_20pct_nikitarao", "song_data_19k"]


def main(table, config):
    songs = read(table, json.load(open(config)))
    usual = songs.groupby("src", observed=True)["popularity"].transform("mean")
    targets = {"as it is": songs["popularity"], "less its table's mean": songs["popularity"] - usual}
    for left_out in LEFT_OUT:
        within = songs["src"] == left_out
        for name, target in targets.items():
            data = lgb.Dataset(songs[~within][FEATURES], target[~within])
            model = lgb.train({**PARAMETERS, "objective": "l2", "num_threads": 1}, data, num_boost_round=150)
            answers = songs[within].assign(answer=model.predict(songs[within][FEATURES]))
            rank = answers["answer"].corr(answers["popularity"], method="spearman")
            print(f"{left_out}: popularity {name}: rank correlation {rank:.3f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
