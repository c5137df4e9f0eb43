//! The power spectra of four frames at once: what a lane holds belongs to one of them, so that nothing
//! is ever moved between lanes, as in the transform of a single frame.

use std::f64::consts::TAU;

use crate::lanes::{LANES, Lanes};

/// A number of every frame, and a complex one.
type Four = [f32; LANES];
type Bin = [Four; 2];
/// Cosine and sine.
type Turn = [f32; 2];

/// A real transform of one length, a power of two of at least 8: a complex one of half the length, by
/// Stockham's algorithm in steps of four (Van Loan, Computational Frameworks for the Fast Fourier
/// Transform, 1992, 1.7), whose result is then parted into that of even and odd samples.
pub struct PowerSpectra {
    steps: Vec<[Turn; 3]>,
    parting: Vec<Turn>,
    from: Vec<Bin>,
    to: Vec<Bin>,
}

impl PowerSpectra {
    pub fn new(length: usize) -> Self {
        // The callers' lengths are constants.
        assert!(length.is_power_of_two() && length >= 8, "{length}");
        let half = length / 2;
        let mut steps = Vec::new();
        let mut rest = half;
        while rest >= 4 {
            steps.extend((0..rest / 4).map(|p| [1, 2, 3].map(|multiple| turn(multiple * p, rest))));
            rest /= 4;
        }
        Self {
            steps,
            parting: (0..=half / 2).map(|bin| turn(bin, length)).collect(),
            from: vec![[[0.0; LANES]; 2]; half],
            to: vec![[[0.0; LANES]; 2]; half],
        }
    }

    /// `frames` are weighted by `window` and of its length, which is the transform's; every one of
    /// `powers` is half that and one long.
    pub fn measure(
        &mut self,
        frames: [&[f32]; LANES],
        window: &[f32],
        powers: &mut [Vec<f32>; LANES],
    ) {
        let frames = frames.map(|frame| &frame[..window.len()]);
        for (at, (bin, weights)) in self.from.iter_mut().zip(window.chunks_exact(2)).enumerate() {
            for part in 0..2 {
                // Half, since parting the result adds what it means.
                let weight = Lanes::splat(0.5 * weights[part]);
                let values = frames.map(|frame| frame[2 * at + part]);
                Lanes::ZERO
                    .mul_add(weight, Lanes::load(&values))
                    .store(&mut bin[part]);
            }
        }
        self.transform();
        self.part(powers);
    }

    fn transform(&mut self) {
        let mut steps = self.steps.as_slice();
        let (mut rest, mut stride) = (self.from.len(), 1);
        while rest >= 4 {
            let quarter = rest / 4;
            let (these, others) = steps.split_at(quarter);
            steps = others;
            let (a, halves) = self.from.split_at(quarter * stride);
            let (b, halves) = halves.split_at(quarter * stride);
            let (c, d) = halves.split_at(quarter * stride);
            let inputs = a
                .chunks_exact(stride)
                .zip(b.chunks_exact(stride))
                .zip(c.chunks_exact(stride).zip(d.chunks_exact(stride)));
            let outputs = self.to.chunks_exact_mut(4 * stride);
            for ((((a, b), (c, d)), outputs), turns) in inputs.zip(outputs).zip(these) {
                butterflies([a, b, c, d], outputs, turns);
            }
            std::mem::swap(&mut self.from, &mut self.to);
            rest = quarter;
            stride *= 4;
        }
        if rest == 2 {
            let (a, b) = self.from.split_at(stride);
            let (sums, differences) = self.to.split_at_mut(stride);
            for (((a, b), sum), difference) in a.iter().zip(b).zip(sums).zip(differences) {
                let (a, b) = (Complex::load(a), Complex::load(b));
                a.plus(b).store(sum);
                a.minus(b).store(difference);
            }
            std::mem::swap(&mut self.from, &mut self.to);
        }
    }

    fn part(&self, powers: &mut [Vec<f32>; LANES]) {
        let half = self.from.len();
        let mut put = |bin: usize, power: Lanes| {
            for (powers, power) in powers.iter_mut().zip(power.to_array()) {
                powers[bin] = power;
            }
        };
        for (bin, turn) in self.parting.iter().enumerate() {
            let here = Complex::load(&self.from[bin]);
            let there = Complex::load(&self.from[(half - bin) % half]).conjugate();
            let even = here.plus(there);
            let odd = here.minus(there).turned(turn).turned_back();
            put(bin, even.plus(odd).power());
            put(half - bin, even.minus(odd).power());
        }
    }
}

#[inline(always)]
fn butterflies([a, b, c, d]: [&[Bin]; 4], outputs: &mut [Bin], turns: &[Turn; 3]) {
    let stride = a.len();
    let (first, rest) = outputs.split_at_mut(stride);
    let (second, rest) = rest.split_at_mut(stride);
    let (third, fourth) = rest.split_at_mut(stride);
    let inputs = a.iter().zip(b).zip(c.iter().zip(d));
    let outputs = first
        .iter_mut()
        .zip(second)
        .zip(third.iter_mut().zip(fourth));
    for (((a, b), (c, d)), ((first, second), (third, fourth))) in inputs.zip(outputs) {
        let [a, b, c, d] = [a, b, c, d].map(Complex::load);
        let (both, apart) = (a.plus(c), a.minus(c));
        let (others, turned) = (b.plus(d), b.minus(d).turned_back());
        both.plus(others).store(first);
        apart.plus(turned).turned(&turns[0]).store(second);
        both.minus(others).turned(&turns[1]).store(third);
        apart.minus(turned).turned(&turns[2]).store(fourth);
    }
}

/// `count` of the `of` parts of a circle, clockwise.
fn turn(count: usize, of: usize) -> Turn {
    let (sine, cosine) = (TAU * count as f64 / of as f64).sin_cos();
    [cosine as f32, -sine as f32]
}

#[derive(Clone, Copy)]
struct Complex(Lanes, Lanes);

impl Complex {
    #[inline(always)]
    fn load([real, imaginary]: &Bin) -> Self {
        Self(Lanes::load(real), Lanes::load(imaginary))
    }

    #[inline(always)]
    fn store(self, [real, imaginary]: &mut Bin) {
        self.0.store(real);
        self.1.store(imaginary);
    }

    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(self.0.plus(other.0), self.1.plus(other.1))
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(self.0.minus(other.0), self.1.minus(other.1))
    }

    #[inline(always)]
    fn conjugate(self) -> Self {
        Self(self.0, Lanes::ZERO.minus(self.1))
    }

    /// By a quarter of a circle, clockwise.
    #[inline(always)]
    fn turned_back(self) -> Self {
        Self(self.1, Lanes::ZERO.minus(self.0))
    }

    #[inline(always)]
    fn turned(self, [cosine, sine]: &Turn) -> Self {
        let (cosine, sine) = (Lanes::splat(*cosine), Lanes::splat(*sine));
        let back = Lanes::ZERO.minus(sine);
        Self(
            cosine.times(self.0).mul_add(back, self.1),
            cosine.times(self.1).mul_add(sine, self.0),
        )
    }

    #[inline(always)]
    fn power(self) -> Lanes {
        self.0.times(self.0).mul_add(self.1, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_those_of_the_sum_that_defines_them() {
        // Lengths whose halves are powers of four and twice those.
        for length in [8, 16, 32, 512, 1024] {
            let mut state = 7_u32;
            let frames: [Vec<f32>; LANES] = std::array::from_fn(|_| {
                (0..length)
                    .map(|_| {
                        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        state as f32 / u32::MAX as f32 - 0.5
                    })
                    .collect()
            });
            let window: Vec<f32> = (0..length)
                .map(|n| 1.0 + n as f32 / length as f32)
                .collect();
            let mut powers = [(); LANES].map(|()| vec![0.0; length / 2 + 1]);
            PowerSpectra::new(length).measure(
                frames.each_ref().map(Vec::as_slice),
                &window,
                &mut powers,
            );
            for (frame, powers) in frames.iter().zip(&powers) {
                for (bin, &power) in powers.iter().enumerate() {
                    let (mut real, mut imaginary) = (0.0, 0.0);
                    for (n, (value, weight)) in frame.iter().zip(&window).enumerate() {
                        let (sine, cosine) =
                            (TAU * (bin * n % length) as f64 / length as f64).sin_cos();
                        let value = f64::from(value * weight);
                        real += value * cosine;
                        imaginary += value * sine;
                    }
                    let exact = real * real + imaginary * imaginary;
                    // The mean power of a bin is a third of the length; each is a sum of ten roundings.
                    let error = (f64::from(power) - exact).abs();
                    assert!(
                        error < 1e-6 * length as f64,
                        "{length}, bin {bin}: {power} for {exact}"
                    );
                }
            }
        }
    }
}
