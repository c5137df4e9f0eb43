//! How much sound a file really holds, counted packet by packet without decoding any.
//!
//! A header can say four seconds where days follow: a FLAC frame of 21 bytes unpacks to 65,536 samples
//! of every channel, an Opus packet of two bytes to 120 ms. A browser's decoder takes memory for all of
//! it at once, which ends the tab, so it is counted before. WAV and AIFF hold their samples as they
//! are, and MP4 and WebM are believed.

use super::Source;

/// What is read of a file at once: a browser takes about a millisecond to read any of it.
const WINDOW: usize = 1 << 20;

/// What of it lies before the place that is asked for: longer than any frame, so that whoever looks for
/// the next one may go on where this one was wrong.
const BEFORE: usize = 1 << 14;

/// Longer than any header that is looked at.
const HEADER: usize = 40;

/// Seconds of sound in a FLAC, MPEG audio, ADTS or Ogg file; `None` for others, and where nothing is
/// found. Of Ogg Vorbis it is an estimate from below.
pub fn counted_seconds(source: &impl Source) -> Option<f64> {
    let mut reader = Reader::new(source);
    let start = after_tags(&mut reader)?;
    let seconds = if reader.at(start)?.starts_with(b"fLaC") {
        flac(&mut reader, start)?
    } else if reader.at(start)?.starts_with(b"OggS") {
        ogg(&mut reader, start)?
    } else if mpeg_frame(reader.at(start)?).is_some() {
        mpeg(&mut reader, start)
    } else {
        return None;
    };
    (seconds > 0.0).then_some(seconds)
}

/// A window of the source that moves on as later places are asked for.
pub(super) struct Reader<'a, S: Source> {
    source: &'a S,
    window: Vec<u8>,
    start: u64,
}

impl<'a, S: Source> Reader<'a, S> {
    pub fn new(source: &'a S) -> Self {
        Self {
            source,
            window: Vec::new(),
            start: 0,
        }
    }

    /// Of the whole file.
    pub fn size(&self) -> u64 {
        self.source.size()
    }

    /// The bytes from `position`: at least [`HEADER`] of them unless the file ends before; `None`
    /// behind its end.
    pub fn at(&mut self, position: u64) -> Option<&[u8]> {
        let size = self.source.size();
        if position >= size {
            return None;
        }
        let end = self.start + self.window.len() as u64;
        let wanted = (position + HEADER as u64).min(size);
        if position < self.start || wanted > end {
            self.start = position.saturating_sub(BEFORE as u64);
            let length = (size - self.start).min(WINDOW as u64) as usize;
            self.window.resize(length, 0);
            self.source.read(self.start, &mut self.window);
        }
        self.window.get((position - self.start) as usize..)
    }
}

/// Behind the ID3v2 tags that any file may begin with.
pub(super) fn after_tags<S: Source>(reader: &mut Reader<'_, S>) -> Option<u64> {
    let mut position = 0;
    while let Some(&[b'I', b'D', b'3', _, _, flags, a, b, c, d, ..]) = reader.at(position) {
        let size = [a, b, c, d]
            .iter()
            .fold(0_u64, |sum, &byte| (sum << 7) | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        position += 10 + size + footer;
    }
    Some(position)
}

/// Every place where a frame header's checksum holds is a frame (RFC 9639, section 9.1).
fn flac<S: Source>(reader: &mut Reader<'_, S>, start: u64) -> Option<f64> {
    // The first block is STREAMINFO, and its bytes 10 to 12 begin with the rate in 20 bits.
    let rate_hz = match reader.at(start)?.get(18..21)? {
        &[a, b, c] => u32::from_be_bytes([0, a, b, c]) >> 4,
        _ => return None,
    };
    if rate_hz == 0 {
        return None;
    }
    let mut samples = 0_u64;
    let mut position = start + 42;
    while let Some(bytes) = reader.at(position) {
        // To the next byte that could begin a frame, or to where the window has to move on.
        let skipped = bytes
            .iter()
            .take(bytes.len().saturating_sub(HEADER).max(1))
            .position(|&byte| byte == 0xff);
        match skipped {
            None => position += bytes.len().saturating_sub(HEADER).max(1) as u64,
            Some(skipped) => {
                samples += flac_frame(&bytes[skipped..]).unwrap_or(0);
                position += skipped as u64 + 1;
            }
        }
    }
    Some(samples as f64 / f64::from(rate_hz))
}

/// Samples of the FLAC frame that begins with `bytes`, if one does.
fn flac_frame(bytes: &[u8]) -> Option<u64> {
    let &[0xff, second, sizes, _, number, ..] = bytes else {
        return None;
    };
    if second & 0xfe != 0xf8 {
        return None;
    }
    // The frame's number is coded as UTF-8 codes characters, but for seven bytes at most.
    let number_bytes = match number.leading_ones() {
        0 => 1,
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let mut end = 4 + number_bytes;
    let samples = match sizes >> 4 {
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => {
            end += 1;
            u64::from(*bytes.get(end - 1)?) + 1
        }
        7 => {
            end += 2;
            u64::from(u16::from_be_bytes([
                *bytes.get(end - 2)?,
                *bytes.get(end - 1)?,
            ])) + 1
        }
        code @ 8..=15 => 256 << (code - 8),
        _ => return None,
    };
    end += match sizes & 0xf {
        12 => 1,
        13 | 14 => 2,
        15 => return None,
        _ => 0,
    };
    (crc8(bytes.get(..end)?) == *bytes.get(end)?).then_some(samples)
}

/// Polynomial x⁸ + x² + x + 1, starting at 0 (RFC 9639, section 9.1.8).
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| {
            (crc << 1) ^ if crc & 0x80 != 0 { 0x07 } else { 0 }
        })
    })
}

/// From frame to frame. Behind what is no frame the next one counts only if another follows it, since
/// pictures and other data look like a frame here and there.
fn mpeg<S: Source>(reader: &mut Reader<'_, S>, start: u64) -> f64 {
    let mut seconds = 0.0;
    let mut position = start;
    let mut in_step = true;
    while let Some(bytes) = reader.at(position) {
        let frame = mpeg_frame(bytes);
        if let Some(frame) = frame
            && (in_step
                || reader
                    .at(position + frame.bytes)
                    .and_then(mpeg_frame)
                    .is_some())
        {
            seconds += f64::from(frame.samples) / f64::from(frame.rate_hz);
            position += frame.bytes;
            in_step = true;
        } else {
            position += 1;
            in_step = false;
        }
    }
    seconds
}

/// How long a frame is.
pub(super) struct MpegFrame {
    pub bytes: u64,
    /// A channel.
    pub samples: u32,
    pub rate_hz: u32,
}

/// The frame of MPEG audio or ADTS that begins with `bytes`, from the tables of ISO/IEC 11172-3, section
/// 2.4.2.3, 13818-3 and 14496-3, section 1.A.2.2.
pub(super) fn mpeg_frame(bytes: &[u8]) -> Option<MpegFrame> {
    let &[0xff, second, third, fourth, fifth, sixth, seventh, ..] = bytes else {
        return None;
    };
    if second & 0xe0 != 0xe0 {
        return None;
    }
    let layer = 4 - ((second >> 1) & 3);
    if layer == 4 {
        return if second & 0xf0 == 0xf0 {
            adts_frame(third, [fourth, fifth, sixth, seventh])
        } else {
            None
        };
    }
    // 0 is MPEG 2.5, 1 is reserved, 2 is MPEG 2 and 3 is MPEG 1.
    let version = (second >> 3) & 3;
    let rate_hz = *[44_100_u32, 48_000, 32_000].get(usize::from((third >> 2) & 3))?
        >> match version {
            3 => 0,
            2 => 1,
            0 => 2,
            _ => return None,
        };
    let kilobits = match (version == 3, layer) {
        (true, 1) => [
            32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        (true, 2) => [
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        (true, _) => [
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        (false, 1) => [
            32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        (false, _) => [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    };
    let bits_per_second = 1_000 * kilobits.get(usize::from(third >> 4).checked_sub(1)?)?;
    let samples: u32 = match (layer, version) {
        (1, _) => 384,
        (3, 0 | 2) => 576,
        _ => 1_152,
    };
    let slot = if layer == 1 { 4 } else { 1 };
    let padding = u32::from((third >> 1) & 1);
    let length = (samples / 8 / slot * bits_per_second / rate_hz + padding) * slot;
    Some(MpegFrame {
        bytes: u64::from(length.max(4)),
        samples,
        rate_hz,
    })
}

fn adts_frame(third: u8, rest: [u8; 4]) -> Option<MpegFrame> {
    const RATES_HZ: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000, 7_350,
    ];
    let rate_hz = *RATES_HZ.get(usize::from((third >> 2) & 0xf))?;
    let [fourth, fifth, sixth, seventh] = rest;
    let length = (u64::from(fourth & 3) << 11) | (u64::from(fifth) << 3) | u64::from(sixth >> 5);
    let blocks = u32::from(seventh & 3) + 1;
    (length >= 7).then_some(MpegFrame {
        bytes: length,
        samples: 1_024 * blocks,
        rate_hz,
    })
}

/// A Vorbis packet counts as this much of the longest that the file allows: which block it is only its
/// bits tell. Music is mostly of long blocks, so that no song is refused for it, and what unpacks to
/// days is.
const VORBIS_SHARE: f64 = 0.25;

/// What one packet of an Ogg stream holds.
#[derive(Clone, Copy)]
enum Packets {
    Unknown,
    Opus,
    Vorbis { seconds: f64 },
}

/// From page to page (RFC 3533, section 6).
fn ogg<S: Source>(reader: &mut Reader<'_, S>, start: u64) -> Option<f64> {
    let mut packets = Packets::Unknown;
    let mut seconds = 0.0;
    let mut position = start;
    while let Some(bytes) = reader.at(position) {
        if !bytes.starts_with(b"OggS") {
            position += 1;
            continue;
        }
        let (Some(&flags), Some(&segments)) = (bytes.get(5), bytes.get(26)) else {
            break;
        };
        let mut lacing = Vec::with_capacity(usize::from(segments));
        for index in 0..u64::from(segments) {
            let size = reader
                .at(position + 27 + index)
                .and_then(|rest| rest.first());
            lacing.push(u64::from(*size?));
        }
        let mut at = position + 27 + u64::from(segments);
        // A page may go on with the last page's packet, which has been counted.
        let mut begins = flags & 1 == 0;
        for size in lacing {
            if begins && let Some(packet) = reader.at(at) {
                if let Some(found) = ogg_codec(packet) {
                    packets = found;
                } else {
                    seconds += match packets {
                        Packets::Unknown => 0.0,
                        Packets::Opus => opus_seconds(packet),
                        Packets::Vorbis { seconds } => seconds,
                    };
                }
            }
            at += size;
            begins = size < 255;
        }
        position = at;
    }
    Some(seconds)
}

fn ogg_codec(packet: &[u8]) -> Option<Packets> {
    if packet.starts_with(b"OpusHead") {
        return Some(Packets::Opus);
    }
    if !packet.starts_with(b"\x01vorbis") {
        return None;
    }
    let rate_hz = u32::from_le_bytes(packet.get(12..16)?.try_into().ok()?);
    // The longer block's size is 2 to the power of four bits; a packet gives half of it.
    let longest = 1_u32 << (packet.get(28)? >> 4);
    let longest_seconds = f64::from(longest / 2) / f64::from(rate_hz.max(1));
    Some(Packets::Vorbis {
        seconds: longest_seconds * VORBIS_SHARE,
    })
}

/// From the first byte, and from the second where it holds a count (RFC 6716, section 3.1).
fn opus_seconds(packet: &[u8]) -> f64 {
    let &[first, ref rest @ ..] = packet else {
        return 0.0;
    };
    let frame_ms = match first >> 3 {
        configuration @ 0..=11 => [10.0, 20.0, 40.0, 60.0][usize::from(configuration & 3)],
        configuration @ 12..=15 => [10.0, 20.0][usize::from(configuration & 1)],
        configuration => [2.5, 5.0, 10.0, 20.0][usize::from(configuration & 3)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => rest.first().map_or(0, |count| count & 0x3f),
    };
    // A packet of more than 120 ms is invalid.
    (frame_ms * f64::from(frames)).min(120.0) / 1_000.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn flac_header(samples: u16) -> Vec<u8> {
        let mut header = vec![0xff, 0xf8, 0x70, 0x10, 0x00];
        header.extend_from_slice(&(samples - 1).to_be_bytes());
        header.push(crc8(&header));
        header
    }

    fn flac_file(frames: usize, samples: u16) -> Vec<u8> {
        let mut file = b"fLaC\x80\0\0\x22".to_vec();
        let mut info = [0_u8; 34];
        info[10..13].copy_from_slice(&(44_100_u32 << 4).to_be_bytes()[1..]);
        file.extend_from_slice(&info);
        for _ in 0..frames {
            file.extend_from_slice(&flac_header(samples));
            // What a sync code in the samples looks like; its checksum does not hold.
            file.extend_from_slice(&[0, 0xff, 0xf8, 0x70, 0x10, 0, 0xff, 0xff, 0x01, 9]);
        }
        file
    }

    #[test]
    fn flac_frames_are_counted_though_the_header_says_nothing() {
        let counted = counted_seconds(&flac_file(10_000, 44_100).as_slice()).unwrap();
        assert!((counted - 10_000.0).abs() < 1e-9, "{counted}");
    }

    #[test]
    fn mpeg_frames_are_counted_behind_tags_and_between_damage() {
        // 128 kbit/s at 44.1 kHz: 417 bytes.
        let mut frame = vec![0_u8; 417];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
        let mut file = b"ID3\x04\0\0\0\0\x02\x01".to_vec();
        file.resize(10 + 257, 0xaa);
        for index in 0..1_000 {
            file.extend_from_slice(&frame);
            if index % 100 == 0 {
                file.extend_from_slice(b"damage");
            }
        }
        let counted = counted_seconds(&file.as_slice()).unwrap();
        assert!(
            (counted - 1_000.0 * 1_152.0 / 44_100.0).abs() < 1e-6,
            "{counted}"
        );
    }

    #[test]
    fn adts_frames_are_counted() {
        // 44.1 kHz, frames of 8 bytes.
        let frame = [0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc, 0x00];
        let counted = counted_seconds(&frame.repeat(500).as_slice()).unwrap();
        assert!(
            (counted - 500.0 * 1_024.0 / 44_100.0).abs() < 1e-6,
            "{counted}"
        );
    }

    fn page(flags: u8, packets: &[&[u8]]) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend_from_slice(&[0; 20]);
        page.push(packets.len() as u8);
        page.extend(packets.iter().map(|packet| packet.len() as u8));
        for packet in packets {
            page.extend_from_slice(packet);
        }
        page
    }

    #[test]
    fn opus_packets_are_counted_whatever_the_pages_say() {
        let mut file = page(2, &[b"OpusHead\x01\x02\0\0\0\0\0\0\0\0\0"]);
        file.extend(page(0, &[b"OpusTags"]));
        // Two frames of 60 ms in two bytes.
        let packet: &[u8] = &[(3 << 3) | 3, 2];
        for _ in 0..100 {
            file.extend(page(0, &[packet; 200]));
        }
        let counted = counted_seconds(&file.as_slice()).unwrap();
        // The tags look like one more packet.
        assert!((counted - 20_000.0 * 0.12).abs() < 0.13, "{counted}");
    }

    #[test]
    fn others_are_not_counted() {
        for file in [
            b"".as_slice(),
            b"RIFF",
            b"fLaC",
            b"OggS",
            b"\xff",
            &[0xff; 7],
            b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
        ] {
            assert_eq!(counted_seconds(&file), None, "{file:?}");
        }
    }
}
