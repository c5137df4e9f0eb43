"""Labels segments of freely licensed music with the answers of a teacher model.

    python -m venv labels && labels/bin/pip install -r train/labels/requirements.txt
    labels/bin/python train/labels/teacher.py AUDIO_FOLDER > labels.csv

The teacher is PyPI `vibenet` 0.1.0 (GPL-3.0): a tool that runs offline on the maintainer's machine.
Neither it nor its weights are linked to or shipped with Foretune; only its answers are used, to fit
models/heads.onnx. Its answers are weak labels, not Spotify's values (models/MODEL_CARD.md).

Writes CSV: path (relative to the folder; its first part is the collection), start_seconds, seconds,
and the seven features, 0 to 1.
"""

import csv
import pathlib
import sys

import numpy as np
import soundfile

SEGMENT_SECONDS = 30
# At most this many segments of one file, spread evenly: long pieces must not outweigh the others.
SEGMENTS_PER_FILE = 4
# A segment for every 40 s, so that segments of one file do not overlap.
SECONDS_PER_SEGMENT = 40
MINIMUM_SECONDS = 15
ENDINGS = {".ogg", ".mp3", ".opus", ".flac", ".wav"}
FEATURES = [
    "acousticness",
    "danceability",
    "energy",
    "instrumentalness",
    "liveness",
    "speechiness",
    "valence",
]


def read(file, start_seconds, seconds):
    """The mean of the channels, which is also what Foretune hears."""
    file.seek(int(start_seconds * file.samplerate))
    return file.read(int(seconds * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)


def segments(length_seconds):
    count = max(1, min(SEGMENTS_PER_FILE, int(length_seconds // SECONDS_PER_SEGMENT)))
    for index in range(count):
        start = max(0.0, (length_seconds - SEGMENT_SECONDS) * (index + 0.5) / count)
        yield start, min(float(SEGMENT_SECONDS), length_seconds)


def main():
    from vibenet import load_model

    folder = pathlib.Path(sys.argv[1])
    teacher = load_model()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "start_seconds", "seconds", *FEATURES])
    for path in sorted(folder.rglob("*")):
        # Links only repeat a file that is there.
        if path.suffix.lower() not in ENDINGS or path.is_symlink():
            continue
        with soundfile.SoundFile(path) as file:
            length_seconds = file.frames / file.samplerate
            if length_seconds < MINIMUM_SECONDS:
                continue
            clips = [(*segment, read(file, *segment)) for segment in segments(length_seconds)]
            rate_hz = file.samplerate
        for start, length, clip in clips:
            if np.abs(clip).max() < 1e-3:
                continue
            answer = teacher.predict(clip, sr=rate_hz)[0].to_dict()
            writer.writerow(
                [path.relative_to(folder).as_posix(), f"{start:.2f}", f"{length:.2f}"]
                + [f"{answer[name]:.6f}" for name in FEATURES]
            )


if __name__ == "__main__":
    main()
