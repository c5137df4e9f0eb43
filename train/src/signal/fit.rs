//! Fitting what tempo and key are chosen by.

use std::fmt::Write as _;

use foretune::features::choice::Scorer;
use foretune::features::key::{self, Harmony};
use foretune::features::onsets::Onsets;
use foretune::features::tempo::{self, Candidate};
use rayon::prelude::*;

use super::logit::{self, Choice};
use super::score::{near, near_octave};
use super::{Source, Truth};

/// Chosen on songs of other seeds and of another player than those fitted to.
const PENALTY: f32 = 0.002;

/// How much a song in minor counts beside one in major. Its raised sixth and seventh degrees come and
/// go, so that it is the harder to tell: counted alike, one in forty more was missed.
const MINOR_WEIGHT: f32 = 1.4;

/// Shares of Spotify's tempi per quarter octave from 40 BPM on, over 121,000 songs of the
/// training table.
const TEMPO_SHARES: [f32; 10] = [
    0.0004, 0.0008, 0.0074, 0.0521, 0.1445, 0.2263, 0.2936, 0.1719, 0.0892, 0.0138,
];

fn tempo_bin(bpm: f32) -> usize {
    ((bpm / 40.0).log2() * 4.0).clamp(0.0, 9.0) as usize
}

/// What a song offers to choose from.
pub struct Offer {
    pub candidates: Vec<Candidate>,
    /// Minor, then major keys; none where nothing sounds.
    pub keys: Vec<[f32; key::EVIDENCE]>,
}

impl Offer {
    fn of(mono: &[f32]) -> Self {
        let keys = Harmony::measure(mono).map(|harmony| key::evidence(&harmony).concat());
        Self {
            candidates: tempo::candidates(&Onsets::measure(mono)),
            keys: keys.unwrap_or_default(),
        }
    }

    /// The tempo itself, and any octave of it: a wrong octave is the smaller mistake.
    fn tempo_choices(&self, bpm: f32, weight: f32) -> [Choice<{ tempo::EVIDENCE }>; 2] {
        [near, near_octave].map(|right| Choice {
            options: self.candidates.iter().map(|c| c.evidence).collect(),
            right: self.candidates.iter().map(|c| right(c.bpm, bpm)).collect(),
            weight,
        })
    }

    fn key_choice(&self, (pitch_class, mode): (u8, u8)) -> Choice<{ key::EVIDENCE }> {
        let right = 12 * usize::from(mode) + usize::from(pitch_class);
        Choice {
            options: self.keys.clone(),
            right: (0..self.keys.len()).map(|key| key == right).collect(),
            weight: if mode == 0 { MINOR_WEIGHT } else { 1.0 },
        }
    }
}

/// The text of `signal_weights.rs`, fitted to `songs`.
pub fn fitted(songs: &[(Source, Truth)]) -> anyhow::Result<String> {
    let offers: Vec<(Offer, &Truth)> = songs
        .par_iter()
        .map(|(source, truth)| anyhow::Ok((Offer::of(&source.mono()?), truth)))
        .collect::<anyhow::Result<_>>()?;
    fitted_to(&offers)
}

pub fn fitted_to(offers: &[(Offer, &Truth)]) -> anyhow::Result<String> {
    let mut counts = [0.0_f32; TEMPO_SHARES.len()];
    for bpm in offers.iter().filter_map(|(_, truth)| truth.tempo_bpm) {
        counts[tempo_bin(bpm)] += 1.0 / offers.len() as f32;
    }
    let tempi: Vec<Choice<{ tempo::EVIDENCE }>> = offers
        .iter()
        .filter_map(|(offer, truth)| {
            let bpm = truth.tempo_bpm?;
            let bin = tempo_bin(bpm);
            // Songs count as often as their tempo occurs in the world, within reason.
            let weight = (TEMPO_SHARES[bin] / counts[bin]).clamp(0.3, 3.0);
            Some(offer.tempo_choices(bpm, weight))
        })
        .flatten()
        .collect();
    let keys: Vec<Choice<{ key::EVIDENCE }>> = offers
        .iter()
        .filter_map(|(offer, truth)| Some(offer.key_choice(truth.pitch_class_and_mode()?)))
        .collect();
    let mut text = String::from(
        "//! What tempo and key are chosen by: written by `foretune-train signal --fit`, not by hand; \
         train/songs/fit.sh says on which songs.\n\n\
         // Some number among a thousand is near a constant that clippy knows.\n\
         #![allow(clippy::approx_constant)]\n\nuse super::choice::Scorer;\nuse super::{key, tempo};\n",
    );
    writeln!(
        text,
        "\n/// Of [`tempo::Candidate::evidence`].\npub const TEMPO: Scorer<{{ tempo::EVIDENCE }}> = {};",
        literal(&logit::fit(&tempi, PENALTY))
    )?;
    writeln!(
        text,
        "\n/// Of [`key::evidence`].\npub const KEY: Scorer<{{ key::EVIDENCE }}> = {};",
        literal(&logit::fit(&keys, PENALTY))
    )?;
    Ok(text)
}

fn literal<const EVIDENCE: usize>(scorer: &Scorer<EVIDENCE>) -> String {
    let hidden: Vec<String> = scorer.hidden.iter().map(|unit| numbers(unit)).collect();
    format!(
        "Scorer {{ linear: {}, hidden: [{}], thresholds: {}, outputs: {} }}",
        numbers(&scorer.linear),
        hidden.join(", "),
        numbers(&scorer.thresholds),
        numbers(&scorer.outputs)
    )
}

fn numbers(values: &[f32]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    format!("[{}]", values.join(", "))
}
