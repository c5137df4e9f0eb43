//! Tunes of drums, bass and chords whose tempo and key are known, as `tests/golden/generate.py`
//! writes them a second time.

use std::f64::consts::TAU;

const SECONDS: f64 = 20.0;

/// Degrees of the roots above the tonic and whether each triad is major: minor, then major keys.
/// None is a loop that its relative key could claim.
const LOOPS: [[[(i32, bool); 4]; 2]; 2] = [
    [
        [(0, false), (5, false), (7, true), (0, false)],
        [(0, false), (8, true), (7, true), (0, false)],
    ],
    [
        [(0, true), (5, true), (7, true), (0, true)],
        [(0, true), (2, false), (7, true), (0, true)],
    ],
];

#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct Tune {
    pub tempo_bpm: f64,
    /// 0 = C … 11 = B.
    pub tonic: i32,
    /// 1 major, 0 minor.
    pub mode: u8,
    /// Which of the mode's loops of chords.
    pub turn: usize,
}

impl Tune {
    /// Bass and chords on every beat, a kick, a snare and a hat.
    pub fn play(&self, rate_hz: u32) -> Vec<f32> {
        let rate = f64::from(rate_hz);
        let mut noise = 1_u32;
        (0..(SECONDS * rate) as usize)
            .map(|n| {
                let beat = n as f64 / rate * self.tempo_bpm / 60.0;
                let seconds = |beats: f64| (beat % beats) * 60.0 / self.tempo_bpm;
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = f64::from(noise) / 2.0_f64.powi(31) - 1.0;
                let (root, major) = LOOPS[usize::from(self.mode)][self.turn][beat as usize / 4 % 4];
                let time = n as f64 / rate;
                let tone = |midi: i32, harmonics: i32| -> f64 {
                    let hz = 440.0 * 2.0_f64.powf(f64::from(midi - 69) / 12.0);
                    (1..=harmonics)
                        .map(|h| (TAU * f64::from(h) * hz * time).sin() / f64::from(h))
                        .sum()
                };
                let third = 3 + i32::from(major);
                let root = self.tonic + root;
                let chord: f64 = [0, third, 7]
                    .iter()
                    .map(|above| tone(55 + (root + above + 5) % 12, 5))
                    .sum();
                let held = (-seconds(1.0) * 3.0).exp();
                let kick = (TAU * 55.0 * seconds(2.0)).sin() * (-seconds(2.0) * 18.0).exp();
                let snare_age = (beat + 1.0) % 2.0 * 60.0 / self.tempo_bpm;
                let drums = 0.4 * kick
                    + 0.25 * hiss * (-snare_age * 25.0).exp()
                    + 0.08 * hiss * (-seconds(0.5) * 60.0).exp();
                let notes = 0.06 * chord * held + 0.15 * tone(33 + (root + 3) % 12, 3) * held;
                (drums + notes) as f32
            })
            .collect()
    }
}
