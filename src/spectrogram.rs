//! Short-time spectra, framed as librosa frames them: a periodic Hann window, centred on every
//! hop, the signal padded with zeros (`librosa.stft` of 0.11, `center=True, pad_mode="constant"`).

use crate::fourier::PowerSpectra;
use crate::lanes::{LANES, Lanes};
use crate::window::hann;

const FRAMES_AT_ONCE: usize = 16;

/// A transform of one length and hop, planned once. Frames are handed to a closure, so that several
/// features share one pass and no frame outlives its use.
pub struct Spectrogram {
    hop: usize,
    spectra: PowerSpectra,
    window: Vec<f32>,
    /// What has come of the signal, from the beginning of the next frame on.
    pending: Vec<f32>,
    /// Index of the next frame.
    next: usize,
}

/// Frames that follow each other: four, but for a signal's last ones.
pub struct Quartet<'a> {
    /// Index of the first.
    pub first: usize,
    /// How many.
    pub count: usize,
    spectra: &'a mut PowerSpectra,
}

impl Quartet<'_> {
    /// The powers of every bin, each frame's in a lane; where there are fewer frames, once more the last's.
    pub(crate) fn lanes(&self) -> &[Lanes] {
        self.spectra.lanes()
    }

    pub fn frames(&mut self) -> impl Iterator<Item = Frame<'_>> {
        let rows = self.spectra.rows()[..self.count].iter();
        (self.first..)
            .zip(rows)
            .map(|(index, power)| Frame { index, power })
    }
}

/// One frame of a signal.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// From 0; the frame's centre is the sample `index · hop`.
    pub index: usize,
    /// The squared magnitude of `n_fft / 2 + 1` bins from 0 Hz to the Nyquist frequency, or of the lowest of
    /// them that were asked for.
    pub power: &'a [f32],
}

impl Spectrogram {
    /// `n_fft` a power of two, 16 at least; `hop` 1 to `n_fft`.
    pub fn new(n_fft: usize, hop: usize) -> Self {
        Self::of_low_bins(n_fft, hop, n_fft / 2 + 1)
    }

    /// Of the lowest `bins` alone, one at least.
    pub fn of_low_bins(n_fft: usize, hop: usize, bins: usize) -> Self {
        Self {
            hop,
            spectra: PowerSpectra::new(n_fft, bins),
            window: hann(n_fft),
            pending: vec![0.0; n_fft / 2],
            next: 0,
        }
    }

    /// Number of frames of a signal of `len` samples.
    pub fn frame_count(&self, len: usize) -> usize {
        1 + len / self.hop
    }

    /// Calls `visit` with every frame of `signal`, in order.
    pub fn for_each(&mut self, signal: &[f32], mut visit: impl FnMut(Frame<'_>)) {
        self.for_each_quartet(signal, |mut quartet| quartet.frames().for_each(&mut visit));
    }

    /// The same, four at a time.
    pub fn for_each_quartet(&mut self, signal: &[f32], mut visit: impl FnMut(Quartet<'_>)) {
        self.push(signal, &mut visit);
        self.finish(visit);
    }

    /// Calls `visit` with the frames that are whole once `samples` follow what was pushed before, but
    /// for a few that wait for more.
    pub fn push(&mut self, samples: &[f32], mut visit: impl FnMut(Quartet<'_>)) {
        // Little at a time, so that what is pending stays in the cache.
        for samples in samples.chunks(FRAMES_AT_ONCE * self.hop) {
            self.pending.extend_from_slice(samples);
            let whole = self.whole();
            self.visit(whole - whole % LANES, &mut visit);
        }
    }

    /// Calls `visit` with the last frames, which the end cuts, and is ready for another signal.
    pub fn finish(&mut self, mut visit: impl FnMut(Quartet<'_>)) {
        let padding = self.window.len() / 2;
        self.pending.resize(self.pending.len() + padding, 0.0);
        self.visit(self.whole(), &mut visit);
        self.pending.clear();
        self.pending.resize(padding, 0.0);
        self.next = 0;
    }

    /// How many frames have come in whole.
    fn whole(&self) -> usize {
        match self.pending.len().checked_sub(self.window.len()) {
            Some(beyond) => 1 + beyond / self.hop,
            None => 0,
        }
    }

    fn visit(&mut self, frames: usize, visit: &mut impl FnMut(Quartet<'_>)) {
        let length = self.window.len();
        for first in (0..frames).step_by(LANES) {
            let count = LANES.min(frames - first);
            // Where fewer are whole, the last one is taken again.
            let quartet = std::array::from_fn(|lane| {
                let start = (first + lane.min(count - 1)) * self.hop;
                &self.pending[start..start + length]
            });
            self.spectra.measure(quartet, &self.window);
            visit(Quartet {
                first: self.next,
                count,
                spectra: &mut self.spectra,
            });
            self.next += count;
        }
        self.pending.drain(..frames * self.hop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_on_a_bin_has_the_power_theory_gives() {
        let (n_fft, hop, bin) = (512, 128, 40);
        let signal: Vec<f32> = (0..4096)
            .map(|n| (std::f64::consts::TAU * f64::from(bin * n) / n_fft as f64).sin() as f32)
            .collect();
        let mut frames = 0;
        let mut spectrogram = Spectrogram::new(n_fft, hop);
        let expected_frames = spectrogram.frame_count(signal.len());
        spectrogram.for_each(&signal, |frame| {
            assert_eq!(frame.index, frames);
            frames += 1;
            // Frames that reach over the ends see less of the sine.
            if (2..=30).contains(&frame.index) {
                // A sine gives half its amplitude times the window's sum, which is n / 2.
                let expected = (n_fft as f32 / 4.0).powi(2);
                let relative = frame.power[bin as usize] / expected - 1.0;
                assert!(relative.abs() < 1e-5, "{relative}");
                // Hann's main lobe is four bins wide; beyond it a sine on a bin leaves only rounding.
                assert!(frame.power[bin as usize + 2] < 1e-9 * expected);
            }
        });
        assert_eq!((frames, expected_frames), (33, 33));
    }

    #[test]
    fn parseval_holds_for_every_frame() {
        // Energy in time equals energy in frequency; the inner bins count twice, for the
        // negative frequencies. Noise from a fixed linear congruential generator.
        let mut state = 1_u32;
        let signal: Vec<f32> = (0..3000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state as f32 / u32::MAX as f32 - 0.5
            })
            .collect();
        let (n_fft, hop) = (1024, 300);
        let window = hann(n_fft);
        Spectrogram::new(n_fft, hop).for_each(&signal, |frame| {
            let time: f32 = (0..n_fft)
                .filter_map(|n| {
                    let at = (frame.index * hop + n).checked_sub(n_fft / 2)?;
                    signal.get(at).map(|x| (x * window[n]).powi(2))
                })
                .sum();
            let total: f32 = frame.power.iter().sum();
            let ends = frame.power[0] + frame.power[n_fft / 2];
            let frequency = (2.0 * total - ends) / n_fft as f32;
            // Sums of a thousand f32 terms.
            assert!(
                (frequency / time - 1.0).abs() < 1e-5,
                "{frequency} against {time}"
            );
        });
    }

    #[test]
    fn signals_shorter_than_a_frame_are_padded() {
        for len in [0, 1, 255, 256, 257] {
            let mut count = 0;
            Spectrogram::new(512, 256).for_each(&vec![0.1; len], |frame| {
                assert!(frame.power.iter().all(|p| p.is_finite()));
                count += 1;
            });
            assert_eq!(count, 1 + len / 256);
        }
    }
}
