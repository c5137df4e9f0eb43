#!/usr/bin/env bash
# Fits what tempo and key are chosen by, and writes src/features/signal_weights.rs: on our own rendered songs, on those
# that another arranger and another player made, and on freely licensed music that estimators agree on.
#
#     apt-get install mma fluidsynth fluid-soundfont-gm ffmpeg
#     pip install librosa==0.11.0 essentia==2.1b6.dev1389      # Essentia is AGPL: used here alone, offline
#     train/songs/fit.sh FOLDER                                # from the repository's root; FOLDER keeps the songs
set -euo pipefail

folder=$1
packages=(
  asc-music extremetuxracer-data fretsonfire-songs-muldjord fretsonfire-songs-sectoid frozen-bubble-data
  hyperrogue-music marsshooter-data planetblupi-music-ogg singularity-music wesnoth-1.16-music
)

# Two seeds of sizes that give every groove several keys and tempi.
python3 train/songs/arrange.py --out "$folder/arranged-1" --seed 1 --count 240
python3 train/songs/arrange.py --out "$folder/arranged-2" --seed 2 --count 120
python3 train/songs/agree.py --out "$folder/agreed" "${packages[@]/#/--package=}"

cargo run --workspace --bin foretune-train -- signal \
  --rendered 504 --seed 1 \
  --songs "$folder/arranged-1" --songs "$folder/arranged-2" --songs "$folder/agreed" \
  --fit src/features/signal_weights.rs
cargo fmt --all
