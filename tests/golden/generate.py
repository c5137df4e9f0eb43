"""Makes what the golden tests compare with: signals, and librosa's, onnxruntime's, Essentia's and ffmpeg's answers.

    pip install -r tests/golden/requirements.txt     # and ffmpeg on the path
    python tests/golden/generate.py TEACHER.onnx     # from the repository's root; MSD_musicnn, see train/src/distill.rs

Signals are 16-bit (`.i16`, little-endian, mono), so that both sides hear exactly the same numbers; answers are
`.f32` (little-endian, row-major), or JSON where they are few. `versions.json` says what they were made by.
"""

import json
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import librosa
import numpy as np
import onnxruntime
import scipy

HERE = Path(__file__).parent
# Four seconds: a window of the backbone (187 frames of 256 samples at 16 kHz) and frames to spare.
SECONDS = 4


def time(rate):
    return np.arange(SECONDS * rate) / rate


def sweep(rate):
    """20 Hz to the Nyquist frequency, logarithmic: every bin and band in turn."""
    t = time(rate)
    low, high = 20.0, rate / 2
    growth = np.log(high / low) / SECONDS
    return 0.5 * np.sin(2 * np.pi * low * (np.exp(growth * t) - 1) / growth)


def noise(rate):
    """White, at -20 dBFS."""
    return 0.1 * np.random.default_rng(1).standard_normal(SECONDS * rate)


def music(rate):
    """Chords of decaying harmonics 23 cents sharp, a bass drum and a cymbal."""
    t = time(rate)
    random = np.random.default_rng(2)
    tuning = 440 * 2 ** (0.23 / 12)
    out = np.zeros_like(t)
    chords = [(57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62)]
    for beat in range(SECONDS * 2):
        since = t - beat / 2
        sounding = since >= 0
        age = since[sounding]
        for key in chords[beat // 2 % 4]:
            for harmonic in range(1, 9):
                hz = tuning * 2 ** ((key - 69) / 12) * harmonic
                if hz < 0.45 * rate:
                    out[sounding] += 0.08 / harmonic * np.exp(-age * 2 * harmonic**0.5) * np.sin(2 * np.pi * hz * age)
        out[sounding] += 0.4 * np.exp(-age * 18) * np.sin(2 * np.pi * (50 * age + 4 * (1 - np.exp(-age * 30))))
        out[sounding] += 0.05 * np.exp(-age * 60) * random.standard_normal(age.size)
    return out


def near_silence(rate):
    """The dither of a 16-bit master, with a second of digital silence in the middle."""
    out = np.random.default_rng(3).integers(-1, 2, SECONDS * rate) / 32768
    out[3 * rate // 2 : 5 * rate // 2] = 0
    return out


SIGNALS = {"sweep": sweep, "noise": noise, "music": music, "near_silence": near_silence}


def stored(name, rate):
    """The signal as it is stored, read back as f32."""
    samples = np.round(np.clip(SIGNALS[name](rate), -1, 32767 / 32768) * 32768).astype("<i2")
    samples.tofile(HERE / f"{name}_{rate}.i16")
    return samples.astype(np.float32) / 32768


def mel_and_logits(name, session):
    signal = stored(name, 16000)
    mel = librosa.feature.melspectrogram(y=signal, sr=16000, n_fft=512, hop_length=256, n_mels=96, fmax=8000)
    log_mel = np.log10(1e4 * mel.T + 1).astype("<f4")
    log_mel.tofile(HERE / f"{name}.mel.f32")
    window = np.ascontiguousarray(log_mel[np.newaxis, :187])
    logits = session.run(["logits"], {"mel": window})[0]
    logits.astype("<f4").tofile(HERE / f"{name}.logits.f32")


def statistics(name):
    """Every feature at its defaults: 22 050 Hz, n_fft 2048, hop 512."""
    signal = stored(name, 22050)
    features = librosa.feature
    frames = {
        "chroma_stft": features.chroma_stft(y=signal),
        "rms": features.rms(y=signal),
        "spectral_centroid": features.spectral_centroid(y=signal),
        "spectral_bandwidth": features.spectral_bandwidth(y=signal),
        "rolloff": features.spectral_rolloff(y=signal),
        "zero_crossing_rate": features.zero_crossing_rate(y=signal),
    }
    for order, row in enumerate(features.mfcc(y=signal), 1):
        frames[f"mfcc{order}"] = row
    moments = {}
    for feature, values in frames.items():
        moments[f"{feature}_mean"] = float(np.mean(values, dtype=np.float64))
        moments[f"{feature}_var"] = float(np.var(values, dtype=np.float64))
    return moments


# The loudness signals are long, so they are formulas, written a second time in tests/golden_loudness.rs.
def random_bits(count):
    """The linear congruential generator of Numerical Recipes, in 0 to 1."""
    state, out = 1, np.empty(count)
    for n in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        out[n] = state / 2**32
    return out


def loudness_signal(name):
    """Rate and channels."""
    seconds = 30
    if name == "tremolo":
        t = np.arange(seconds * 44100) / 44100
        swell = 0.55 + 0.45 * np.sin(2 * np.pi * 0.13 * t)
        left = 0.3 * swell * np.sin(2 * np.pi * 220 * t) + 0.1 * np.sin(2 * np.pi * 3333 * t)
        right = 0.2 * np.sin(2 * np.pi * 97 * t) + 0.25 * swell * np.sin(2 * np.pi * 5011 * t)
        return 44100, [left, right]
    if name == "noise_steps":
        # Softened towards the Nyquist frequency, where true-peak filters are free to differ.
        noise = np.convolve(2 * random_bits(seconds * 48000) - 1, [0.25, 0.5, 0.25])[: seconds * 48000]
        step = np.arange(seconds * 48000) // (5 * 48000)
        return 48000, [noise * np.array([0.6, 0.04, 0.2, 0.002, 1.0, 0.1])[step]]
    if name == "hot":
        t = np.arange(seconds * 48000) / 48000
        tone = 1.1 * np.sin(2 * np.pi * 11999 * t + 0.7) * (0.5 + 0.5 * np.sin(2 * np.pi * 0.5 * t))
        return 48000, [np.clip(tone, -1, 1), 0.9 * np.sin(2 * np.pi * 60 * t)]
    raise ValueError(name)


def ffmpeg_loudness(rate, channels):
    samples = np.stack(channels, axis=1).astype("<f4")
    command = ["ffmpeg", "-hide_banner", "-f", "f32le", "-ar", str(rate), "-ac", str(len(channels)), "-i", "-", "-af"]
    filters = "ebur128=metadata=1:peak=true,ametadata=print:file=-"
    run = subprocess.run([*command, filters, "-f", "null", "/dev/null"], input=samples.tobytes(), capture_output=True, check=True)
    text = run.stdout.decode()
    values = lambda key: [float(x) for x in re.findall(rf"lavfi\.r128\.{key}=(\S+)", text)]
    peaks = [max(values(f"true_peaks_ch{n}")) for n in range(len(channels))]
    return {
        "integrated_lufs": values("I")[-1],
        # The first 3 s are not a whole window.
        "short_term_max_lufs": max(values("S")[30:]),
        "range_lu": values("LRA")[-1],
        # The metadata is linear.
        "true_peak_dbtp": round(20 * float(np.log10(max(peaks))), 3),
    }


# Tunes for tempo and key are formulas too, written a second time in tests/tune/mod.rs.
LOOPS = [
    [[(0, 0), (5, 0), (7, 1), (0, 0)], [(0, 0), (8, 1), (7, 1), (0, 0)]],
    [[(0, 1), (5, 1), (7, 1), (0, 1)], [(0, 1), (2, 0), (7, 1), (0, 1)]],
]
TUNES = [(92.0, 2, 0, 0), (104.5, 9, 0, 1), (118.0, 0, 1, 0), (126.0, 7, 1, 0), (135.5, 4, 0, 1), (98.0, 10, 1, 0)]


def tune(rate, tempo_bpm, tonic, mode, turn):
    """Bass and chords on every beat, a kick, a snare and a hat."""
    count = 20 * rate
    t = np.arange(count) / rate
    beat = t * tempo_bpm / 60
    seconds = lambda beats: (beat % beats) * 60 / tempo_bpm
    hiss = 2 * random_bits(count) - 1
    loop = np.array(LOOPS[mode][turn])[(beat / 4).astype(int) % 4]
    root, third = tonic + loop[:, 0], 3 + loop[:, 1]

    def tone(midi, harmonics):
        hz = 440 * 2 ** ((midi - 69) / 12)
        return sum(np.sin(2 * np.pi * h * hz * t) / h for h in range(1, harmonics + 1))

    chord = sum(tone(55 + (root + above + 5) % 12, 5) for above in (0, third, 7))
    held = np.exp(-seconds(1) * 3)
    kick = np.sin(2 * np.pi * 55 * seconds(2)) * np.exp(-seconds(2) * 18)
    snare = hiss * np.exp(-((beat + 1) % 2 * 60 / tempo_bpm) * 25)
    drums = 0.4 * kick + 0.25 * snare + 0.08 * hiss * np.exp(-seconds(0.5) * 60)
    return (drums + 0.06 * chord * held + 0.15 * tone(33 + (root + 3) % 12, 3) * held).astype(np.float32)


def tempo_and_key(parameters):
    """Essentia is AGPL: it runs here, offline, and only its answers are kept."""
    import essentia.standard as essentia

    signal = tune(44100, *parameters)
    name, scale, _ = essentia.KeyExtractor(profileType="edma")(signal)
    names = [["C"], ["C#", "Db"], ["D"], ["D#", "Eb"], ["E"], ["F"], ["F#", "Gb"], ["G"], ["G#", "Ab"], ["A"], ["A#", "Bb"], ["B"]]
    low = librosa.resample(signal, orig_sr=44100, target_sr=22050)
    return {
        "tune": dict(zip(("tempo_bpm", "tonic", "mode", "turn"), parameters)),
        "percival_bpm": round(float(essentia.PercivalBpmEstimator()(signal)), 3),
        "beat_track_bpm": round(float(np.atleast_1d(librosa.beat.beat_track(y=low)[0])[0]), 3),
        "key": [next(n for n, spelled in enumerate(names) if name in spelled), int(scale == "major")],
    }


def write_json(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1) + "\n")


def main():
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    for name in SIGNALS:
        mel_and_logits(name, session)
    write_json("statistics.json", {name: statistics(name) for name in SIGNALS})
    loudness = {name: ffmpeg_loudness(*loudness_signal(name)) for name in ("tremolo", "noise_steps", "hot")}
    write_json("loudness.json", loudness)
    write_json("tempo_and_key.json", [tempo_and_key(parameters) for parameters in TUNES])
    ffmpeg = subprocess.run(["ffmpeg", "-version"], capture_output=True, check=True).stdout.decode()
    write_json(
        "versions.json",
        {
            "python": platform.python_version(),
            "librosa": librosa.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "onnxruntime": onnxruntime.__version__,
            "essentia": version("essentia"),
            "ffmpeg": ffmpeg.split()[2],
        },
    )


if __name__ == "__main__":
    main()
