//! Where a file can be cut, so that a decoder given its pieces one by one makes the samples that it would
//! make of the whole: half an hour decoded at once takes a gigabyte.
//!
//! An MP3's frames lean on those before them: by the bit reservoir, which reaches back 511 bytes, and by
//! the overlap of its transforms (ISO/IEC 11172-3, 2.4.3). So a piece begins some frames early, and what
//! is decoded of them is dropped. Encoders say in a first frame that holds no sound how many samples they
//! put before and behind the song (the tags of Xing and LAME); pieces go without it, and what it says is
//! dropped here as decoders of the whole drop it. WAV can be cut between any two samples.
//!
//! Where a file is not plainly of one of these kinds it is not cut.

use super::Source;
use crate::clip::{MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ};

use super::length::{MpegFrame, Reader, after_tags, mpeg_frame};

/// Long enough that beginning a little early costs little, short enough that a first piece is soon there.
const PIECE_SECONDS: u32 = 20;

/// MP3 frames that are decoded again with the next piece: at the lowest bit rate the reservoir reaches
/// back eight, and transforms and filters two more; the rest is room for decoders that need longer.
const EARLY_FRAMES: usize = 16;
/// Frames after those, of which both pieces must have the same samples.
const COMMON_FRAMES: usize = 2;

/// A decoder's own delay, which the tag of LAME leaves out: 528 samples, and one.
const DECODER_DELAY: u32 = 529;

/// How to decode a file piece by piece.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts {
    pub sample_rate_hz: u32,
    /// Of a WAV, the content of its chunk `fmt `.
    format: Option<Vec<u8>>,
    pub pieces: Vec<Cut>,
}

/// One piece of a file. Counts are of samples a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Its bytes.
    pub start: u64,
    pub end: u64,
    /// What is decoded of it.
    pub samples: u32,
    /// Of these, what to drop at the beginning; and before that end, what the last piece ended with.
    pub skip: u32,
    pub common: u32,
    /// What to drop at the end.
    pub drop: u32,
}

impl Cuts {
    /// `None` where the file has to be decoded as a whole.
    pub fn of(source: &impl Source) -> Option<Self> {
        let mut reader = Reader::new(source);
        let cuts = if reader.at(0)?.starts_with(b"RIFF") {
            wav(&mut reader)?
        } else {
            mp3(&mut reader)?
        };
        // Pieces keep the file's own rate; a decoder of the whole may bring any to one that is supported.
        let rates = MIN_SAMPLE_RATE_HZ..=MAX_SAMPLE_RATE_HZ;
        rates.contains(&cuts.sample_rate_hz).then_some(cuts)
    }

    /// Bytes that go before those of a piece, so that it is a file of its own.
    pub fn header(&self, cut: &Cut) -> Vec<u8> {
        let format = self.format.as_deref();
        format.map_or_else(Vec::new, |format| wav_header(format, cut.end - cut.start))
    }

    /// Samples a channel that all pieces come to.
    pub fn samples(&self) -> u64 {
        let kept = |cut: &Cut| u64::from(cut.samples.saturating_sub(cut.skip + cut.drop));
        self.pieces.iter().map(kept).sum()
    }
}

/// What a first frame without sound says of the others.
#[derive(Default)]
struct Tag {
    frames: Option<u32>,
    before: u32,
    behind: u32,
}

fn mp3<S: Source>(reader: &mut Reader<'_, S>) -> Option<Cuts> {
    let mut position = after_tags(reader)?;
    let head = reader.at(position)?;
    let first = mpeg_frame(head)?;
    let kind = kind(head);
    // Layer III alone; the others have no such tags, and are rare.
    if kind[0] & 0x06 != 0x02 {
        return None;
    }
    let tag = tag(reader, position);
    if tag.is_some() {
        position += first.bytes;
    }
    let mut starts = Vec::new();
    let size = reader.size();
    while let Some(bytes) = reader.at(position) {
        match mpeg_frame(bytes) {
            Some(frame) if self::kind(bytes) == kind && position + frame.bytes <= size => {
                starts.push(position);
                position += frame.bytes;
            }
            _ if bytes.starts_with(b"TAG") || bytes.starts_with(b"APETAGEX") => break,
            // Damage, or something that only a decoder can judge.
            _ => return None,
        }
    }
    let frames = starts.len();
    starts.push(position);
    let tag = tag.unwrap_or_default();
    // Of a file that was cut off, or put together, decoders make different things.
    if tag.frames.is_some_and(|said| said as usize != frames) {
        return None;
    }
    let MpegFrame {
        samples, rate_hz, ..
    } = first;
    let length = (PIECE_SECONDS * rate_hz / samples) as usize;
    let mut pieces: Vec<Cut> = Vec::new();
    let mut done = 0;
    while done < frames {
        // What is left is no piece of its own where it is short.
        let end = if frames - done < 3 * length / 2 {
            frames
        } else {
            done + length
        };
        let early = done.min(EARLY_FRAMES + COMMON_FRAMES);
        let count = |frames: usize| frames as u32 * samples;
        pieces.push(Cut {
            start: starts[done - early],
            end: starts[end],
            samples: count(end - done + early),
            skip: if done == 0 { tag.before } else { count(early) },
            common: if done == 0 { 0 } else { count(COMMON_FRAMES) },
            drop: if end == frames { tag.behind } else { 0 },
        });
        done = end;
    }
    let shortest = pieces.last()?;
    (shortest.skip + shortest.drop < shortest.samples).then_some(Cuts {
        sample_rate_hz: rate_hz,
        format: None,
        pieces,
    })
}

/// What all frames of one song have in common: version, layer and rate, and whether it is mono.
fn kind(bytes: &[u8]) -> [u8; 3] {
    match bytes {
        &[_, second, third, fourth, ..] => {
            [second & 0xfe, third & 0x0c, u8::from(fourth >> 6 == 3)]
        }
        _ => [0; 3],
    }
}

/// The tag in the frame at `position`: "Xing" or "Info" behind the frame's side information, with
/// LAME's behind that; or Fraunhofer's "VBRI".
fn tag<S: Source>(reader: &mut Reader<'_, S>, position: u64) -> Option<Tag> {
    let &[_, second, _, fourth, ..] = reader.at(position)? else {
        return None;
    };
    if reader.at(position + 36)?.starts_with(b"VBRI") {
        return Some(Tag::default());
    }
    let mono = fourth >> 6 == 3;
    let side = match ((second >> 3) & 3 == 3, mono) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    let mut at = position + 4 + side;
    let head = reader.at(at)?;
    if !head.starts_with(b"Xing") && !head.starts_with(b"Info") {
        return None;
    }
    let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?));
    let flags = number(head.get(4..)?)?;
    let frames = if flags & 1 == 0 {
        None
    } else {
        Some(number(head.get(8..)?)?)
    };
    at += 8 + [4, 4, 100, 4]
        .iter()
        .enumerate()
        .map(|(bit, size)| u64::from(flags >> bit & 1) * size)
        .sum::<u64>();
    let encoder = reader.at(at)?;
    let delays = encoder.get(21..24)?;
    let known = [b"LAME", b"Lavf", b"Lavc"]
        .iter()
        .any(|name| encoder.starts_with(*name));
    let &[high, middle, low] = delays else {
        return None;
    };
    let (before, behind) = if known {
        let [high, middle, low] = [high, middle, low].map(u32::from);
        (
            (high << 4 | middle >> 4) + DECODER_DELAY,
            ((middle & 0xf) << 8 | low).saturating_sub(DECODER_DELAY),
        )
    } else {
        (0, 0)
    };
    Some(Tag {
        frames,
        before,
        behind,
    })
}

/// Samples as they are (RIFF; formats 1 and 3 of Microsoft's mmreg.h, or extensible), and all of them.
fn wav<S: Source>(reader: &mut Reader<'_, S>) -> Option<Cuts> {
    if reader.at(8)?.get(..4)? != b"WAVE" {
        return None;
    }
    let mut format: Option<Vec<u8>> = None;
    let mut position = 12;
    let (start, size) = loop {
        let chunk = reader.at(position)?;
        let size = u32::from_le_bytes(chunk.get(4..8)?.try_into().ok()?);
        if chunk.starts_with(b"data") {
            break (position + 8, u64::from(size));
        }
        if chunk.starts_with(b"fmt ") {
            format = Some(chunk.get(8..8 + usize::try_from(size).ok()?)?.to_vec());
        }
        position += 8 + u64::from(size) + u64::from(size % 2);
    };
    let format = format?;
    let half = |at: usize| Some(u16::from_le_bytes(format.get(at..at + 2)?.try_into().ok()?));
    let sample_rate_hz = u32::from_le_bytes(format.get(4..8)?.try_into().ok()?);
    let (channels, frame_bytes) = (half(2)?, u32::from(half(12)?));
    let bits = half(14)?;
    let is_plain = matches!(half(0)?, 1 | 3 | 0xfffe)
        && matches!(bits, 8 | 16 | 24 | 32)
        && frame_bytes == u32::from(channels) * u32::from(bits / 8)
        && frame_bytes > 0;
    let frame = u64::from(frame_bytes);
    if !is_plain || sample_rate_hz == 0 || size < frame || start + size > reader.size() {
        return None;
    }
    let length = u64::from(PIECE_SECONDS) * u64::from(sample_rate_hz);
    let frames = size / frame;
    let mut pieces = Vec::new();
    let mut done = 0;
    while done < frames {
        let samples = if frames - done < 3 * length / 2 {
            frames - done
        } else {
            length
        };
        pieces.push(Cut {
            start: start + done * frame,
            end: start + (done + samples) * frame,
            samples: u32::try_from(samples).ok()?,
            skip: 0,
            common: 0,
            drop: 0,
        });
        done += samples;
    }
    Some(Cuts {
        sample_rate_hz,
        format: Some(format),
        pieces,
    })
}

/// A header for so many bytes of samples.
fn wav_header(format: &[u8], data: u64) -> Vec<u8> {
    // Less than a file has, and no WAV has more than 32 bits can count.
    let data = data as u32;
    let padded = format.len() as u32 + format.len() as u32 % 2;
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&(20 + padded + data).to_le_bytes());
    header.extend_from_slice(b"WAVEfmt ");
    header.extend_from_slice(&(format.len() as u32).to_le_bytes());
    header.extend_from_slice(format);
    header.resize(20 + padded as usize, 0);
    header.extend_from_slice(b"data");
    header.extend_from_slice(&data.to_le_bytes());
    header
}
