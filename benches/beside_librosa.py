"""Our signal processing beside librosa's, on the same song, in one run, one thread each.

    pip install -r benches/requirements.txt
    python benches/beside_librosa.py        # from the repository's root

Both make of three minutes of stereo at 44.1 kHz: the rate that features are taken at, a mel spectrogram, the beat and
the chroma that a key is read from. Ours makes two rates, the tempo, the key, loudness and true peak besides. Each is the
least of five runs, after one that does not count (librosa compiles then). The bar of the project is a fifth.
"""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"

import librosa  # noqa: E402
import numpy as np  # noqa: E402

SECONDS, RATE_HZ, RUNS = 180, 44100, 5


def song():
    """Chords with a beat, a hiss and a slow swell, planar stereo."""
    t = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    beat = (2 * t) % 1
    hiss = np.random.default_rng(1).standard_normal(t.size)
    drums = 0.4 * np.exp(-18 * beat / 2) * np.sin(2 * np.pi * 55 * beat / 2) + 0.05 * np.exp(-40 * beat) * hiss
    roots = np.array([220.0, 174.6, 130.8, 196.0])[(t / 2).astype(int) % 4]
    chord = sum(np.sin(2 * np.pi * roots * ratio * t) / n for n, ratio in enumerate((1, 1.26, 1.5, 2, 3, 4), 1))
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * t / 60)
    return np.stack([swell * (drums + 0.1 * chord), swell * (drums + 0.08 * chord)]).astype("<f4")


def librosa_stages(stereo):
    seconds = {}

    def timed(name, run):
        start = time.perf_counter()
        result = run()
        seconds[name] = time.perf_counter() - start
        return result

    mono = timed("mono", lambda: librosa.to_mono(stereo))
    signal = timed("resample", lambda: librosa.resample(mono, orig_sr=RATE_HZ, target_sr=22050))
    timed("melspectrogram", lambda: librosa.feature.melspectrogram(y=signal, sr=22050))
    timed("beat_track", lambda: librosa.beat.beat_track(y=signal, sr=22050))
    timed("chroma_cqt", lambda: librosa.feature.chroma_cqt(y=signal, sr=22050))
    return seconds


def main():
    stereo = song()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "song.f32")
        stereo.tofile(path)
        command = ["cargo", "bench", "--quiet", "--workspace", "--bench", "whole", "--profile", "dev", "--", str(path)]
        # Once before, so that nothing is compiled beside the measurements; and both ways round.
        first = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        runs = [librosa_stages(stereo) for _ in range(RUNS + 1)][1:]
        second = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    ours = {stage: min(first[stage], second[stage]) for stage in first if stage != "sum"}
    theirs = {stage: min(run[stage] for run in runs) for stage in runs[0]}
    for name, stages in ((f"librosa {librosa.__version__}", theirs), ("foretune", ours)):
        print(f"{name}: {sum(stages.values()):.3f} s for {SECONDS} s of stereo")
        for stage, seconds in stages.items():
            print(f"  {stage}: {1e3 * seconds:.1f} ms")
    print(f"foretune takes {sum(ours.values()) / sum(theirs.values()):.3f} of librosa's time; the bar is 0.2")


if __name__ == "__main__":
    main()
