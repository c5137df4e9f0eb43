//! 16-bit PCM in a RIFF/WAVE container.

/// `channels` is planar, full scale ±1; what lies beyond is clipped.
pub fn encode(channels: &[Vec<f32>], sample_rate_hz: u32) -> Vec<u8> {
    let count = channels.len() as u16;
    let frames = channels.first().map_or(0, Vec::len);
    let data_bytes = (frames * channels.len() * 2) as u32;
    let mut wav = Vec::with_capacity(44 + data_bytes as usize);
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&(36 + data_bytes).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    wav.extend_from_slice(&1_u16.to_le_bytes());
    wav.extend_from_slice(&count.to_le_bytes());
    wav.extend_from_slice(&sample_rate_hz.to_le_bytes());
    wav.extend_from_slice(&(sample_rate_hz * u32::from(count) * 2).to_le_bytes());
    wav.extend_from_slice(&(count * 2).to_le_bytes());
    wav.extend_from_slice(&16_u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&data_bytes.to_le_bytes());
    for frame in 0..frames {
        for channel in channels {
            let sample = (channel[frame].clamp(-1.0, 1.0) * 32767.0).round() as i16;
            wav.extend_from_slice(&sample.to_le_bytes());
        }
    }
    wav
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_states_what_follows() {
        let wav = encode(&[vec![0.0, 1.0, -2.0], vec![0.5, 0.0, 0.0]], 44_100);
        assert_eq!(wav.len(), 44 + 12);
        assert_eq!(wav[4..8], 48_u32.to_le_bytes());
        assert_eq!(wav[24..28], 44_100_u32.to_le_bytes());
        assert_eq!(wav[40..44], 12_u32.to_le_bytes());
        // Interleaved: left 0, right 0.5, left 1, right 0, left clipped at -1.
        let samples: Vec<i16> = wav[44..]
            .chunks_exact(2)
            .map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]]))
            .collect();
        assert_eq!(samples, [0, 16384, 32767, 0, -32767, 0]);
    }
}
