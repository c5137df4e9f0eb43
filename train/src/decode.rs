//! Native decoding of audio files: Symphonia, with opus-rs beside it for Opus.

use std::fs::File;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use foretune::clip::{Clip, MAX_FILE_BYTES, check_file_size, check_not_too_long, check_samples};
use foretune::container::{Container, check_counted_duration};
use foretune::error::{Warning, truncation_warning};
use opus_rs::OpusDecoder;
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

/// A decoded file.
pub struct Decoded {
    pub clip: Clip,
    pub warnings: Vec<Warning>,
}

/// Reads and decodes the file at `path`.
pub fn decode_file(path: &Path) -> anyhow::Result<Decoded> {
    // Opening a pipe would wait for whoever writes to it.
    if !path.metadata()?.is_file() {
        anyhow::bail!("it is no regular file");
    }
    let file = File::open(path)?;
    // The size is checked before the bytes are taken into memory, and holds while they are read.
    check_file_size(file.metadata()?.len())?;
    let mut content = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut content)?;
    Ok(decode(content)?)
}

/// Decodes a whole file's bytes, as the page does with Web Audio.
pub fn decode(content: Vec<u8>) -> foretune::Result<Decoded> {
    check_file_size(content.len() as u64)?;
    let container = Container::identify(&content)?;
    // What is trimmed while it is decoded never shows as length, and yet takes its time.
    check_counted_duration(&content.as_slice())?;
    // Decoders meet hostile bytes; one that panics must not take the other songs with it.
    catch_unwind(AssertUnwindSafe(|| decode_audio(container, content)))
        .unwrap_or_else(|_| Err(container.decode_error("the decoder failed on it")))
}

fn decode_audio(container: Container, content: Vec<u8>) -> foretune::Result<Decoded> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(content)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|e| container.decode_error(&e.to_string()))?;
    let (track_id, announced_seconds, trim, mut decoder) = {
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| container.decode_error("it has no audio track"))?;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|parameters| parameters.audio())
            .ok_or_else(|| container.decode_error("its audio format is unknown"))?;
        let decoder =
            PacketDecoder::new(parameters).map_err(|reason| container.decode_error(&reason))?;
        // Symphonia trims Vorbis by the page, and so loses samples in the middle of songs whose
        // page positions waver; here the whole song is trimmed once, as browsers do.
        let trim = (parameters.codec == CODEC_ID_VORBIS).then_some((track.delay, track.num_frames));
        (track.id, announced_seconds(track), trim, decoder)
    };
    // Half an hour of samples is the most that is held; a longer file is refused before it is
    // decoded where its header tells, and as soon as it shows where it does not.
    if let Some(seconds) = announced_seconds {
        check_not_too_long(seconds)?;
    }

    let mut channels: Vec<Vec<f32>> = Vec::new();
    let mut sample_rate_hz = 0;
    let mut failure = None;
    while let Some(packet) = next_packet(format.as_mut(), &mut failure) {
        if packet.track_id != track_id {
            continue;
        }
        match decoder.decode(&packet, &mut channels) {
            Ok(rate_hz) => sample_rate_hz = rate_hz,
            Err(reason) => failure = Some(reason),
        }
        if let Some(samples) = channels.first() {
            check_samples(channels.len(), samples.len() as u64, sample_rate_hz)?;
        }
    }
    if let Some((delay, frames)) = trim {
        for channel in &mut channels {
            channel.drain(..channel.len().min(delay.unwrap_or(0) as usize));
            channel.truncate(frames.map_or(usize::MAX, |frames| frames as usize));
        }
    }
    let decoded_seconds = duration_seconds(&channels, sample_rate_hz);
    if decoded_seconds == 0.0 {
        return Err(container.decode_error(failure.as_deref().unwrap_or("it holds no samples")));
    }
    let warnings = announced_seconds
        .and_then(|announced| truncation_warning(announced, decoded_seconds))
        .into_iter()
        .collect();
    Ok(Decoded {
        clip: Clip::new(channels, sample_rate_hz)?,
        warnings,
    })
}

/// The next packet, or `None` at the end; a damaged end is an end, its reason kept in `failure`.
fn next_packet(format: &mut dyn FormatReader, failure: &mut Option<String>) -> Option<Packet> {
    match format.next_packet() {
        Ok(packet) => packet,
        Err(e) => {
            *failure = Some(e.to_string());
            None
        }
    }
}

fn announced_seconds(track: &Track) -> Option<f64> {
    let rate = track.codec_params.as_ref()?.audio()?.sample_rate?;
    Some(track.num_frames? as f64 / f64::from(rate))
}

fn duration_seconds(channels: &[Vec<f32>], sample_rate_hz: u32) -> f64 {
    match (channels.first(), sample_rate_hz) {
        (Some(samples), 1..) => samples.len() as f64 / f64::from(sample_rate_hz),
        _ => 0.0,
    }
}

enum PacketDecoder {
    Symphonia {
        decoder: Box<dyn AudioDecoder>,
        planes: Vec<Vec<f32>>,
    },
    /// Symphonia demuxes Opus but does not decode it.
    Opus {
        decoder: Box<OpusDecoder>,
        channels: usize,
        interleaved: Vec<f32>,
    },
}

impl PacketDecoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, String> {
        if parameters.codec == CODEC_ID_OPUS {
            let channels = parameters.channels.as_ref().map_or(2, |c| c.count());
            if channels > 2 {
                return Err(format!("Opus with {channels} channels is not supported"));
            }
            let decoder = OpusDecoder::new(OPUS_RATE_HZ as i32, channels)?;
            let interleaved = vec![0.0; OPUS_PACKET_FRAMES * channels];
            return Ok(Self::Opus {
                decoder: Box::new(decoder),
                channels,
                interleaved,
            });
        }
        // Browsers do not trim Vorbis, and the same file must begin at the same sample here.
        let options = AudioDecoderOptions::default().gapless(parameters.codec != CODEC_ID_VORBIS);
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &options)
            .map_err(|e| e.to_string())?;
        Ok(Self::Symphonia {
            decoder,
            planes: Vec::new(),
        })
    }

    /// Appends the packet's samples to `channels`; gives the sample rate. A packet that does
    /// not decode is left out, as players do.
    fn decode(&mut self, packet: &Packet, channels: &mut Vec<Vec<f32>>) -> Result<u32, String> {
        match self {
            Self::Symphonia { decoder, planes } => {
                let buffer: GenericAudioBufferRef<'_> = decoder
                    .decode(packet)
                    .map_err(|e: SymphoniaError| e.to_string())?;
                let rate_hz = buffer.spec().rate();
                buffer.copy_to_vecs_planar(planes);
                append(channels, planes)?;
                Ok(rate_hz)
            }
            Self::Opus {
                decoder,
                channels: count,
                interleaved,
            } => {
                let frames = decoder.decode(&packet.data, OPUS_PACKET_FRAMES, interleaved)?;
                let first = (packet.trim_start.get() as usize).min(frames);
                let last = frames - (packet.trim_end.get() as usize).min(frames - first);
                let planes: Vec<Vec<f32>> = (0..*count)
                    .map(|channel| {
                        (first..last)
                            .map(|frame| interleaved[frame * *count + channel])
                            .collect()
                    })
                    .collect();
                append(channels, &planes)?;
                Ok(OPUS_RATE_HZ)
            }
        }
    }
}

/// Opus always decodes at this rate, whatever was encoded (RFC 7845, section 5.1).
const OPUS_RATE_HZ: u32 = 48_000;
/// The longest packet, 120 ms, in samples of a channel (RFC 6716, section 3.2.5).
const OPUS_PACKET_FRAMES: usize = 5_760;

fn append(channels: &mut Vec<Vec<f32>>, planes: &[Vec<f32>]) -> Result<(), String> {
    if channels.is_empty() {
        channels.resize(planes.len(), Vec::new());
    }
    if channels.len() != planes.len() {
        return Err("the number of channels changes within the file".into());
    }
    for (channel, plane) in channels.iter_mut().zip(planes) {
        channel.extend_from_slice(plane);
    }
    Ok(())
}
