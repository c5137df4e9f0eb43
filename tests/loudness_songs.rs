//! Loudness against `ffmpeg -af ebur128` on ten real songs: the music of Endgame: Singularity, freely
//! licensed, which `cargo xtask setup` fetches from its Debian package.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use foretune::clip::Clip;
use foretune::features::loudness::measure;

const RATE_HZ: u32 = 44_100;
/// The bar for integrated loudness.
const LOUDNESS_LU: f64 = 0.1;
/// ffmpeg sorts the values that the range is taken from into bins of 0.1 LU, at both ends.
const RANGE_LU: f64 = 0.2;
/// What EBU Tech 3341 allows below and above the truth, which ffmpeg's peak stands for here.
const TRUE_PEAK_DB: [f64; 2] = [0.4, 0.2];

fn songs() -> Vec<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap()).join(".cache"),
        PathBuf::from,
    );
    let folder = cache.join("foretune/singularity-music/usr/share/games/singularity/music");
    let entries = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}: run `cargo xtask setup`", folder.display()));
    let mut songs: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ogg"))
        .collect();
    songs.sort();
    songs.truncate(10);
    songs
}

fn ffmpeg(configure: impl FnOnce(&mut Command) -> &mut Command) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y"]);
    let output = configure(&mut command).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// The song as both sides hear it: interleaved 32-bit floats.
fn decoded(song: &Path) -> Vec<u8> {
    ffmpeg(|command| {
        command.arg("-i").arg(song).args([
            "-map", "0:a", "-ac", "2", "-ar", "44100", "-f", "f32le", "-",
        ])
    })
}

/// Every value that ffmpeg's filter gave for `key`, one each tenth of a second.
fn values(report: &str, key: &str) -> Vec<f64> {
    let key = format!("lavfi.r128.{key}=");
    report
        .lines()
        .filter_map(|line| line.strip_prefix(&key)?.parse().ok())
        .collect()
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN, f64::max)
}

#[test]
fn ten_songs_are_as_loud_as_ffmpeg_says() {
    let songs = songs();
    assert_eq!(songs.len(), 10);
    let pcm = std::env::temp_dir().join(format!("foretune-loudness-{}.f32", std::process::id()));
    for song in songs {
        let bytes = decoded(&song);
        std::fs::write(&pcm, &bytes).unwrap();
        let report = ffmpeg(|command| {
            command
                .args(["-f", "f32le", "-ar", "44100", "-ac", "2", "-i"])
                .arg(&pcm)
                .args(["-af", "ebur128=metadata=1:peak=true,ametadata=print:file=-"])
                .args(["-f", "null", "/dev/null"])
        });
        let report = String::from_utf8(report).unwrap();
        let plane = |channel: usize| {
            let samples = bytes.chunks_exact(8).map(|frame| {
                let at = 4 * channel;
                f32::from_le_bytes(frame[at..at + 4].try_into().unwrap())
            });
            samples.collect()
        };
        let clip = Clip::new(vec![plane(0), plane(1)], RATE_HZ).unwrap();
        let ours = measure(&clip).0;
        let peaks = ["true_peaks_ch0", "true_peaks_ch1"].map(|key| greatest(&values(&report, key)));
        let integrated = *values(&report, "I").last().unwrap();
        let range = *values(&report, "LRA").last().unwrap();
        // The first three seconds are no whole window.
        let short_term = greatest(&values(&report, "S")[30..]);
        let name = song.file_name().unwrap().to_string_lossy().into_owned();
        println!(
            "{name}: {:.2} LUFS, ffmpeg {integrated:.2}; range {:.2} LU, {range:.2}; peak {:.2} dBTP, {:.2}",
            ours.integrated_lufs,
            ours.range_lu,
            ours.true_peak_dbtp,
            20.0 * greatest(&peaks).log10(),
        );
        let theirs_dbtp = 20.0 * greatest(&peaks).log10();
        let both = |tolerance: f64| [tolerance; 2];
        for (what, ours, theirs, [below, above]) in [
            (
                "integrated",
                ours.integrated_lufs,
                integrated,
                both(LOUDNESS_LU),
            ),
            (
                "short term",
                ours.short_term_max_lufs,
                short_term,
                both(LOUDNESS_LU),
            ),
            ("range", ours.range_lu, range, both(RANGE_LU)),
            ("true peak", ours.true_peak_dbtp, theirs_dbtp, TRUE_PEAK_DB),
        ] {
            let error = f64::from(ours) - theirs;
            assert!(
                (-below..=above).contains(&error),
                "{name}, {what}: {ours}, ffmpeg {theirs}"
            );
        }
    }
    std::fs::remove_file(pcm).unwrap();
}
