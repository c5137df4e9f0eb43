//! Frame statistics that agree with librosa's defaults, so that heads can learn from tables of them.

/// Means and variances over frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {}

impl Statistics {
    pub const WIDTH: usize = 0;

    /// `mono` at 22 050 Hz.
    pub fn measure(mono_22050: &[f32]) -> Self {
        let _ = mono_22050;
        todo!("dsp helper")
    }

    pub fn to_array(&self) -> Vec<f32> {
        todo!("dsp helper")
    }
}
