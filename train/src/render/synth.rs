//! Sounding notes: tones from band-limited wavetables through a low-pass filter, plucked strings,
//! and drums from sines and noise.

use std::collections::HashMap;
use std::f32::consts::TAU;

use rand::{Rng, RngExt as _};

use super::style::{Drum, Instrument};

const TABLE_LENGTH: usize = 2048;
/// Beyond this partials add brightness that the filters take away again.
const MAX_PARTIALS: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Wave {
    Saw,
    Square,
    Triangle,
    /// Drawbars 8', 4', 2 2/3' and 2'.
    Organ,
    /// Partials falling as those of a struck string.
    Struck,
    Sine,
}

impl Wave {
    fn partial(self, n: usize) -> f32 {
        let order = n as f32;
        let odd = n % 2 == 1;
        match self {
            Self::Saw => 1.0 / order,
            Self::Square if odd => 1.0 / order,
            Self::Triangle if odd => 1.0 / (order * order),
            Self::Square | Self::Triangle => 0.0,
            Self::Organ => match n {
                1 => 1.0,
                2 => 0.7,
                3 => 0.5,
                4 => 0.35,
                8 => 0.15,
                _ => 0.0,
            },
            Self::Struck => (-0.28 * order).exp() * if n.is_multiple_of(7) { 0.2 } else { 1.0 },
            Self::Sine => f32::from(u8::from(n == 1)),
        }
    }
}

/// An instrument's recipe.
struct Tone {
    wave: Wave,
    attack_s: f32,
    /// Time constant of the fall from the attack's peak to `sustain`.
    decay_s: f32,
    sustain: f32,
    release_s: f32,
    /// Low-pass cut-off as a multiple of the fundamental: at the attack, and settled.
    cutoff: (f32, f32),
    /// Detuned copies, and the cents from the first to the last.
    copies: usize,
    spread_cents: f32,
    vibrato_cents: f32,
    /// Level of noise mixed into the oscillator.
    breath: f32,
    gain: f32,
}

#[rustfmt::skip]
fn tone(instrument: Instrument) -> Tone {
    use Instrument as I;
    let t = |wave, (attack_s, decay_s, sustain, release_s), cutoff, (copies, spread_cents), vibrato_cents, breath, gain| Tone {
        wave, attack_s, decay_s, sustain, release_s, cutoff, copies, spread_cents, vibrato_cents, breath, gain,
    };
    match instrument {
        I::Bass => t(Wave::Triangle, (0.004, 0.6, 0.3, 0.06), (10.0, 4.0), (1, 0.0), 0.0, 0.0, 1.2),
        I::SubBass => t(Wave::Sine, (0.004, 1.2, 0.4, 0.08), (4.0, 4.0), (1, 0.0), 0.0, 0.0, 1.3),
        I::SynthBass => t(Wave::Saw, (0.003, 0.15, 0.5, 0.04), (14.0, 4.0), (2, 6.0), 0.0, 0.0, 1.0),
        I::Pad => t(Wave::Saw, (0.15, 1.0, 0.8, 0.4), (3.0, 5.0), (4, 18.0), 0.0, 0.0, 0.6),
        I::Strings => t(Wave::Saw, (0.08, 1.0, 0.8, 0.25), (5.0, 6.0), (3, 12.0), 8.0, 0.01, 0.6),
        I::Organ => t(Wave::Organ, (0.006, 1.0, 1.0, 0.04), (16.0, 16.0), (2, 4.0), 4.0, 0.0, 0.6),
        I::Piano => t(Wave::Struck, (0.002, 0.9, 0.0, 0.15), (14.0, 3.0), (2, 2.0), 0.0, 0.0, 1.4),
        I::ElectricPiano => t(Wave::Struck, (0.003, 1.1, 0.1, 0.12), (5.0, 2.0), (2, 5.0), 0.0, 0.0, 1.2),
        I::PowerGuitar => t(Wave::Saw, (0.004, 1.5, 0.7, 0.06), (9.0, 8.0), (3, 10.0), 3.0, 0.02, 0.6),
        I::Brass => t(Wave::Saw, (0.03, 0.4, 0.7, 0.08), (2.0, 6.0), (2, 8.0), 6.0, 0.01, 0.8),
        I::Flute => t(Wave::Triangle, (0.05, 0.5, 0.8, 0.1), (3.0, 4.0), (1, 0.0), 12.0, 0.03, 1.1),
        I::SynthLead => t(Wave::Square, (0.006, 0.4, 0.6, 0.1), (9.0, 5.0), (2, 8.0), 7.0, 0.0, 0.6),
        I::Bell => t(Wave::Struck, (0.002, 0.5, 0.0, 0.3), (20.0, 6.0), (1, 0.0), 0.0, 0.0, 1.2),
        // Plucked: only the gain applies.
        I::Guitar => t(Wave::Sine, (0.0, 0.0, 0.0, 0.1), (0.0, 0.0), (1, 0.0), 0.0, 0.0, 1.2),
    }
}

/// Sums notes into a mono track; keeps the wavetables between notes.
pub struct Synth {
    sample_rate_hz: f32,
    tables: HashMap<(Wave, usize), Vec<f32>>,
}

impl Synth {
    pub fn new(sample_rate_hz: u32) -> Self {
        Self {
            sample_rate_hz: sample_rate_hz as f32,
            tables: HashMap::new(),
        }
    }

    /// Adds a tone that is held for `seconds` to the start of `track`.
    pub fn tone(
        &mut self,
        track: &mut [f32],
        instrument: Instrument,
        frequency_hz: f32,
        seconds: f32,
        velocity: f32,
        rng: &mut impl Rng,
    ) {
        if instrument == Instrument::Guitar {
            return self.pluck(track, frequency_hz, seconds, velocity, rng);
        }
        let recipe = tone(instrument);
        let rate = self.sample_rate_hz;
        let table = self.table(recipe.wave, frequency_hz);
        let mut phases: Vec<f32> = (0..recipe.copies).map(|_| rng.random()).collect();
        let steps: Vec<f32> = (0..recipe.copies)
            .map(|copy| {
                let offset = copy as f32 / (recipe.copies.max(2) - 1) as f32 - 0.5;
                let cents = if recipe.copies > 1 {
                    offset * recipe.spread_cents
                } else {
                    0.0
                };
                frequency_hz / rate * (cents / 1200.0).exp2()
            })
            .collect();
        let gain = recipe.gain * velocity * 0.25 / (recipe.copies as f32).sqrt();
        let mut filter = LowPass::default();
        let vibrato_start: f32 = rng.random();
        let held = (seconds * rate) as usize;
        let length = (held + (4.0 * recipe.release_s * rate) as usize).min(track.len());
        let mut level = 0.0_f32;
        let mut pitch = 1.0_f32;
        for (sample, out) in track[..length].iter_mut().enumerate() {
            let time = sample as f32 / rate;
            // Slow controls move every 32 samples; nobody hears the steps.
            if sample % 32 == 0 {
                let settled = (-time / recipe.decay_s.max(0.01)).exp();
                let cutoff = recipe.cutoff.1 + (recipe.cutoff.0 - recipe.cutoff.1) * settled;
                filter.set(cutoff * frequency_hz / rate * (0.5 + 0.5 * velocity));
                let depth = recipe.vibrato_cents * (time * 3.0).min(1.0);
                let turn = (TAU * (5.3 * time + vibrato_start)).sin();
                pitch = (depth * turn / 1200.0).exp2();
            }
            level = if sample < held {
                let fall = (-(time - recipe.attack_s).max(0.0) / recipe.decay_s).exp();
                (time / recipe.attack_s).min(1.0) * (recipe.sustain + (1.0 - recipe.sustain) * fall)
            } else {
                level * (1.0 - 1.0 / (recipe.release_s * rate))
            };
            let mut value = recipe.breath * rng.random_range(-1.0..1.0_f32);
            for (phase, step) in phases.iter_mut().zip(&steps) {
                *phase = (*phase + step * pitch).fract();
                value += read(table, *phase);
            }
            *out += gain * level * filter.next(value);
        }
    }

    /// A plucked string after Karplus and Strong (1983): a burst of noise in a loop that averages.
    fn pluck(
        &self,
        track: &mut [f32],
        frequency_hz: f32,
        seconds: f32,
        velocity: f32,
        rng: &mut impl Rng,
    ) {
        let rate = self.sample_rate_hz;
        // The average of two samples delays by half a sample; an all-pass makes up the fraction.
        let delay = rate / frequency_hz - 0.5;
        let (whole, part) = (delay.floor().max(2.0), delay.fract());
        let all_pass = (1.0 - part) / (1.0 + part);
        let mut string: Vec<f32> = (0..whole as usize)
            .map(|_| rng.random_range(-1.0..1.0))
            .collect();
        let brightness = 0.3 + 0.6 * velocity;
        let mut smooth = 0.0;
        for sample in &mut string {
            smooth += brightness * (*sample - smooth);
            *sample = smooth;
        }
        let loss = 0.001_f32.powf(1.0 / (frequency_hz * 2.5));
        let held = (seconds * rate) as usize;
        let length = (held + (0.3 * rate) as usize).min(track.len());
        let (mut previous, mut input, mut output) = (0.0_f32, 0.0_f32, 0.0_f32);
        let mut damp = 1.0_f32;
        let mut at = 0;
        for (sample, out) in track[..length].iter_mut().enumerate() {
            let current = string[at];
            *out += 0.5 * velocity * damp * current;
            let average = loss * 0.5 * (current + previous);
            previous = current;
            output = all_pass * (average - output) + input;
            input = average;
            string[at] = output;
            at = (at + 1) % string.len();
            if sample > held {
                damp *= 1.0 - 1.0 / (0.06 * rate);
            }
        }
    }

    /// One period of `wave` with as many partials as fit below 0.45 of the sample rate; counts
    /// are halved until they fit, so that few tables serve all notes.
    fn table(&mut self, wave: Wave, frequency_hz: f32) -> &[f32] {
        let fitting = 0.45 * self.sample_rate_hz / frequency_hz;
        let mut partials = MAX_PARTIALS;
        while partials > 1 && partials as f32 > fitting {
            partials /= 2;
        }
        self.tables.entry((wave, partials)).or_insert_with(|| {
            let mut table = vec![0.0; TABLE_LENGTH + 1];
            for n in 1..=partials {
                let level = wave.partial(n);
                if level == 0.0 {
                    continue;
                }
                for (index, value) in table.iter_mut().enumerate() {
                    *value += level
                        * (TAU * (n * index % TABLE_LENGTH) as f32 / TABLE_LENGTH as f32).sin();
                }
            }
            table
        })
    }
}

fn read(table: &[f32], phase: f32) -> f32 {
    let position = phase * TABLE_LENGTH as f32;
    let index = (position as usize).min(TABLE_LENGTH - 1);
    let fraction = position - index as f32;
    table[index] + fraction * (table[index + 1] - table[index])
}

/// Two-pole state-variable low-pass in Zavalishin's topology-preserving form (The Art of VA
/// Filter Design, 2012), Butterworth damping.
#[derive(Default)]
struct LowPass {
    g: f32,
    first: f32,
    second: f32,
}

impl LowPass {
    /// `cutoff` as a fraction of the sample rate.
    fn set(&mut self, cutoff: f32) {
        self.g = (std::f32::consts::PI * cutoff.clamp(0.001, 0.45)).tan();
    }

    fn next(&mut self, input: f32) -> f32 {
        let damping = std::f32::consts::SQRT_2;
        let band =
            (self.g * (input - self.second) + self.first) / (1.0 + self.g * (self.g + damping));
        let low = self.second + self.g * band;
        self.first = 2.0 * band - self.first;
        self.second = 2.0 * low - self.second;
        low
    }
}

/// A drum: a falling sine, and noise above a corner, each with its own decay.
struct Hit {
    /// Start and settled pitch in Hz, and the time constant between them.
    pitch: (f32, f32, f32),
    body: (f32, f32),
    /// Noise: corner of the high-pass in Hz, level, decay.
    noise: (f32, f32, f32),
    /// Bursts before the tail, as hands that do not quite meet.
    bursts: usize,
}

#[rustfmt::skip]
fn hit(drum: Drum) -> Hit {
    let h = |pitch, body, noise, bursts| Hit { pitch, body, noise, bursts };
    match drum {
        Drum::Kick => h((210.0, 48.0, 0.03), (1.0, 0.16), (2000.0, 0.15, 0.006), 0),
        Drum::Snare => h((280.0, 185.0, 0.02), (0.4, 0.08), (1400.0, 0.6, 0.11), 0),
        Drum::Rim => h((900.0, 820.0, 0.01), (0.35, 0.02), (2500.0, 0.25, 0.012), 0),
        Drum::Clap => h((0.0, 0.0, 1.0), (0.0, 0.01), (1100.0, 0.4, 0.09), 3),
        Drum::Hat => h((0.0, 0.0, 1.0), (0.0, 0.01), (7000.0, 0.45, 0.035), 0),
        Drum::OpenHat => h((0.0, 0.0, 1.0), (0.0, 0.01), (6500.0, 0.4, 0.14), 0),
        Drum::Ride => h((3150.0, 3140.0, 1.0), (0.02, 0.3), (5500.0, 0.3, 0.22), 0),
        Drum::Crash => h((0.0, 0.0, 1.0), (0.0, 0.01), (4000.0, 0.35, 0.7), 0),
        Drum::Shaker => h((0.0, 0.0, 1.0), (0.0, 0.01), (5000.0, 0.25, 0.035), 0),
        Drum::Tom => h((190.0, 110.0, 0.06), (0.7, 0.18), (900.0, 0.08, 0.03), 0),
    }
}

/// Adds a drum to the start of `track`.
pub fn drum(track: &mut [f32], sample_rate_hz: u32, drum: Drum, velocity: f32, rng: &mut impl Rng) {
    let rate = sample_rate_hz as f32;
    let Hit {
        pitch,
        body,
        noise,
        bursts,
    } = hit(drum);
    // Seven time constants are -60 dB.
    let longest = body.1.max(noise.2) + 0.01 * bursts as f32;
    let length = ((7.0 * longest * rate) as usize).min(track.len());
    let corner = 1.0 - (-TAU * noise.0.min(0.4 * rate) / rate).exp();
    let (mut low, mut lower, mut phase) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (sample, out) in track[..length].iter_mut().enumerate() {
        let time = sample as f32 / rate;
        let frequency_hz = pitch.1 + (pitch.0 - pitch.1) * (-time / pitch.2).exp();
        phase = (phase + frequency_hz / rate).fract();
        let tail = time - 0.01 * bursts as f32;
        let fall = if tail < 0.0 {
            // Each burst falls away within its hundredth of a second.
            (-(time % 0.01) / 0.004).exp()
        } else {
            (-tail / noise.2).exp()
        };
        let white = rng.random_range(-1.0..1.0_f32);
        low += corner * (white - low);
        let high = white - low;
        lower += corner * (high - lower);
        let sound =
            body.0 * (-time / body.1).exp() * (TAU * phase).sin() + noise.1 * fall * (high - lower);
        *out += velocity * sound;
    }
}
