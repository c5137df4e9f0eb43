#!/usr/bin/env bash
# How fast `extract` is on MP3, and what it needs in memory and on the disk. Usage:
# train/measure-extract.sh FOLDER [FILES] [SECONDS]. Needs ffmpeg; FORETUNE_TRAIN_BIN names the program.
#
# Renders a hundred songs, encodes them as services do their previews, and links them under as many
# names as asked for, since only the decoder's and the analysis' work counts. Extracts a tenth of the
# files first, then the others: memory is flat if both runs needed as much of it. Songs that a run
# before this one left in FOLDER are used again.
set -euo pipefail

folder=$1
files=${2:-10000}
seconds=${3:-30}
repository=$(cd "$(dirname "$0")/.." && pwd)
foretune_train=${FORETUNE_TRAIN_BIN:-foretune-train}
distinct=$((files < 100 ? files : 100))

rm -rf "$folder/audio" "$folder/catalogue"
mkdir -p "$folder/audio"
if [ ! -d "$folder/songs" ]; then
    "$foretune_train" render --out "$folder/rendered" --count "$distinct" --seconds "$seconds" --sample-rate-hz 44100
    mkdir "$folder/songs"
    for song in "$folder"/rendered/*.wav; do
        ffmpeg -nostdin -loglevel error -y -i "$song" -ac 2 -ar 44100 -b:a 128k "$folder/songs/$(basename "$song" .wav).mp3"
    done
fi
songs=("$folder"/songs/*.mp3)

extract_up_to() {
    for ((file = 0; file < $1; file++)); do
        ln -f "${songs[file % distinct]}" "$folder/audio/$(printf %06d "$file").mp3"
    done
    TIMEFORMAT='%U %S'
    { time "$foretune_train" extract --catalogue "$folder/catalogue" --audio "$folder/audio" \
        --models "$repository/models" > "$folder/said" 2> "$folder/progress"; } 2> "$folder/times"
    cat "$folder/said"
    # The processor's time, which other programs on the machine do not lengthen as they do the clock's.
    awk -v audio="$(($2 * seconds))" '{ printf "%.0f times real time for each second of a core\n", audio / ($1 + $2) }' "$folder/times"
}

tenth=$((files / 10))
extract_up_to "$tenth" "$tenth"
extract_up_to "$files" "$((files - tenth))"
