"""Labels for freely licensed music that nobody has labelled: the tempo and key that independent estimators agree on.

    pip install librosa==0.11.0 essentia==2.1b6.dev1389      # Essentia is AGPL: used here alone, offline
    python3 train/songs/agree.py --out FOLDER --package extremetuxracer-data --package wesnoth-1.16-music …

Fetches each Debian package (without installing it), takes the middle half minute, as long as a service's preview, of
every song that has one, and writes WAV files and truth.csv for `foretune-train signal --songs FOLDER`. A tempo is kept
where two of three trackers, of different methods, agree within 4 %; a key where profiles on two kinds of chroma agree.
What they do not agree on is left empty. Agreement is not truth, and favours what is easy.
"""

import argparse
import csv
import subprocess
import tempfile
from itertools import combinations
from pathlib import Path

import essentia
import essentia.standard as es
import librosa
import numpy as np

essentia.log.infoActive = essentia.log.warningActive = False

RATE_HZ = 44100
SECONDS = 30
KINDS = {".ogg", ".mp3", ".opus", ".flac", ".wav"}
CLASSES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}
# Krumhansl and Kessler (1982), major and minor.
KRUMHANSL = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
]


def files_of(package, scratch):
    subprocess.run(["apt-get", "download", "-qq", package], cwd=scratch, check=True)
    for archive in Path(scratch).glob("*.deb"):
        subprocess.run(["dpkg", "-x", archive, scratch], check=True)
    return sorted(path for path in Path(scratch).rglob("*") if path.suffix.lower() in KINDS and path.is_file())


def duration(path):
    asked = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    answer = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    return float(answer) if answer and answer != "N/A" else 0.0


def excerpt(path, seconds, wav):
    start = max(0.0, (seconds - SECONDS) / 2)
    command = ["ffmpeg", "-v", "error", "-y", "-ss", f"{start:.3f}", "-i", str(path), "-t", str(SECONDS)]
    subprocess.run([*command, "-map", "0:a:0", "-ar", str(RATE_HZ), "-ac", "2", "-sample_fmt", "s16", str(wav)], check=True)


def tempo(mono):
    beats = librosa.beat.beat_track(y=librosa.resample(mono, orig_sr=RATE_HZ, target_sr=22050), sr=22050)[0]
    bpms = [
        float(np.atleast_1d(beats)[0]),
        es.PercivalBpmEstimator(minBPM=40, maxBPM=220)(mono),
        es.RhythmExtractor2013(method="multifeature", minTempo=40, maxTempo=208)(mono)[0],
    ]
    for one, other in combinations(bpms[::-1], 2):
        if one > 0 and abs(one / other - 1) < 0.04:
            # The first of the pair measures finest.
            return round(one, 2)
    return None


def key(mono):
    heard = set()
    for profile in ("edma", "temperley", "bgate"):
        name, scale, _ = es.KeyExtractor(profileType=profile)(mono)
        heard.add((CLASSES.index(FLATS.get(name, name)), int(scale == "major")))
    chroma = librosa.feature.chroma_cqt(y=librosa.resample(mono, orig_sr=RATE_HZ, target_sr=22050), sr=22050).mean(axis=1)
    scores = [(np.corrcoef(np.roll(profile, tonic), chroma)[0, 1], tonic, 1 - mode) for mode, profile in enumerate(KRUMHANSL) for tonic in range(12)]
    _, tonic, mode = max(scores)
    return (tonic, mode) if heard == {(tonic, mode)} else None


def main():
    parser = argparse.ArgumentParser(description="Music with the tempo and key that estimators agree on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--package", action="append", required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for package in args.package:
        with tempfile.TemporaryDirectory() as scratch:
            for path in files_of(package, scratch):
                seconds = duration(path)
                if seconds < SECONDS:
                    continue
                wav = args.out / f"{len(rows):04}.wav"
                excerpt(path, seconds, wav)
                mono = librosa.load(wav, sr=RATE_HZ)[0]
                bpm, tonality = tempo(mono), key(mono)
                tonic, mode = tonality if tonality else ("", "")
                rows.append({"file": wav.name, "package": package, "song": path.name, "tempo_bpm": bpm or "", "key": tonic, "mode": mode})
                print(rows[-1], flush=True)
    with open(args.out / "truth.csv", "w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
