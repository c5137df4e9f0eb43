//! Counts of right tempi and keys, as the field counts them.

use super::Truth;

/// Within 4 %, the field's tolerance (Gouyon et al., 2006).
pub fn near(bpm: f32, truth_bpm: f32) -> bool {
    (bpm / truth_bpm - 1.0).abs() < 0.04
}

/// The same tempo, or a listener's double, half, triple or third of it.
pub fn near_octave(bpm: f32, truth_bpm: f32) -> bool {
    [1.0, 2.0, 0.5, 3.0, 1.0 / 3.0]
        .iter()
        .any(|ratio| near(bpm, ratio * truth_bpm))
}

/// Counts over songs, printed as the field reports them.
#[derive(Debug, Default)]
pub struct Score {
    tempi: f32,
    tempo_exact: f32,
    tempo_octaves: f32,
    mirex: f32,
    /// Songs and exact keys by mode: minor, major.
    keys: [[f32; 2]; 2],
}

impl Score {
    pub fn add(&mut self, truth: &Truth, bpm: f32, answer: (u8, u8)) {
        if let Some(truth_bpm) = truth.tempo_bpm {
            let hit = |hit: bool| f32::from(u8::from(hit));
            self.tempi += 1.0;
            self.tempo_exact += hit(near(bpm, truth_bpm));
            self.tempo_octaves += hit(near_octave(bpm, truth_bpm));
        }
        if let Some(key) = truth.pitch_class_and_mode() {
            self.mirex += mirex_weight(key, answer);
            let counts = &mut self.keys[usize::from(key.1)];
            counts[0] += 1.0;
            counts[1] += f32::from(u8::from(key == answer));
        }
    }

    pub fn tempo_accuracy(&self) -> (f32, f32) {
        (
            self.tempo_exact / self.tempi,
            self.tempo_octaves / self.tempi,
        )
    }

    pub fn key_exact(&self) -> f32 {
        (self.keys[0][1] + self.keys[1][1]) / self.keyed()
    }

    /// Minor, major.
    pub fn key_exact_by_mode(&self) -> [f32; 2] {
        self.keys.map(|[songs, exact]| exact / songs)
    }

    pub fn key_mirex(&self) -> f32 {
        self.mirex / self.keyed()
    }

    fn keyed(&self) -> f32 {
        self.keys[0][0] + self.keys[1][0]
    }
}

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (acc1, acc2) = self.tempo_accuracy();
        let [minor, major] = self.key_exact_by_mode();
        write!(
            f,
            "tempo of {} songs: Acc1 {acc1:.3} Acc2 {acc2:.3}\nkey of {} songs: exact {:.3} (minor {minor:.3}, major {major:.3}) MIREX {:.3}",
            self.tempi,
            self.keyed(),
            self.key_exact(),
            self.key_mirex(),
        )
    }
}

/// MIREX audio key detection: 1 for the key, 0.5 for a fifth off in the same mode, 0.3 for the
/// relative key, 0.2 for the parallel one.
pub fn mirex_weight(truth: (u8, u8), answer: (u8, u8)) -> f32 {
    let apart = (i32::from(answer.0) - i32::from(truth.0)).rem_euclid(12);
    match (truth.1, answer.1, apart) {
        (t, a, 0) if t == a => 1.0,
        (t, a, 5 | 7) if t == a => 0.5,
        (1, 0, 9) | (0, 1, 3) => 0.3,
        (_, _, 0) => 0.2,
        _ => 0.0,
    }
}
