//! Where files are cut, so that they can be decoded in pieces. That the pieces decode to what the whole
//! decodes to is shown in browsers, by `tests/web/decoding.test.mjs`.
#![allow(clippy::unwrap_used)]

use foretune::container::cuts::Cuts;

/// 128 kbit/s at 44.1 kHz in stereo: 417 bytes, 1,152 samples.
fn frame(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xff, 0xfb, 0x90, 0x00];
    frame.extend_from_slice(content);
    frame.resize(417, 0);
    frame
}

/// A first frame that says how many follow, and how many samples were put before and behind.
fn tag(name: &[u8; 4], frames: u32, encoder: &[u8; 4], before: u32, behind: u32) -> Vec<u8> {
    let mut content = vec![0; 32];
    content.extend_from_slice(name);
    content.extend_from_slice(&0b1111_u32.to_be_bytes());
    content.extend_from_slice(&frames.to_be_bytes());
    content.extend_from_slice(&[0; 4 + 100 + 4]);
    content.extend_from_slice(encoder);
    content.extend_from_slice(&[0; 17]);
    content.extend_from_slice(&(before << 12 | behind).to_be_bytes()[1..]);
    frame(&content)
}

fn mp3(frames: usize) -> Vec<u8> {
    frame(&[]).repeat(frames)
}

fn cuts(file: &[u8]) -> Option<Cuts> {
    Cuts::of(&file)
}

#[test]
fn mp3_pieces_begin_early_and_make_the_whole_song() {
    let file = [mp3(4_000), b"TAG".to_vec(), vec![b' '; 125]].concat();
    let cuts = cuts(&file).unwrap();
    assert_eq!(
        (cuts.sample_rate_hz, cuts.samples()),
        (44_100, 4_000 * 1_152)
    );
    assert_eq!(cuts.pieces.len(), 5);
    let mut frames = 0;
    for (index, cut) in cuts.pieces.iter().enumerate() {
        let early = if index == 0 { 0 } else { 18 };
        assert_eq!(cut.start, (frames - early) * 417);
        assert_eq!(u64::from(cut.samples), (cut.end - cut.start) / 417 * 1_152);
        assert_eq!(u64::from(cut.skip), early * 1_152);
        assert_eq!(cut.common, if index == 0 { 0 } else { 2 * 1_152 });
        assert_eq!(cut.drop, 0);
        assert!(cuts.header(cut).is_empty());
        frames = cut.end / 417;
    }
    assert_eq!(frames, 4_000);
}

#[test]
fn what_an_encoder_put_at_the_ends_is_dropped() {
    // As ffmpeg writes a minute: 2,646,000 samples in 2,298 frames.
    for (name, encoder, expected) in [
        (b"Info", b"LAME", 2_646_000),
        (b"Xing", b"Lavc", 2_646_000),
        (b"Xing", b"\0\0\0\0", 2_298 * 1_152),
    ] {
        let tag = tag(name, 2_298, encoder, 576, 720);
        let id3 = b"ID3\x04\0\0\0\0\0\x05hello".to_vec();
        let cuts = cuts(&[id3, tag, mp3(2_298)].concat()).unwrap();
        assert_eq!(cuts.samples(), expected);
        assert_eq!(cuts.pieces[0].start, 15 + 417);
    }
}

#[test]
fn a_damaged_mp3_or_one_that_was_cut_off_is_not_cut() {
    assert!(cuts(&mp3(10)).is_some());
    assert_eq!(
        cuts(&[tag(b"Info", 11, b"LAME", 576, 720), mp3(10)].concat()),
        None
    );
    assert_eq!(cuts(&mp3(10)[..4_000]), None);
    assert_eq!(cuts(&[mp3(5), b"damage".to_vec(), mp3(5)].concat()), None);
    // Another rate half-way, another layer, ADTS.
    let other = [0xff, 0xfb, 0x94, 0].iter().copied().chain([0; 380]);
    assert_eq!(cuts(&[mp3(5), other.collect(), mp3(5)].concat()), None);
    assert_eq!(cuts(&[0xff, 0xfd, 0x90, 0].repeat(200)), None);
    let adts = [0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc, 0x00];
    assert_eq!(cuts(&adts.repeat(500)), None);
    // No more than its ends.
    assert_eq!(
        cuts(&[tag(b"Info", 1, b"LAME", 4_095, 4_095), mp3(1)].concat()),
        None
    );
}

/// A WAV of bytes that count up, with another chunk before them.
fn wav(format: u16, channels: u16, rate_hz: u32, bits: u16, data: usize) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
    file.extend_from_slice(&format.to_le_bytes());
    file.extend_from_slice(&channels.to_le_bytes());
    file.extend_from_slice(&rate_hz.to_le_bytes());
    file.extend_from_slice(&(rate_hz * u32::from(frame)).to_le_bytes());
    file.extend_from_slice(&frame.to_le_bytes());
    file.extend_from_slice(&bits.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&(data as u32).to_le_bytes());
    file.extend((0..data).map(|byte| (byte % 251) as u8));
    file
}

#[test]
fn wav_pieces_are_files_of_their_own_that_hold_all_samples() {
    for (channels, bits) in [(1, 8), (2, 16), (2, 24), (6, 32)] {
        let frame = usize::from(channels * bits / 8);
        let frames = 8_000 * 67 + 3;
        let file = wav(1, channels, 8_000, bits, frames * frame);
        let cuts = cuts(&file).unwrap();
        assert_eq!(cuts.samples(), frames as u64);
        assert_eq!(cuts.pieces.len(), 3);
        let mut data = Vec::new();
        for cut in &cuts.pieces {
            let bytes = &file[cut.start as usize..cut.end as usize];
            assert_eq!(bytes.len(), cut.samples as usize * frame);
            data.extend_from_slice(bytes);
            let header = cuts.header(cut);
            let alone = Cuts::of(&[header, bytes.to_vec()].concat().as_slice()).unwrap();
            assert_eq!(alone.samples(), u64::from(cut.samples));
        }
        assert_eq!(data, file[file.len() - frames * frame..]);
    }
}

#[test]
fn a_wav_that_is_not_plain_is_not_cut() {
    assert!(cuts(&wav(3, 2, 44_100, 32, 8_000)).is_some());
    // ADPCM, five bits, no channel, rates that the core does not take, cut off, nothing in it.
    assert_eq!(cuts(&wav(2, 2, 44_100, 16, 8_000)), None);
    assert_eq!(cuts(&wav(1, 2, 44_100, 5, 8_000)), None);
    assert_eq!(cuts(&wav(1, 0, 44_100, 16, 8_000)), None);
    assert_eq!(cuts(&wav(1, 1, 0, 16, 8_000)), None);
    assert_eq!(cuts(&wav(1, 1, 4_000, 16, 8_000)), None);
    assert_eq!(cuts(&wav(1, 2, 44_100, 16, 8_000)[..8_000]), None);
    assert_eq!(cuts(&wav(1, 2, 44_100, 16, 2)), None);
    for file in [
        b"".as_slice(),
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"OggS",
        b"fLaC",
        &[0xff; 50],
    ] {
        assert_eq!(cuts(file), None);
    }
}
