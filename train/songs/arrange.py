"""Songs of known tempo and key by another arranger and another player than `foretune-train render`: the grooves are
MMA's (Musical MIDI Accompaniment, hundreds of accompaniment styles transcribed from players and keyboards), the sounds a
sampled General MIDI bank's. Weights that are fitted to both are fitted to neither.

    apt-get install mma fluidsynth fluid-soundfont-gm
    python3 train/songs/arrange.py --out FOLDER [--count 240] [--seed 1] [--seconds 40]

Writes 0000.wav… and truth.csv, as `foretune-train render` does, for `foretune-train signal --songs FOLDER`. The same
seed gives the same songs. MMA, fluidsynth and the bank are tools of the fit alone; nothing of theirs is kept.
"""

import argparse
import csv
import random
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BANK = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
RATE_HZ = 44100
NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]

# Groove, tempi in which its beat is tapped, beats of a bar.
GROOVES = [
    ("casio:80spop:80sPop", (96, 136), 4), ("casio:pop:Pop", (92, 132), 4), ("casio:poprock1:PopRock1", (96, 144), 4),
    ("casio:poprock2:PopRock2", (96, 144), 4), ("casio:dancepop1:DancePop1", (112, 134), 4),
    ("casio:dancepop2:DancePop2", (112, 134), 4), ("casio:dancepop3:DancePop3", (112, 134), 4),
    ("casio:house:House", (118, 130), 4), ("casio:techno:Techno", (124, 146), 4), ("casio:trance1:Trance1", (128, 144), 4),
    ("casio:trance2:Trance2", (128, 144), 4), ("casio:dance1:Dance1", (114, 136), 4), ("casio:rave:Rave", (136, 160), 4),
    ("casio:hip-hop:Hip-Hop", (82, 106), 4), ("casio:triphop:TripHop", (76, 100), 4), ("casio:modernrb:ModernR&B", (76, 104), 4),
    ("casio:mellowrb:MellowRB", (66, 96), 4), ("casio:soul:Soul", (88, 124), 4), ("casio:60ssoul:60sSoul", (96, 136), 4),
    ("casio:funk1:Funk1", (92, 120), 4), ("casio:funk2:Funk2", (92, 120), 4), ("casio:fusion:Fusion", (96, 132), 4),
    ("casio:electricpop:ElectricPop", (100, 136), 4), ("casio:heavymetal:HeavyMetal", (110, 172), 4),
    ("casio:rock1:Rock1", (104, 156), 4), ("casio:rock2:Rock2", (104, 156), 4), ("casio:digitalrock:DigitalRock", (104, 148), 4),
    ("casio:16beat1:16Beat1", (76, 112), 4), ("casio:16beat2:16Beat2", (76, 112), 4), ("casio:16shuffle1:16Shuffle1", (76, 110), 4),
    ("casio:8beat1:8Beat1", (92, 140), 4), ("casio:8beatballad1:8BeatBallad1", (62, 92), 4),
    ("casio:8beatpop1:8BeatPop1", (92, 140), 4), ("casio:16beatballad1:16BeatBallad1", (60, 90), 4),
    ("casio:popballad:PopBallad", (60, 92), 4), ("casio:popshuffle1:PopShuffle1", (96, 140), 4),
    ("casio:popwaltz:PopWaltz", (88, 168), 3), ("casio:slowrock:SlowRock", (60, 92), 4), ("casio:worldpop:WorldPop", (92, 128), 4),
    ("casio:latinhouse:LatinHouse", (116, 130), 4), ("casio:discosoul:DiscoSoul", (106, 128), 4),
    ("casio:twist:Twist", (132, 172), 4), ("stdlib:basicrock:BasicRock", (100, 150), 4), ("stdlib:softrock:SoftRock", (84, 124), 4),
    ("stdlib:folk:Folk", (84, 128), 4), ("stdlib:folkballad:FolkBallad", (66, 100), 4), ("stdlib:guitarballad:GuitarBallad", (66, 96), 4),
    ("stdlib:pianoballad:PianoBallad", (60, 90), 4), ("stdlib:rockballad:RockBallad", (62, 96), 4),
    ("stdlib:bossanova:BossaNova", (112, 152), 4), ("stdlib:swing:Swing", (120, 192), 4), ("stdlib:jazzwaltz:JazzWaltz", (104, 176), 3),
    ("stdlib:countrywaltz:CountryWaltz", (92, 156), 3), ("stdlib:bluegrass:Bluegrass", (100, 140), 4),
    ("stdlib:shuffleboggie:ShuffleBoggie", (104, 148), 4), ("stdlib:salsa:Salsa", (88, 112), 4),
    ("stdlib:rhumba:Rhumba", (92, 132), 4), ("stdlib:chacha:ChaCha", (108, 132), 4), ("stdlib:slowblues:SlowBlues", (60, 92), 4),
    ("stdlib:stringballad:StringBallad", (60, 92), 4),
]

# Loops of one chord a bar: semitones of the root above the tonic, and the chord. Borrowed chords and modal turns are
# what profiles of a plain scale trip over.
PROGRESSIONS = {
    "major": [
        "0 7 9m 5", "0 9m 5 7", "9m 5 0 7", "0 5 7 5", "0 5 0 7", "2m7 7_7 0M7 9m7", "0 4m 5 7", "0 2m 5 7", "0 7 5 5",
        "0 10 5 0", "0 5 5m 0", "0_7 5_7 0_7 7_7", "0 0 5 7", "5 7 0 9m", "5 0 7 9m", "0 2m7 7_7 0", "0 7 2m 5", "0 3 5 0",
    ],
    "minor": [
        "0m 8 3 10", "0m 5m 7 0m", "0m 10 8 7", "0m 8 5m 7_7", "0m 10 0m 10", "0m 5 0m 5", "0m 8 10 0m", "0m 3 10 5m",
        "0m 7m 8 5m", "0m7 5m7 0m7 7m7", "2m7b5 7_7 0m 0m", "0m 10 8 10", "0m 0m 5m 0m", "8 10 0m 0m", "0m 5m 8 10", "0m 3 8 7",
    ],
}
SCALES = {"major": [0, 2, 4, 5, 7, 9, 11], "minor": [0, 2, 3, 5, 7, 8, 10]}
VOICES = ["AltoSax", "Flute", "Trumpet", "OverdriveGuitar", "CleanGuitar", "Violin", "Piano1", "SquareWave", "SawWave", "VoiceOohs", "Clarinet"]
SPELLED = ["c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b"]


def chord(word, tonic):
    root = "".join(filter(str.isdigit, word.split("_")[0].split("m")[0].split("M")[0]))
    quality = word[len(root):].lstrip("_")
    return NAMES[(tonic + int(root)) % 12] + quality


def melody(rng, tonic, mode, beats):
    """A bar that wanders the scale in quarters and eighths."""
    degree, notes, left = rng.randrange(2, 6), [], 2 * beats
    while left:
        length = rng.choice([length for length in (1, 1, 2, 2, 4) if length <= left])
        degree = max(0, min(9, degree + rng.choice([-2, -1, -1, 0, 1, 1, 2])))
        pitch = tonic + SCALES[mode][degree % 7] + 12 * (degree // 7)
        octave = "+" * min(1, pitch // 12)
        notes.append({1: "8", 2: "4", 4: "2"}[length] + ("r" if rng.random() < 0.15 else SPELLED[pitch % 12] + octave))
        left -= length
    return ";".join(notes) + ";"


def arrangement(index, seed, seconds):
    """MMA's text, and what is true of it."""
    rng = random.Random(f"{seed}/{index}")
    groove, (slowest, fastest), beats = GROOVES[index % len(GROOVES)]
    key = (index + index // len(GROOVES)) % 24
    tonic, mode = key // 2, ["major", "minor"][key % 2]
    tempo = round(rng.uniform(slowest, fastest), 2)
    bars = int(seconds * tempo / 60 / beats) + 1
    loops = rng.sample(PROGRESSIONS[mode], 2)
    # The first section states the key: songs rarely open away from home.
    loops.sort(key=lambda loop: not loop.startswith("0"))
    sung, drums = rng.random() < 0.7, rng.random() < 0.85
    library, file, name = groove.split(":")
    lines = [f"Tempo {tempo}", f"Use {library}/{file}", f"Groove {name}"]
    if not drums:
        lines.append("AllTracks Drum Off")
    if sung:
        lines += [f"Solo Voice {rng.choice(VOICES)}", "Solo Octave 5", "Solo Volume f"]
    phrases = [[melody(rng, tonic, mode, beats) for _ in range(2)] for _ in range(2)]
    for bar in range(bars):
        section = bar // 8 % 2
        words = loops[section].split()
        if sung and bar % 8 < 7:
            lines.append(f"Solo Riff {phrases[section][bar % 2] if bar % 4 != 3 else melody(rng, tonic, mode, beats)}")
        lines.append(f"{bar + 1} {chord(words[bar % len(words)], tonic)}")
    truth = {"groove": groove, "tempo_bpm": tempo, "key": tonic, "mode": int(mode == "major"), "drums": int(drums)}
    return "\n".join(lines) + "\n", truth


def play(folder, index, text):
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch, "song.mma")
        source.write_text(text)
        made = subprocess.run(["mma", "-f", f"{scratch}/song.mid", str(source)], capture_output=True, text=True)
        if made.returncode:
            raise SystemExit(f"mma: {made.stdout[-600:]}{text}")
        wav = folder / f"{index:04}.wav"
        command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE_HZ), "-F", str(wav), BANK, f"{scratch}/song.mid"]
        subprocess.run(command, capture_output=True, check=True)


def main():
    parser = argparse.ArgumentParser(description="Songs of known tempo and key by MMA and fluidsynth")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    songs = [arrangement(index, args.seed, args.seconds) for index in range(args.count)]
    with ThreadPoolExecutor() as players:
        list(players.map(lambda song: play(args.out, song[0], song[1][0]), enumerate(songs)))
    with open(args.out / "truth.csv", "w", newline="") as file:
        table = csv.DictWriter(file, ["file", *songs[0][1]])
        table.writeheader()
        table.writerows({"file": f"{index:04}.wav", **truth} for index, (_, truth) in enumerate(songs))


if __name__ == "__main__":
    main()
