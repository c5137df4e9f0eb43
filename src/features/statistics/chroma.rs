//! Chroma as `librosa.feature.chroma_stft` has it: the power of every bin given to the pitch classes
//! near it, after the tuning of the music is found from its spectral peaks.

use crate::lanes::{LANES, Lanes, larger, loudest};

pub const CLASSES: usize = 12;

/// Octaves above the A of 27.5 Hz.
fn octaves(hz: f64, tuning: f64) -> f64 {
    (hz / (440.0 * (tuning / CLASSES as f64).exp2() / 16.0)).log2()
}

/// Weights of every bin for every pitch class, from C (`librosa.filters.chroma` with its defaults).
pub struct ChromaBank {
    /// Of every bin.
    weights: Vec<[f32; CLASSES]>,
}

impl ChromaBank {
    /// `tuning` in semitones, -0.5 to 0.5.
    pub fn new(sample_rate_hz: u32, n_fft: usize, tuning: f64) -> Self {
        /// Bins are weighted by a Gaussian over octaves, centred here and this wide.
        const CENTRE_OCTAVE: f64 = 5.0;
        const OCTAVE_WIDTH: f64 = 2.0;

        let classes = CLASSES as f64;
        let hz = |bin: usize| bin as f64 * f64::from(sample_rate_hz) / n_fft as f64;
        let position = |bin: usize| match bin {
            // 0 Hz has no pitch: an octave and a half below the first bin is far from all of them.
            0 => classes * (octaves(hz(1), tuning) - 1.5),
            _ => classes * octaves(hz(bin), tuning),
        };
        let bins = n_fft / 2 + 1;
        let mut weights = vec![[0.0; CLASSES]; bins];
        for (bin, weights) in weights.iter_mut().enumerate() {
            let here = position(bin);
            // A bin is as wide as the step to the next, and a semitone at least.
            let width = (position(bin + 1) - here).max(1.0);
            let bumps: [f64; CLASSES] = std::array::from_fn(|class| {
                let half = classes / 2.0;
                let distance = (here - class as f64 + half).rem_euclid(classes) - half;
                (-0.5 * (2.0 * distance / width).powi(2)).exp()
            });
            let norm = bumps.iter().map(|bump| bump * bump).sum::<f64>().sqrt();
            let octave = (here / classes - CENTRE_OCTAVE) / OCTAVE_WIDTH;
            let height = (-0.5 * octave * octave).exp() / norm;
            for (class, bump) in bumps.iter().enumerate() {
                // Octaves count from A, classes from C, which lies three semitones higher.
                weights[(class + CLASSES - 3) % CLASSES] = (bump * height) as f32;
            }
        }
        Self { weights }
    }

    /// The pitch classes of one frame, the strongest scaled to 1; all zero in silence.
    pub fn chroma(&self, power: &[f32]) -> [f32; CLASSES] {
        // Of bins with even and with odd numbers, so that a sum need not wait for the one before.
        let mut sums = [[Lanes::ZERO; CLASSES / LANES]; 2];
        let add = |sums: &mut [Lanes; CLASSES / LANES], weights: &[f32; CLASSES], power| {
            let power = Lanes::splat(power);
            for (sum, weights) in sums.iter_mut().zip(weights.as_chunks::<LANES>().0) {
                *sum = sum.mul_add(Lanes::load(weights), power);
            }
        };
        let ((weights, last), (powers, last_power)) =
            (self.weights.as_chunks::<2>(), power.as_chunks::<2>());
        for (weights, powers) in weights.iter().zip(powers) {
            add(&mut sums[0], &weights[0], powers[0]);
            add(&mut sums[1], &weights[1], powers[1]);
        }
        for (weights, &power) in last.iter().zip(last_power) {
            add(&mut sums[0], weights, power);
        }
        let mut chroma = [0.0; CLASSES];
        for (at, (even, odd)) in sums[0].iter().zip(sums[1]).enumerate() {
            (*even + odd).store(&mut chroma[LANES * at..]);
        }
        let strongest = chroma.iter().copied().fold(0.0, larger);
        if strongest >= f32::MIN_POSITIVE {
            chroma.iter_mut().for_each(|value| *value /= strongest);
        }
        chroma
    }
}

/// Deviation from A = 440 Hz (`librosa.estimate_tuning`).
pub struct Tuning {
    bin_hz: f64,
    peaks: Vec<Peak>,
}

impl Tuning {
    pub fn new(sample_rate_hz: u32, n_fft: usize) -> Self {
        Self {
            bin_hz: f64::from(sample_rate_hz) / n_fft as f64,
            peaks: Vec::new(),
        }
    }

    /// Adds what the powers of a frame's bins tell of it.
    pub fn add(&mut self, power: &[f32]) {
        add_peaks(power, self.bin_hz, &mut self.peaks);
    }

    /// In semitones, -0.5 to 0.49, in steps of a hundredth: the fullest bin of a histogram over the stronger
    /// half of all spectral peaks. 0 without peaks.
    pub fn estimate(&self) -> f64 {
        const STEPS: usize = 100;

        let threshold = median(&self.peaks);
        let mut counts = [0_u32; STEPS];
        for peak in self.peaks.iter().filter(|peak| peak.height >= threshold) {
            // In f32 like librosa, so that peaks fall on the same side of a step's border.
            let octaves = (peak.hz / (440.0 / 16.0)).log2();
            let residue = f64::from((CLASSES as f32 * octaves).rem_euclid(1.0));
            let centred = if residue >= 0.5 {
                residue - 1.0
            } else {
                residue
            };
            let step = ((centred + 0.5) * STEPS as f64) as usize;
            counts[step.min(STEPS - 1)] += 1;
        }
        let mut fullest = STEPS / 2;
        for (step, &count) in counts.iter().enumerate().rev() {
            // The first of equals, as `numpy.argmax`.
            if count > 0 && count >= counts[fullest] {
                fullest = step;
            }
        }
        fullest as f64 / STEPS as f64 - 0.5
    }
}

struct Peak {
    hz: f32,
    height: f32,
}

/// Local maxima of 150 to 4000 Hz above a tenth of the frame's maximum, placed by a parabola through
/// three bins (`librosa.piptrack`; given a power spectrogram, as `chroma_stft` does).
fn add_peaks(power: &[f32], bin_hz: f64, peaks: &mut Vec<Peak>) {
    const LOWEST_HZ: f64 = 150.0;
    const HIGHEST_HZ: f64 = 4000.0;

    let floor = 0.1 * loudest(power);
    let first = (LOWEST_HZ / bin_hz).ceil() as usize;
    let end = ((HIGHEST_HZ / bin_hz).ceil() as usize).min(power.len() - 1);
    for bin in first..end {
        let (left, here, right) = (power[bin - 1], power[bin], power[bin + 1]);
        let audible = |value: f32| if value > floor { value } else { 0.0 };
        if here <= floor || here <= audible(left) || here < audible(right) {
            continue;
        }
        let slope = (right - left) / 2.0;
        let curve = left + right - 2.0 * here;
        // A vertex more than a bin away belongs to no peak.
        let shift = if slope.abs() >= curve.abs() {
            0.0
        } else {
            -slope / curve
        };
        peaks.push(Peak {
            hz: ((bin as f64 + f64::from(shift)) * bin_hz) as f32,
            height: here + 0.5 * slope * shift,
        });
    }
}

/// The median height; 0 without peaks.
fn median(peaks: &[Peak]) -> f32 {
    let mut heights: Vec<f32> = peaks.iter().map(|peak| peak.height).collect();
    if heights.is_empty() {
        return 0.0;
    }
    let (half, even) = (heights.len() / 2, heights.len().is_multiple_of(2));
    let (lower, &mut middle, _) = heights.select_nth_unstable_by(half, f32::total_cmp);
    if even {
        let below = lower.iter().copied().fold(f32::NEG_INFINITY, larger);
        (below + middle) / 2.0
    } else {
        middle
    }
}
