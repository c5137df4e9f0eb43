//! Measuring tempo and key on songs whose truth is known, and fitting the weights they choose by.

mod logit;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use foretune::engine::SIGNAL_RATE_HZ;
use foretune::features::key::{self, Harmony, Key};
use foretune::features::onsets::Onsets;
use foretune::features::tempo::{self, Tempo};
use foretune::resample::resample;
use rayon::prelude::*;
use serde::Deserialize;

use crate::decode::decode_file;
use logit::Choice;

#[derive(clap::Args)]
pub struct SignalArgs {
    /// Folders with songs and their truth.csv, as `render` writes them
    #[arg(long, required = true)]
    songs: Vec<PathBuf>,
    /// Fit the weights to these songs and write them to this Rust file, instead of measuring
    #[arg(long)]
    fit: Option<PathBuf>,
}

/// One row of truth.csv; what is not known is left empty, other columns are for the reader.
#[derive(Debug, Clone, Deserialize)]
struct Truth {
    file: String,
    tempo_bpm: Option<f32>,
    /// 0 = C … 11 = B.
    key: Option<u8>,
    /// 1 major, 0 minor.
    mode: Option<u8>,
}

impl Truth {
    fn pitch_class_and_mode(&self) -> Option<(u8, u8)> {
        self.key.zip(self.mode)
    }
}

pub fn run(args: SignalArgs) -> anyhow::Result<ExitCode> {
    let mut songs = Vec::new();
    for folder in &args.songs {
        let table = folder.join("truth.csv");
        let mut reader = csv::Reader::from_path(&table)
            .with_context(|| format!("reading {}", table.display()))?;
        for row in reader.deserialize() {
            let truth: Truth = row?;
            songs.push((folder.join(&truth.file), truth));
        }
    }
    if let Some(path) = args.fit {
        std::fs::write(&path, fitted(&songs)?)
            .with_context(|| format!("writing {}", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let results: Vec<(Tempo, Key)> = songs
        .par_iter()
        .map(|(path, _)| anyhow::Ok(answers(&mono(path)?)))
        .collect::<anyhow::Result<_>>()?;
    let mut score = Score::default();
    for ((_, truth), (tempo, key)) in songs.iter().zip(&results) {
        score.add(truth, tempo.bpm, (key.pitch_class, key.mode));
    }
    println!("{score}");
    Ok(ExitCode::SUCCESS)
}

fn answers(mono: &[f32]) -> (Tempo, Key) {
    let tempo = tempo::estimate(&Onsets::measure(mono));
    (tempo, key::estimate(Harmony::measure(mono).as_ref()))
}

fn mono(path: &Path) -> anyhow::Result<Vec<f32>> {
    let clip = decode_file(path)
        .with_context(|| format!("decoding {}", path.display()))?
        .clip;
    Ok(resample(
        &clip.mono(),
        clip.sample_rate_hz(),
        SIGNAL_RATE_HZ,
    )?)
}

/// Within 4 %, the field's tolerance (Gouyon et al., 2006).
fn near(bpm: f32, truth_bpm: f32) -> bool {
    (bpm / truth_bpm - 1.0).abs() < 0.04
}

/// Counts over songs, printed as the field reports them.
#[derive(Debug, Default)]
struct Score {
    tempi: f32,
    tempo_exact: f32,
    tempo_octaves: f32,
    mirex: f32,
    /// Songs and exact keys by mode: minor, major.
    keys: [[f32; 2]; 2],
}

impl Score {
    fn add(&mut self, truth: &Truth, bpm: f32, answer: (u8, u8)) {
        if let Some(truth_bpm) = truth.tempo_bpm {
            let hit = |ratio: f32| f32::from(u8::from(near(bpm, ratio * truth_bpm)));
            self.tempi += 1.0;
            self.tempo_exact += hit(1.0);
            self.tempo_octaves += [1.0, 2.0, 0.5, 3.0, 1.0 / 3.0].map(hit).iter().sum::<f32>();
        }
        if let Some(key) = truth.pitch_class_and_mode() {
            self.mirex += mirex_weight(key, answer);
            let counts = &mut self.keys[usize::from(key.1)];
            counts[0] += 1.0;
            counts[1] += f32::from(u8::from(key == answer));
        }
    }

    fn tempo_accuracy(&self) -> (f32, f32) {
        (
            self.tempo_exact / self.tempi,
            self.tempo_octaves / self.tempi,
        )
    }

    fn key_exact(&self) -> f32 {
        (self.keys[0][1] + self.keys[1][1]) / self.keyed()
    }

    /// Minor, major.
    fn key_exact_by_mode(&self) -> [f32; 2] {
        self.keys.map(|[songs, exact]| exact / songs)
    }

    fn key_mirex(&self) -> f32 {
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
fn mirex_weight(truth: (u8, u8), answer: (u8, u8)) -> f32 {
    let apart = (i32::from(answer.0) - i32::from(truth.0)).rem_euclid(12);
    match (truth.1, answer.1, apart) {
        (t, a, 0) if t == a => 1.0,
        (t, a, 5 | 7) if t == a => 0.5,
        (1, 0, 9) | (0, 1, 3) => 0.3,
        (_, _, 0) => 0.2,
        _ => 0.0,
    }
}

/// Shares of Spotify's tempi per quarter octave from 40 BPM on, over 121,000 songs of the
/// training table.
const TEMPO_SHARES: [f32; 10] = [
    0.0004, 0.0008, 0.0074, 0.0521, 0.1445, 0.2263, 0.2936, 0.1719, 0.0892, 0.0138,
];

fn tempo_bin(bpm: f32) -> usize {
    ((bpm / 40.0).log2() * 4.0).clamp(0.0, 9.0) as usize
}

/// The text of `signal_weights.rs`, fitted to `songs`.
fn fitted(songs: &[(PathBuf, Truth)]) -> anyhow::Result<String> {
    let mut counts = [0.0_f32; TEMPO_SHARES.len()];
    for (_, truth) in songs {
        if let Some(bpm) = truth.tempo_bpm {
            counts[tempo_bin(bpm)] += 1.0 / songs.len() as f32;
        }
    }
    let choices: Vec<[Option<Choice>; 2]> = songs
        .par_iter()
        .map(|(path, truth)| {
            let mono = mono(path)?;
            let tempo = truth.tempo_bpm.map(|bpm| {
                let bin = tempo_bin(bpm);
                // Songs count as often as their tempo occurs in the world, within reason.
                let weight = (TEMPO_SHARES[bin] / counts[bin]).clamp(0.3, 3.0);
                tempo_choice(&mono, bpm, weight)
            });
            let key = truth.pitch_class_and_mode();
            anyhow::Ok([tempo, key.and_then(|key| key_choice(&mono, key))])
        })
        .collect::<anyhow::Result<_>>()?;
    let (tempi, keys): (Vec<_>, Vec<_>) = choices.into_iter().map(|[t, k]| (t, k)).unzip();
    let tempi: Vec<Choice> = tempi.into_iter().flatten().collect();
    let keys: Vec<Choice> = keys.into_iter().flatten().collect();
    let tempo = logit::fit(&tempi, TEMPO_PENALTY);
    let key = logit::fit(&keys, KEY_PENALTY);
    let mut text = String::from(
        "//! What tempo and key are chosen by: written by `foretune-train signal --fit`, not by hand.\n\n",
    );
    writeln!(
        text,
        "use super::{{key, tempo}};\n\n/// In the order of [`tempo::Candidate::evidence`].\npub const TEMPO: [f32; tempo::EVIDENCE] = {};\n",
        literal(&tempo)
    )?;
    writeln!(
        text,
        "/// Minor, major; in the order of [`key::evidence`].\npub const KEY: [[f32; key::EVIDENCE]; 2] = [{}, {}];",
        literal(&key[..key::EVIDENCE]),
        literal(&key[key::EVIDENCE..])
    )?;
    Ok(text)
}

/// Chosen on songs of other seeds and of another player than those fitted to; the key's evidence
/// is the wider and more alike within itself.
const TEMPO_PENALTY: f32 = 0.002;
const KEY_PENALTY: f32 = 0.02;

fn tempo_choice(mono: &[f32], bpm: f32, weight: f32) -> Choice {
    let candidates = tempo::candidates(&Onsets::measure(mono));
    Choice {
        right: candidates.iter().map(|c| near(c.bpm, bpm)).collect(),
        options: candidates
            .into_iter()
            .map(|c| c.evidence.to_vec())
            .collect(),
        weight,
    }
}

/// The 24 keys as options: minor's evidence in the first half of the row, major's in the second.
fn key_choice(mono: &[f32], key: (u8, u8)) -> Option<Choice> {
    let mut choice = Choice {
        options: Vec::new(),
        right: Vec::new(),
        weight: 1.0,
    };
    for (mode, tonics) in (0_u8..).zip(key::evidence(&Harmony::measure(mono)?)) {
        for (tonic, evidence) in (0_u8..).zip(&tonics) {
            let mut option = vec![0.0; 2 * key::EVIDENCE];
            option[usize::from(mode) * key::EVIDENCE..][..key::EVIDENCE].copy_from_slice(evidence);
            choice.options.push(option);
            choice.right.push((tonic, mode) == key);
        }
    }
    Some(choice)
}

fn literal(values: &[f32]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:.4}")).collect();
    format!("[{}]", values.join(", "))
}

#[cfg(test)]
mod tests;
