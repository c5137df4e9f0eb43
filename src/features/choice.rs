//! A choice between readings of a song by what speaks for each.
//!
//! A reading's score is a linear form of its evidence and a layer of hidden units, for some evidence
//! speaks only beside other: three equal pulses make a beat in six-eight and none in a waltz. The
//! likelihood of a reading is the softmax of the scores (the conditional logit of McFadden, 1974,
//! with the scoring network of ListNet: Cao et al., "Learning to rank", ICML 2007).

pub const HIDDEN: usize = 8;

/// Weights of a score.
pub struct Scorer<const EVIDENCE: usize> {
    pub linear: [f32; EVIDENCE],
    pub hidden: [[f32; EVIDENCE]; HIDDEN],
    pub thresholds: [f32; HIDDEN],
    pub outputs: [f32; HIDDEN],
}

impl<const EVIDENCE: usize> Scorer<EVIDENCE> {
    pub fn score(&self, evidence: &[f32; EVIDENCE]) -> f32 {
        let units = self.outputs.iter().zip(self.units(evidence));
        units.fold(dot(&self.linear, evidence), |score, (output, unit)| {
            score + output * unit
        })
    }

    /// What the hidden units make of the evidence, each between -1 and 1.
    pub fn units(&self, evidence: &[f32; EVIDENCE]) -> [f32; HIDDEN] {
        std::array::from_fn(|unit| {
            (dot(&self.hidden[unit], evidence) + self.thresholds[unit]).tanh()
        })
    }
}

fn dot(weights: &[f32], evidence: &[f32]) -> f32 {
    weights.iter().zip(evidence).map(|(w, e)| w * e).sum()
}
