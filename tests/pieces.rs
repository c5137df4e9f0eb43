//! A song that comes in pieces: however it is cut, it is drawn, measured and refused as a whole one is.
#![allow(clippy::unwrap_used)]
#![cfg(not(target_arch = "wasm32"))]

use foretune::Clip;
use foretune::error::{Error, Result};
use foretune::front_end::{FrontEnd, Processed};
use foretune::measurements::Measurements;
use foretune::picture::{SpectrogramImage, Waveform};
use proptest::prelude::*;

/// Everything that is made of a song's samples.
#[derive(Debug, PartialEq)]
struct Made {
    log_mel: Vec<f32>,
    frames: usize,
    spectrogram: SpectrogramImage,
    waveform: Waveform,
    measurements: Measurements,
}

/// The song cut before each of `cuts`, which ascend.
fn made(channels: &[Vec<f32>], rate_hz: u32, cuts: &[usize]) -> Result<Made> {
    let samples = channels.iter().map(Vec::len).max().unwrap_or(0);
    // Too little is expected, so that memory has to be found on the way.
    let mut front_end = FrontEnd::new(channels.len(), rate_hz, samples as u64 / 3)?;
    let frames = front_end.frames(samples as u64);
    let mut log_mel = Vec::new();
    let mut start = 0;
    for &end in cuts.iter().chain([&samples]) {
        let piece: Vec<&[f32]> = channels
            .iter()
            .map(|channel| &channel[start.min(channel.len())..end.min(channel.len())])
            .collect();
        log_mel.extend(front_end.push(piece.as_slice())?);
        // Looking at what there is changes nothing.
        front_end.so_far();
        start = end;
    }
    let ended = front_end.finish()?;
    log_mel.extend(ended.rows);
    assert_eq!(ended.frames, frames);
    Ok(Made {
        log_mel,
        frames,
        spectrogram: ended.spectrogram,
        waveform: ended.waveform,
        measurements: ended.measurements,
    })
}

/// A tone with a beat and a hiss, at other levels in every channel.
fn song(channels: usize, samples: usize, rate_hz: u32) -> Vec<Vec<f32>> {
    (0..channels)
        .map(|channel| {
            let mut state = 1 + channel as u32;
            (0..samples)
                .map(|n| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let hiss = state as f32 / u32::MAX as f32 - 0.5;
                    let t = n as f32 / rate_hz as f32;
                    let tone = (std::f32::consts::TAU * (330.0 * t).fract()).sin();
                    (0.3 * tone + 0.5 * hiss * (1.0 - (2.0 * t).fract())) / (1 + channel) as f32
                })
                .collect()
        })
        .collect()
}

fn songs() -> impl Strategy<Value = (usize, u32, usize, Vec<usize>)> {
    let rates = prop::sample::select(vec![8_000_u32, 11_025, 16_000, 22_050, 44_100, 47_999]);
    (1..=3_usize, rates, 3.0..5.0_f64).prop_flat_map(|(channels, rate_hz, seconds)| {
        let samples = (seconds * f64::from(rate_hz)).ceil() as usize;
        // Single samples, halves of seconds and nothing at all.
        let cut = prop_oneof![0..=samples, 0..=4_usize, Just(rate_hz as usize)];
        prop::collection::vec(cut, 0..8).prop_map(move |mut cuts| {
            cuts.sort_unstable();
            (channels, rate_hz, samples, cuts)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_cuts_give_the_same_bits((channels, rate_hz, samples, cuts) in songs()) {
        let song = song(channels, samples, rate_hz);
        let whole = made(&song, rate_hz, &[]).unwrap();
        prop_assert_eq!(&made(&song, rate_hz, &cuts).unwrap(), &whole);
        // And those of a clip that is there as a whole, as native callers have it.
        let clip = Clip::new(song, rate_hz).unwrap();
        let of_clip = Processed::of(&clip, || Ok(())).unwrap();
        prop_assert_eq!(&of_clip.rows, &whole.log_mel);
        prop_assert_eq!(of_clip.measurements, whole.measurements);
        prop_assert_eq!(whole.frames * 96, whole.log_mel.len());
    }

    #[test]
    fn any_cuts_are_refused_for_the_same_reason(
        (channels, rate_hz, samples, cuts) in songs(),
        fault in 0..5,
        at in 0.0..1.0,
    ) {
        let mut song = song(channels, samples, rate_hz);
        let at = (at * samples as f64) as usize;
        match fault {
            0 => song[channels - 1][at] = f32::NAN,
            1 => song[channels - 1][at] = 1_001.0,
            2 => song.iter_mut().flatten().for_each(|sample| *sample *= 1e-5),
            3 => song.iter_mut().for_each(|channel| channel.truncate(rate_hz as usize)),
            _ => song = vec![song.swap_remove(0); 9],
        }
        let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(song[0].len())).collect();
        let refused = made(&song, rate_hz, &cuts).unwrap_err();
        prop_assert_eq!(refused, Clip::new(song, rate_hz).unwrap_err());
    }
}

#[test]
fn channels_of_different_lengths_are_refused_where_they_part() {
    let mut song = song(2, 40_000, 8_000);
    song[1].truncate(30_000);
    let refused = made(&song, 8_000, &[10_000, 20_000]).unwrap_err();
    assert_eq!(refused.code(), "channel_lengths");
    assert_eq!(
        Clip::new(song, 8_000).unwrap_err().code(),
        "channel_lengths"
    );
}

#[test]
fn what_is_too_long_is_refused_as_soon_as_it_is() {
    let minute = song(1, 8_000 * 60, 8_000);
    let mut front_end = FrontEnd::new(1, 8_000, 0).unwrap();
    let refused = (0..40).find_map(|pushed| {
        let refused = front_end.push(minute.as_slice()).err()?;
        Some((pushed, refused.code()))
    });
    assert_eq!(refused, Some((30, "too_long")));
    assert!(matches!(
        FrontEnd::new(2, 44_100, 44_100 * 1_802),
        Err(Error::TooLong { .. })
    ));
}

#[test]
fn a_first_estimate_is_of_the_middle_of_what_there_is() {
    let rate_hz = 22_050;
    let mut song = song(2, 90 * rate_hz as usize, rate_hz);
    let samples = song[0].len();
    let mut front_end = FrontEnd::new(2, rate_hz, 2 * samples as u64).unwrap();
    front_end.push(song.as_slice()).unwrap();
    let so_far = front_end.so_far().unwrap();
    assert_eq!(so_far.duration_seconds, 180.0);
    let middle = Clip::new(song.clone(), rate_hz)
        .unwrap()
        .middle(30.0)
        .unwrap();
    let expected = Processed::of(&middle, || Ok(())).unwrap().measurements;
    assert_eq!(so_far.statistics, expected.statistics);
    assert_eq!(so_far.signal.tempo, expected.signal.tempo);
    assert_eq!(so_far.signal.key, expected.signal.key);

    let third = 30 * rate_hz as usize;
    song.iter_mut()
        .for_each(|channel| channel[third..2 * third].fill(0.0));
    let mut front_end = FrontEnd::new(2, rate_hz, samples as u64).unwrap();
    front_end.push(song.as_slice()).unwrap();
    assert!(front_end.so_far().is_none());
}
