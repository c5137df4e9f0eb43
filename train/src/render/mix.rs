//! Mixing: levels and places, a room, and a master that is as loud as records are.

use super::score::Part;

/// A song that stops in the middle of a bar ends like a fade-out, not like a fault.
const FADE_SECONDS: f32 = 3.0;

/// Gain and place from -1 (left) to 1 (right), and how much goes into the room.
fn strip(part: Part) -> (f32, f32, f32) {
    match part {
        Part::Drums => (0.8, 0.0, 0.06),
        Part::Bass => (0.85, 0.0, 0.0),
        Part::Chords => (0.85, -0.3, 0.25),
        Part::Pad => (0.45, 0.3, 0.4),
        Part::Lead => (0.6, 0.1, 0.3),
    }
}

/// Stereo bus: dry sound and what the room hears.
pub struct Mixer {
    left: Vec<f32>,
    right: Vec<f32>,
    room: Vec<f32>,
}

impl Mixer {
    pub fn new(samples: usize) -> Self {
        Self {
            left: vec![0.0; samples],
            right: vec![0.0; samples],
            room: vec![0.0; samples],
        }
    }

    pub fn add(&mut self, part: Part, track: &[f32]) {
        let (gain, place, send) = strip(part);
        // Constant power: the sum of squares is the same wherever the part sits.
        let angle = (place + 1.0) * std::f32::consts::FRAC_PI_4;
        let (left, right) = (gain * angle.cos(), gain * angle.sin());
        for (sample, &value) in track.iter().enumerate() {
            self.left[sample] += left * value;
            self.right[sample] += right * value;
            self.room[sample] += gain * send * value;
        }
    }

    /// The finished song: room added, driven to `level` (root mean square of the loud parts) into
    /// a soft ceiling at -1 dBFS.
    pub fn master(mut self, sample_rate_hz: u32, level: f32) -> [Vec<f32>; 2] {
        reverberate(&self.room, &mut self.left, sample_rate_hz, 0);
        reverberate(&self.room, &mut self.right, sample_rate_hz, 23);
        let drive = level / loud_rms(&self.left, &self.right, sample_rate_hz).max(1e-6);
        let fade = FADE_SECONDS * sample_rate_hz as f32;
        for channel in [&mut self.left, &mut self.right] {
            let end = channel.len();
            for (index, sample) in channel.iter_mut().enumerate() {
                let faded = ((end - index) as f32 / fade).min(1.0);
                *sample = faded * soft_ceiling(drive * *sample);
            }
        }
        [self.left, self.right]
    }
}

/// Straight to 0.5, then bending towards -1 dBFS, which lossy encoders need as headroom.
fn soft_ceiling(sample: f32) -> f32 {
    const CEILING: f32 = 0.89;
    const KNEE: f32 = 0.5;
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let room = CEILING - KNEE;
    (KNEE + room * ((size - KNEE) / room).tanh()).copysign(sample)
}

/// Root mean square of the loudest tenth of the song's half-seconds.
fn loud_rms(left: &[f32], right: &[f32], sample_rate_hz: u32) -> f32 {
    let block = (sample_rate_hz / 2) as usize;
    let mut powers: Vec<f32> = left
        .chunks(block)
        .zip(right.chunks(block))
        .map(|(left, right)| {
            let sum: f32 = left.iter().chain(right).map(|sample| sample * sample).sum();
            sum / (2 * left.len()) as f32
        })
        .collect();
    powers.sort_unstable_by(f32::total_cmp);
    powers
        .get(powers.len() * 9 / 10)
        .map_or(0.0, |power| power.sqrt())
}

/// A room after Schroeder (1962) with the damped combs of the public-domain Freeverb: eight
/// parallel combs, four all-passes, delays in samples at 44.1 kHz. `offset` parts the ears.
fn reverberate(input: &[f32], output: &mut [f32], sample_rate_hz: u32, offset: usize) {
    const COMBS: [usize; 8] = [1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617];
    const ALL_PASSES: [usize; 4] = [556, 441, 341, 225];
    const FEEDBACK: f32 = 0.8;
    const DAMPING: f32 = 0.3;
    let scaled = |delay: usize| (delay + offset) * sample_rate_hz as usize / 44_100;
    let mut wet = vec![0.0_f32; input.len()];
    for delay in COMBS {
        let mut line = vec![0.0_f32; scaled(delay).max(1)];
        let (mut at, mut damped) = (0, 0.0_f32);
        for (out, &sample) in wet.iter_mut().zip(input) {
            let echo = line[at];
            *out += echo;
            damped = echo * (1.0 - DAMPING) + damped * DAMPING;
            line[at] = sample + damped * FEEDBACK;
            at = (at + 1) % line.len();
        }
    }
    for delay in ALL_PASSES {
        let mut line = vec![0.0_f32; scaled(delay).max(1)];
        let mut at = 0;
        for sample in &mut wet {
            let echo = line[at];
            line[at] = *sample + 0.5 * echo;
            *sample = echo - *sample;
            at = (at + 1) % line.len();
        }
    }
    for (out, sample) in output.iter_mut().zip(&wet) {
        *out += 0.25 * sample;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_holds_and_leaves_quiet_sound_alone() {
        assert_eq!(soft_ceiling(0.3), 0.3);
        assert_eq!(soft_ceiling(-0.5), -0.5);
        for tenth in 5..100 {
            let sample = tenth as f32 / 10.0;
            assert!(soft_ceiling(sample) <= 0.89 && soft_ceiling(-sample) >= -0.89);
        }
    }
}
