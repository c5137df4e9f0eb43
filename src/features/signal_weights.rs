use super::{key, tempo};
pub const TEMPO: [f32; tempo::EVIDENCE] = [0.0; tempo::EVIDENCE];
pub const KEY: [[f32; key::EVIDENCE]; 2] = [[0.0; key::EVIDENCE]; 2];
