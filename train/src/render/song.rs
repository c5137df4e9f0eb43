//! What is known of a song before a note of it is written.

use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::harmony::Mode;
use super::style::{Feel, STYLES, Style};

/// Names of the pitch classes, sharps only, as the truth table spells them.
pub const PITCH_CLASSES: [&str; 12] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

/// Beats over which the tempo wanders once to and fro.
const DRIFT_PERIOD_BEATS: f64 = 40.0;

#[derive(Debug, Clone)]
pub struct Song {
    /// Decides everything that the other fields leave open.
    pub seed: u64,
    pub style: &'static Style,
    /// Mean over the song.
    pub tempo_bpm: f64,
    /// 0 = C … 11 = B.
    pub pitch_class: u8,
    pub mode: Mode,
    /// Where the second half of a swung pair falls: 0.5 even, 0.667 triplets.
    pub swing: f64,
    /// Greatest deviation of the local tempo from its mean, as a fraction.
    pub drift: f64,
    pub drums: bool,
    /// Tuning against A4 = 440 Hz.
    pub detune_cents: f64,
    pub seconds: f64,
    pub sample_rate_hz: u32,
}

impl Song {
    /// Song number `index` of the collection `seed`: keys and styles take turns, so that every
    /// collection is balanced; the rest is drawn.
    pub fn draw(seed: u64, index: usize, seconds: f64, sample_rate_hz: u32) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index as u64);
        let style = &STYLES[index % STYLES.len()];
        // 24 keys against 21 styles: the turn moves on by one each round, and no pair repeats
        // before all have been.
        let key = (index + index / (24 * STYLES.len())) % 24;
        let (slowest, fastest) = style.tempo_bpm;
        Self {
            seed: rng.random(),
            style,
            tempo_bpm: rng.random_range(slowest..fastest),
            pitch_class: (key / 2) as u8,
            mode: [Mode::Major, Mode::Minor][key % 2],
            swing: match style.feel {
                Feel::SwungEighths | Feel::SwungSixteenths => rng.random_range(0.53..0.64),
                Feel::Straight | Feel::Triplet => 0.5,
            },
            drift: if style.by_hand {
                *[0.0, 0.005, 0.01, 0.02].choose(&mut rng).unwrap_or(&0.0)
            } else {
                0.0
            },
            drums: rng.random_bool(0.8),
            detune_cents: rng.random_range(-40.0..40.0),
            seconds,
            sample_rate_hz,
        }
    }

    /// Time of a position in beats, swing and drift included.
    pub fn seconds_at(&self, beat: f64) -> f64 {
        let pair = match self.style.feel {
            Feel::SwungEighths => 1.0,
            Feel::SwungSixteenths => 0.5,
            Feel::Straight | Feel::Triplet => f64::INFINITY,
        };
        let beat = if pair.is_finite() {
            let start = (beat / pair).floor() * pair;
            let within = (beat - start) / pair;
            let swung = if within < 0.5 {
                within * 2.0 * self.swing
            } else {
                self.swing + (within - 0.5) * 2.0 * (1.0 - self.swing)
            };
            start + swung * pair
        } else {
            beat
        };
        let turn = std::f64::consts::TAU / DRIFT_PERIOD_BEATS;
        (beat + self.drift / turn * (turn * beat).sin()) * 60.0 / self.tempo_bpm
    }

    pub fn is_major(&self) -> bool {
        self.mode == Mode::Major
    }

    /// "F# minor".
    pub fn key_name(&self) -> String {
        let mode = match self.mode {
            Mode::Major => "major",
            Mode::Minor => "minor",
        };
        format!("{} {mode}", PITCH_CLASSES[usize::from(self.pitch_class)])
    }

    /// Frequency in Hz of a MIDI note number under the song's tuning.
    pub fn frequency_hz(&self, midi: i32) -> f64 {
        440.0 * 2_f64.powf((f64::from(midi - 69) + self.detune_cents / 100.0) / 12.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_forward_and_at_the_stated_tempo() {
        for index in 0..STYLES.len() {
            let song = Song::draw(7, index, 30.0, 22_050);
            let times: Vec<f64> = (0..=640)
                .map(|q| song.seconds_at(f64::from(q) / 4.0))
                .collect();
            assert!(times.is_sorted(), "{}", song.style.name);
            let measured_bpm = 160.0 * 60.0 / times[640];
            // 160 beats are four whole wanderings of the tempo, so the mean is exact.
            assert!((measured_bpm / song.tempo_bpm - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_collection_holds_every_key_equally() {
        let mut counts = [0; 24];
        for index in 0..48 {
            let song = Song::draw(1, index, 30.0, 22_050);
            counts[usize::from(song.pitch_class) * 2 + usize::from(song.mode == Mode::Minor)] += 1;
        }
        assert_eq!(counts, [2; 24]);
    }
}
