//! Writing a song: sections, chords, bass, melody and drums as timed notes.

use rand::seq::IndexedRandom as _;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::harmony::{Chord, chords};
use super::song::Song;
use super::style::{Drum, Instrument, Style};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sound {
    Drum(Drum),
    Tone { instrument: Instrument, midi: i32 },
}

/// What of the arrangement a note belongs to; the mixer balances these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Drums,
    Bass,
    Chords,
    Pad,
    Lead,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    pub part: Part,
    pub sound: Sound,
    pub start_seconds: f64,
    pub length_seconds: f64,
    /// 0 to 1.
    pub velocity: f32,
}

/// How much plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Density {
    /// Chords over a pad, then with hats: an intro, a breakdown.
    Sparse,
    /// Drums, bass, chords, a calm melody.
    Verse,
    /// Everything, the pad too, with a busier melody.
    Chorus,
}

/// Sections in turn, four bars to the first and eight to the others, until the song ends.
const FORM: [(Density, usize); 6] = [
    (Density::Sparse, 4),
    (Density::Verse, 8),
    (Density::Chorus, 8),
    (Density::Verse, 8),
    (Density::Sparse, 4),
    (Density::Chorus, 8),
];

/// Standard deviation of a player's timing.
const HAND_SECONDS: f64 = 0.005;

/// The whole song as notes, ordered by nothing.
pub fn write(song: &Song) -> Vec<Note> {
    let mut rng = ChaCha8Rng::seed_from_u64(song.seed);
    let progressions = song.mode.progressions();
    let mut loops: Vec<Vec<Chord>> = progressions
        .sample(&mut rng, 2)
        .map(|progression| chords(progression, song.mode))
        .collect();
    // The first section states the key: songs rarely open away from home.
    loops.sort_by_key(|chords| i32::from(chords[0].root != 0));
    let motifs = [
        Motif::invent(song.style, 0.3, &mut rng),
        Motif::invent(song.style, 0.5, &mut rng),
    ];
    let beats_per_bar = song.style.beats_per_bar;
    let mut writer = Writer {
        song,
        rng,
        notes: Vec::new(),
    };
    let mut bar = 0;
    for (density, bars) in FORM.into_iter().cycle() {
        let chorus = density == Density::Chorus;
        let (chords, motif) = (&loops[usize::from(chorus)], &motifs[usize::from(chorus)]);
        for bar_of_section in 0..bars {
            if song.seconds_at((bar * beats_per_bar) as f64) >= song.seconds {
                return writer.notes;
            }
            writer.bar(&Bar {
                first_beat: (bar * beats_per_bar) as f64,
                chord: &chords[bar_of_section % chords.len()],
                density,
                of_section: bar_of_section,
                last: bar_of_section + 1 == bars,
                motif,
            });
            bar += 1;
        }
    }
    writer.notes
}

/// A bar's worth of melody: what a phrase repeats and varies.
struct Motif {
    /// Steps at which notes start.
    starts: Vec<usize>,
    /// Scale steps from one note to the next.
    leaps: Vec<i32>,
}

impl Motif {
    /// `density` is the chance of a note on an eighth; beats are likelier, other steps rarer.
    fn invent(style: &Style, density: f64, rng: &mut impl Rng) -> Self {
        let per_beat = style.feel.steps_per_beat();
        let steps = per_beat * style.beats_per_bar;
        let mut starts: Vec<usize> = (0..steps)
            .filter(|step| {
                let chance = match step % per_beat {
                    0 => density + 0.25,
                    2 => density,
                    _ => density * 0.3,
                };
                rng.random_bool(chance)
            })
            .collect();
        if starts.is_empty() {
            starts.push(0);
        }
        let leaps = starts
            .iter()
            .map(|_| *[-2, -1, -1, 0, 1, 1, 2, 3].choose(rng).unwrap_or(&1))
            .collect();
        Self { starts, leaps }
    }
}

struct Bar<'a> {
    first_beat: f64,
    chord: &'a Chord,
    density: Density,
    of_section: usize,
    last: bool,
    motif: &'a Motif,
}

struct Writer<'a> {
    song: &'a Song,
    rng: ChaCha8Rng,
    notes: Vec<Note>,
}

impl Writer<'_> {
    fn bar(&mut self, bar: &Bar<'_>) {
        let style = self.song.style;
        self.chords(bar, style.chords.0, style.chords.1, Part::Chords);
        if self.song.drums {
            self.drums(bar);
        }
        if bar.density != Density::Sparse {
            self.bass(bar);
            self.melody(bar);
        }
        if bar.density != Density::Verse {
            self.chords(bar, style.pad, "x---------------", Part::Pad);
        }
    }

    fn note(
        &mut self,
        bar: &Bar<'_>,
        part: Part,
        sound: Sound,
        steps: (usize, usize),
        velocity: f32,
    ) {
        let per_beat = self.song.style.feel.steps_per_beat() as f64;
        let at = |step: usize| {
            self.song
                .seconds_at(bar.first_beat + step as f64 / per_beat)
        };
        let (start, end) = (at(steps.0), at(steps.1));
        let (late, softer) = if self.song.style.by_hand {
            // The sum of three uniform numbers is near enough to a normal one here.
            let spread: f64 = (0..3).map(|_| self.rng.random_range(-1.0..1.0)).sum();
            (spread * HAND_SECONDS, self.rng.random_range(0.85..1.0))
        } else {
            (0.0, 1.0)
        };
        self.notes.push(Note {
            part,
            sound,
            start_seconds: (start + late).max(0.0),
            length_seconds: end - start,
            velocity: velocity * softer,
        });
    }

    fn drums(&mut self, bar: &Bar<'_>) {
        let style = self.song.style;
        let hit = |drum| Sound::Drum(drum);
        if bar.of_section == 0 && bar.density == Density::Chorus {
            self.note(bar, Part::Drums, hit(Drum::Crash), (0, 1), 0.8);
        }
        // A fill leads out of a section: the snare takes the last beat.
        let steps = style.feel.steps_per_beat() * style.beats_per_bar;
        let fill = bar.last && bar.density != Density::Sparse;
        let fill_from = if fill {
            steps - style.feel.steps_per_beat()
        } else {
            steps
        };
        for &(drum, lane) in style.drums {
            let keeps_time = matches!(drum, Drum::Hat | Drum::Ride | Drum::Shaker);
            if bar.density == Density::Sparse && !(keeps_time && bar.of_section >= 2) {
                continue;
            }
            for (step, mark) in lane.chars().enumerate().take(fill_from) {
                if let Some(velocity) = strike(mark) {
                    self.note(bar, Part::Drums, hit(drum), (step, step + 1), velocity);
                }
            }
        }
        for step in fill_from..steps {
            let velocity = 0.5 + 0.1 * (step - fill_from) as f32;
            self.note(
                bar,
                Part::Drums,
                hit(Drum::Snare),
                (step, step + 1),
                velocity,
            );
        }
    }

    fn bass(&mut self, bar: &Bar<'_>) {
        let (instrument, lane) = self.song.style.bass;
        // E1 to D#2: where a bass guitar's roots lie.
        let root = in_octave_from(self.tonic() + bar.chord.root, 28);
        for (step, mark, end) in strikes(lane) {
            let midi = match mark {
                'r' => root,
                'f' => root + bar.chord.intervals[2],
                _ => root + 12,
            };
            self.note(
                bar,
                Part::Bass,
                Sound::Tone { instrument, midi },
                (step, end),
                0.8,
            );
        }
    }

    fn chords(&mut self, bar: &Bar<'_>, instrument: Instrument, lane: &str, part: Part) {
        // Every tone in the octave above G3: inversions follow each other closely.
        let mut tones: Vec<i32> = bar
            .chord
            .intervals
            .iter()
            .map(|interval| in_octave_from(self.tonic() + bar.chord.root + interval, 55))
            .collect();
        tones.sort_unstable();
        let steps = self.song.style.feel.steps_per_beat() * self.song.style.beats_per_bar;
        for (step, mark, end) in strikes(lane) {
            let (step, end) = (step, end.min(steps));
            match mark.to_digit(10) {
                Some(tone) => {
                    let tone = tone as usize;
                    let midi = tones[tone % tones.len()] + 12 * (tone / tones.len()) as i32;
                    self.note(
                        bar,
                        part,
                        Sound::Tone { instrument, midi },
                        (step, end),
                        0.7,
                    );
                }
                None => {
                    for &midi in &tones {
                        self.note(
                            bar,
                            part,
                            Sound::Tone { instrument, midi },
                            (step, end),
                            0.6,
                        );
                    }
                }
            }
        }
    }

    /// Phrases of four bars: the motif, again, varied, and a cadence that rests.
    fn melody(&mut self, bar: &Bar<'_>) {
        let instrument = self.song.style.lead;
        let steps = self.song.style.feel.steps_per_beat() * self.song.style.beats_per_bar;
        let phrase_bar = bar.of_section % 4;
        // Degrees count from the tonic above middle C's neighbourhood; a chorus sings higher.
        let mut degree = match bar.density {
            Density::Chorus => 4,
            _ => 2,
        } + i32::from(phrase_bar == 2);
        let kept = if phrase_bar == 3 {
            bar.motif.starts.len().div_ceil(2)
        } else {
            bar.motif.starts.len()
        };
        for index in 0..kept {
            let start = bar.motif.starts[index];
            let end = match bar.motif.starts.get(index + 1) {
                Some(&next) if index + 1 < kept => next,
                _ => steps,
            };
            degree += bar.motif.leaps[index];
            let last = phrase_bar == 3 && index + 1 == kept;
            let strong = start.is_multiple_of(self.song.style.feel.steps_per_beat()) || last;
            let midi = self.melody_midi(degree.clamp(-1, 10), strong, bar.chord);
            self.note(
                bar,
                Part::Lead,
                Sound::Tone { instrument, midi },
                (start, end),
                0.8,
            );
        }
    }

    /// The scale degree as a pitch; a strong one moves to the nearest chord tone below.
    fn melody_midi(&self, degree: i32, strong: bool, chord: &Chord) -> i32 {
        let scale = self.song.mode.scale();
        let tonic = in_octave_from(self.tonic(), 62);
        let semitones = |degree: i32| {
            let within = scale[degree.rem_euclid(7) as usize];
            // Over a minor key's dominant the melody takes the chord's leading tone too.
            let raised = i32::from(within == 10 && chord.holds(11));
            within + raised + 12 * degree.div_euclid(7)
        };
        let fitting = (0..7)
            .map(|down| semitones(degree - down))
            .find(|&candidate| !strong || chord.holds(candidate));
        tonic + fitting.unwrap_or_else(|| semitones(degree))
    }

    fn tonic(&self) -> i32 {
        i32::from(self.song.pitch_class)
    }
}

/// The note of the pitch class of `midi` in the octave that starts at `lowest`.
fn in_octave_from(midi: i32, lowest: i32) -> i32 {
    lowest + (midi - lowest).rem_euclid(12)
}

fn strike(mark: char) -> Option<f32> {
    match mark {
        'X' => Some(1.0),
        'x' => Some(0.75),
        'o' => Some(0.35),
        _ => None,
    }
}

/// The strikes of a tonal lane: first step, mark, and the step at which it ends.
fn strikes(lane: &str) -> Vec<(usize, char, usize)> {
    let marks: Vec<char> = lane.chars().collect();
    (0..marks.len())
        .filter(|&step| marks[step] != '.' && marks[step] != '-')
        .map(|step| {
            let held = marks[step + 1..]
                .iter()
                .take_while(|&&mark| mark == '-')
                .count();
            (step, marks[step], step + 1 + held)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::style::STYLES;
    use super::*;

    #[test]
    fn lanes_fill_their_bar() {
        for style in STYLES {
            let steps = style.feel.steps_per_beat() * style.beats_per_bar;
            let lanes = style.drums.iter().map(|(_, lane)| *lane);
            for lane in lanes.chain([style.bass.1, style.chords.1]) {
                assert_eq!(lane.chars().count(), steps, "{}: {lane}", style.name);
            }
        }
    }

    #[test]
    fn held_notes_end_where_the_lane_says() {
        assert_eq!(strikes("r--.f-o"), [(0, 'r', 3), (4, 'f', 6), (6, 'o', 7)]);
    }

    #[test]
    fn tones_stay_in_key_but_for_the_leading_tone() {
        for index in 0..24 {
            let song = Song::draw(3, index, 40.0, 22_050);
            let scale = song.mode.scale();
            for note in write(&song) {
                if let Sound::Tone { midi, .. } = note.sound {
                    let degree = (midi - i32::from(song.pitch_class)).rem_euclid(12);
                    assert!(scale.contains(&degree) || degree == 11, "{degree}");
                }
            }
        }
    }
}
