//! Key and mode.
//!
//! Spectral peaks become a chroma of 120 bins an octave, every peak also voting for the
//! fundamentals it may be a harmonic of (the HPCP of Gómez, 2006). The peaks' common deviation from
//! the tempered scale gives the tuning, against which the bins fold into twelve pitch classes.
//! Which of the 24 keys it is is a [choice](super::choice) by what each sees from its tonic: how well
//! published profiles correlate with the song's chroma, the chroma itself, the bass's, and how
//! often each major and minor triad sounds. Profiles alone confuse relative keys, for they know
//! nothing of chords; the choice is fitted over both modes at once, so that neither is favoured.

mod peaks;

use serde::{Deserialize, Serialize};

use super::signal_weights::KEY;
use peaks::{FINE, Fold, Frames};

const PITCH_CLASSES: usize = 12;
/// Of the fine chroma.
const BINS_PER_SEMITONE: usize = FINE / PITCH_CLASSES;
/// Sharpness of the choice between triads, by their cosine similarity with a frame.
const CHORD_SHARPNESS: f32 = 20.0;
const TRIADS: [[usize; 3]; 2] = [[0, 3, 7], [0, 4, 7]];

/// Profiles; chroma, bass chroma, minor and major triads, seen from a tonic; and one for the mode.
const SEEN: usize = PROFILES.len() + 4 * PITCH_CLASSES + 1;
/// What is seen, for minor keys in the first half and for major ones in the second.
pub const EVIDENCE: usize = 2 * SEEN;

/// How strongly each degree belongs to a key, minor and major: Faraldo et al. (2016) from
/// electronic dance music; Faraldo's `bgate` of 2017, the same with small weights cut; Temperley
/// (2005); Krumhansl & Kessler (1982); Sha'ath (2011). Numbers as Essentia publishes
/// them for its key algorithm.
#[rustfmt::skip]
const PROFILES: [[Chroma; 2]; 5] = [
    [[0.1724, 0.0534, 0.0761, 0.1004, 0.0562, 0.0853, 0.0498, 0.1345, 0.0746, 0.0500, 0.0919, 0.0555],
     [0.1652, 0.0475, 0.0829, 0.0669, 0.0999, 0.0927, 0.0529, 0.1316, 0.0522, 0.0744, 0.0694, 0.0643]],
    [[1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23],
     [1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30]],
    [[0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330],
     [0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400]],
    [[6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
     [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88]],
    [[6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2],
     [6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4]],
];

const NAMES: [&str; PITCH_CLASSES] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Key {
    /// 0 = C … 11 = B.
    pub pitch_class: u8,
    /// 1 major, 0 minor.
    pub mode: u8,
    /// "F# minor".
    pub name: String,
    /// "11A".
    pub camelot: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Deviation of the tuning from A4 = 440 Hz.
    pub tuning_cents: f32,
}

impl Key {
    fn new(pitch_class: usize, mode: usize, confidence: f32, tuning_cents: f32) -> Self {
        let mode_name = ["minor", "major"][mode];
        // Camelot counts fifths from A flat minor and B major; a minor key shares its relative
        // major's number, three semitones up.
        let major = pitch_class + 3 * (1 - mode);
        let hour = (7 * major + 7) % PITCH_CLASSES + 1;
        Self {
            pitch_class: pitch_class as u8,
            mode: mode as u8,
            name: format!("{} {mode_name}", NAMES[pitch_class]),
            camelot: format!("{hour}{}", ["A", "B"][mode]),
            confidence,
            tuning_cents,
        }
    }
}

/// Where nothing sounds, C major with a confidence of 0.
pub fn estimate(harmony: Option<&Harmony>) -> Key {
    let Some(harmony) = harmony else {
        return Key::new(0, 1, 0.0, 0.0);
    };
    let mut best = (f32::MIN, 0, 0);
    let mut scores = Vec::with_capacity(2 * PITCH_CLASSES);
    for (mode, tonics) in evidence(harmony).iter().enumerate() {
        for (tonic, evidence) in tonics.iter().enumerate() {
            let score = KEY.score(evidence);
            scores.push(score);
            if score > best.0 {
                best = (score, tonic, mode);
            }
        }
    }
    let odds: f32 = scores.iter().map(|score| (score - best.0).exp()).sum();
    Key::new(best.1, best.2, harmony.clarity / odds, harmony.tuning_cents)
}

/// What speaks for each key: minor, then major, the tonics C to B.
pub fn evidence(harmony: &Harmony) -> [[[f32; EVIDENCE]; PITCH_CLASSES]; 2] {
    [0, 1].map(|mode| std::array::from_fn(|tonic| harmony.evidence(tonic, mode)))
}

/// How much each pitch class sounds, C to B.
pub type Chroma = [f32; PITCH_CLASSES];

/// The notes of a song, in its own tuning.
pub struct Harmony {
    /// Of the frames that sound, and where on the way through the song each lies, in seconds.
    chromas: Vec<Chroma>,
    frame_seconds: Vec<f64>,
    tuning_cents: f32,
    /// Zero mean, unit norm.
    chroma: Chroma,
    bass: Chroma,
    /// Shares of time that sum to one: minor, major.
    triads: [Chroma; 2],
    /// How far the chroma stands out of a flat one: 0 to 1.
    clarity: f32,
}

impl Harmony {
    /// `mono` at 22 050 Hz; `None` where nothing sounds.
    pub fn measure(mono_22050: &[f32]) -> Option<Self> {
        let frames = Frames::measure(mono_22050)?;
        // Where a bin lies between two semitones, as an angle.
        let directions: [(f32, f32); BINS_PER_SEMITONE] = std::array::from_fn(|bin| {
            (std::f32::consts::TAU * bin as f32 / BINS_PER_SEMITONE as f32).sin_cos()
        });
        let (mut cosine, mut sine) = (0.0, 0.0);
        for (weight, (of_sine, of_cosine)) in frames.treble.iter().zip(directions.iter().cycle()) {
            cosine += weight * of_cosine;
            sine += weight * of_sine;
        }
        let tuning_bins = sine.atan2(cosine) / std::f32::consts::TAU * BINS_PER_SEMITONE as f32;
        let fold = Fold::new(tuning_bins);
        let chromas: Vec<Chroma> = frames.treble.chunks(FINE).map(|f| fold.apply(f)).collect();
        let mut total = [0.0; PITCH_CLASSES];
        for chroma in &chromas {
            add(&mut total, chroma);
        }
        let bass = fold.apply(&frames.bass);
        let mean = total.iter().sum::<f32>() / PITCH_CLASSES as f32;
        let spread = total.iter().map(|x| (x / mean - 1.0).powi(2)).sum::<f32>() / 12.0;
        Some(Self {
            tuning_cents: 10.0 * tuning_bins,
            chroma: standardised(&total),
            bass: standardised(&bass),
            triads: triad_shares(&chromas),
            chromas,
            frame_seconds: frames.seconds,
            // A scale of seven even tones among twelve has a spread of 0.85.
            clarity: (spread.sqrt() / 0.85).min(1.0),
        })
    }

    /// The chroma of every second; the last holds what remains. Zero where nothing sounds.
    pub fn chroma_by_second(&self, seconds: usize) -> Vec<Chroma> {
        let mut sums = vec![[0.0; PITCH_CLASSES]; seconds];
        for (chroma, &at) in self.chromas.iter().zip(&self.frame_seconds) {
            if let Some(sum) = sums.get_mut((at as usize).min(seconds.saturating_sub(1))) {
                add(sum, chroma);
            }
        }
        sums
    }

    fn evidence(&self, tonic: usize, mode: usize) -> [f32; EVIDENCE] {
        let mut evidence = [0.0; EVIDENCE];
        let half = &mut evidence[mode * SEEN..][..SEEN];
        half[SEEN - 1] = 1.0;
        let (profiles, seen) = half.split_at_mut(PROFILES.len());
        for (slot, profile) in profiles.iter_mut().zip(&PROFILES) {
            let profile = standardised(&profile[mode]);
            let correlation = (0..PITCH_CLASSES)
                .map(|above| profile[above] * self.chroma[(tonic + above) % PITCH_CLASSES]);
            *slot = 5.0 * correlation.sum::<f32>();
        }
        let parts = [
            (&self.chroma, 3.0),
            (&self.bass, 3.0),
            (&self.triads[0], 12.0),
            (&self.triads[1], 12.0),
        ];
        // Scaled to about one each, so that the fit's penalty treats them alike.
        for (slots, (part, scale)) in seen.chunks_exact_mut(PITCH_CLASSES).zip(parts) {
            for (above, slot) in slots.iter_mut().enumerate() {
                *slot = scale * part[(tonic + above) % PITCH_CLASSES];
            }
        }
        evidence
    }
}

fn add(sum: &mut Chroma, term: &Chroma) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}

/// Zero mean, unit norm; all zero if flat.
fn standardised(chroma: &Chroma) -> Chroma {
    let mean = chroma.iter().sum::<f32>() / PITCH_CLASSES as f32;
    let norm = chroma
        .iter()
        .map(|x| (x - mean).powi(2))
        .sum::<f32>()
        .sqrt();
    if norm <= 1e-6 * mean.abs() {
        return [0.0; PITCH_CLASSES];
    }
    chroma.map(|x| (x - mean) / norm)
}

/// How much of the time each triad is the likeliest, by root: minor, then major. Frames are
/// averaged over three, half a second: passing notes are no chords.
fn triad_shares(chromas: &[Chroma]) -> [Chroma; 2] {
    let mut shares = [[0.0; PITCH_CLASSES]; 2];
    for at in 0..chromas.len() {
        let mut smooth = [0.0; PITCH_CLASSES];
        for chroma in &chromas[at.saturating_sub(1)..(at + 2).min(chromas.len())] {
            add(&mut smooth, chroma);
        }
        let norm = (3.0 * smooth.iter().map(|x| x * x).sum::<f32>()).sqrt();
        if norm == 0.0 {
            continue;
        }
        let mut odds = TRIADS.map(|triad| {
            std::array::from_fn::<f32, PITCH_CLASSES, _>(|root| {
                let sum: f32 = triad.iter().map(|tone| smooth[(root + tone) % 12]).sum();
                (CHORD_SHARPNESS * (sum / norm - 1.0)).exp()
            })
        });
        let total: f32 = odds.iter().flatten().sum();
        for (share, odds) in shares.iter_mut().zip(&mut odds) {
            odds.iter_mut().for_each(|odd| *odd /= total);
            add(share, odds);
        }
    }
    let count = chromas.len().max(1) as f32;
    shares.map(|share| share.map(|sum| sum / count))
}

#[cfg(test)]
mod tests {
    use super::peaks::SAMPLE_RATE_HZ;
    use super::*;

    fn estimate(mono: &[f32]) -> Key {
        super::estimate(Harmony::measure(mono).as_ref())
    }

    /// Triads of two seconds, as degrees above `tonic` (a MIDI number), with four harmonics.
    fn cadence(tonic: f32, triads: &[[f32; 3]]) -> Vec<f32> {
        let length = 2 * SAMPLE_RATE_HZ as usize;
        triads
            .iter()
            .flat_map(|triad| {
                (0..length).map(move |n| {
                    let time = n as f32 / SAMPLE_RATE_HZ;
                    let tone = |degree: &f32| {
                        let hz = 440.0 * ((tonic + degree - 69.0) / 12.0).exp2();
                        (1..=4_u8)
                            .map(f32::from)
                            .map(|h| (std::f32::consts::TAU * (h * hz * time).fract()).sin() / h)
                            .sum::<f32>()
                    };
                    0.1 * triad.iter().map(tone).sum::<f32>()
                })
            })
            .collect()
    }

    const MAJOR: [[f32; 3]; 4] = [
        [0.0, 4.0, 7.0],
        [5.0, 9.0, 12.0],
        [7.0, 11.0, 14.0],
        [0.0, 4.0, 7.0],
    ];
    const MINOR: [[f32; 3]; 4] = [
        [0.0, 3.0, 7.0],
        [5.0, 8.0, 12.0],
        [7.0, 11.0, 14.0],
        [0.0, 3.0, 7.0],
    ];

    #[test]
    fn transposition_rotates_the_key_in_both_modes() {
        for (mode, triads) in [(0, MINOR), (1, MAJOR)] {
            for pitch_class in 0..12_u8 {
                let song = cadence(60.0 + f32::from(pitch_class), &triads);
                let key = estimate(&song);
                assert_eq!((key.pitch_class, key.mode), (pitch_class, mode), "{key:?}");
            }
        }
    }

    #[test]
    fn detuning_is_measured_and_does_not_move_the_key() {
        for cents in [-40.0, -15.0, 25.0, 40.0] {
            let key = estimate(&cadence(62.0 + cents / 100.0, &MINOR));
            assert_eq!((key.pitch_class, key.mode), (2, 0), "{key:?}");
            // Just harmonics lie up to 14 cents off the tempered scale and pull a few cents.
            assert!((key.tuning_cents - cents).abs() < 6.0, "{cents}: {key:?}");
        }
    }

    #[test]
    fn gain_and_polarity_change_nothing() {
        let song = cadence(64.0, &MAJOR);
        let plain = estimate(&song);
        for gain in [-1.0, 0.03, 6.0_f32] {
            let scaled: Vec<f32> = song.iter().map(|sample| gain * sample).collect();
            assert_eq!(estimate(&scaled).name, plain.name);
        }
    }

    #[test]
    fn silence_is_answered_without_confidence() {
        for samples in [0, 1, 5_000, 66_150] {
            let key = estimate(&vec![0.0; samples]);
            assert_eq!((key.name.as_str(), key.confidence), ("C major", 0.0));
        }
    }

    #[test]
    fn camelot_names_follow_the_wheel() {
        let camelot = |pitch_class, mode| Key::new(pitch_class, mode, 1.0, 0.0).camelot;
        assert_eq!((camelot(0, 1), camelot(9, 0)), ("8B".into(), "8A".into()));
        assert_eq!((camelot(6, 0), camelot(11, 1)), ("11A".into(), "1B".into()));
    }
}
