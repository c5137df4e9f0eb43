#!/usr/bin/env bash
# From audio and labels to models, on an invented catalogue: rendered songs whose popularity follows
# their style. Usage: train/journey.sh FOLDER [SONGS] [SECONDS]; train/COLLECTING.md explains each step.
#
# FORETUNE_TRAIN_BIN names the program, and CATALOGUE_CONFIG a configuration for a smaller network.
set -euo pipefail

folder=$1
songs=${2:-2000}
seconds=${3:-30}
repository=$(cd "$(dirname "$0")/.." && pwd)
foretune_train=${FORETUNE_TRAIN_BIN:-foretune-train}
config=()
if [ -n "${CATALOGUE_CONFIG:-}" ]; then config=(--config "$CATALOGUE_CONFIG"); fi

# Audio of one's own: rendered here. Three songs an artist; loud styles are popular, quiet ones are not.
mkdir -p "$folder"
"$foretune_train" render --out "$folder/audio" --count "$songs" --seconds "$seconds" --sample-rate-hz 16000
awk -F, '
    NR == 1 { print "file,title,artist,genre,release_date,popularity"; next }
    {
        genre = $2 ~ /metal|trap|techno|drum|synthwave|rock|house/ ? "loud music" : "quiet music"
        popularity = (genre == "loud music" ? 60 : 25) + (NR * 7) % 15
        printf "%s,Song %d,Artist %d,%s,%d-%02d-01,%d\n", $1, NR, NR / 3, genre, 1990 + NR % 30, 1 + NR % 12, popularity
    }' "$folder/audio/truth.csv" > "$folder/labels.csv"

# Collect: further sources would go into the same catalogue.
"$foretune_train" collect folder --catalogue "$folder/catalogue" --audio "$folder/audio" \
    --labels "$folder/labels.csv" --licence "rendered by foretune-train, invented labels"
"$foretune_train" collect status --catalogue "$folder/catalogue"

# Prepare: clean, split, describe.
"$foretune_train" prepare --catalogue "$folder/catalogue"

# Extract: spectrograms, embeddings and features.
"$foretune_train" extract --catalogue "$folder/catalogue" --models "$repository/models"

# Train: both streams on the audio, and the model that the page runs on the features.
"$foretune_train" train --catalogue "$folder/catalogue" --models "$repository/models" \
    --out "$folder/two-streams" "${config[@]}"
cp -R "$repository/models" "$folder/models"
"$foretune_train" train --table "$folder/catalogue/heard.csv" --out "$folder/models"

# Models: asked once here; `cargo xtask site` assembles the page with them when they lie in models/.
"$foretune_train" predict --models "$folder/models" "$folder/audio/0000.wav"
