//! What `generate.py` stored, compiled in so that the tests run where there are no files.

/// Little-endian 16-bit samples as f32, exactly.
pub fn samples(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32768.0)
        .collect()
}
