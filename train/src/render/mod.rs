//! Rendering songs of known tempo and key: material for measuring the signal features without
//! a single recording, and the page's demo song.

mod harmony;
mod mix;
mod score;
mod song;
mod style;
mod synth;
mod wav;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use harmony::Mode;
use mix::Mixer;
use score::{Part, Sound};
pub use song::Song;
use style::STYLES;
use synth::Synth;

/// Root mean square of the loud parts after mastering, before the ceiling: about -12 LUFS.
const MASTER_LEVEL: f32 = 0.22;

#[derive(clap::Args)]
pub struct RenderArgs {
    /// Folder for the songs and truth.csv
    #[arg(long, required_unless_present = "demo")]
    out: Option<PathBuf>,
    /// How many songs
    #[arg(long, default_value_t = 24)]
    count: usize,
    /// The same seed gives the same songs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Length of each song
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    #[arg(long, default_value_t = 44_100)]
    sample_rate_hz: u32,
    /// Write the page's demo song to this WAV file instead
    #[arg(long, conflicts_with = "out")]
    demo: Option<PathBuf>,
}

pub fn run(args: RenderArgs) -> anyhow::Result<ExitCode> {
    if let Some(path) = args.demo {
        let song = demo();
        std::fs::write(&path, wav::encode(&render(&song), song.sample_rate_hz))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(folder) = args.out {
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("creating {}", folder.display()))?;
        let songs: Vec<Song> = (0..args.count)
            .map(|index| Song::draw(args.seed, index, args.seconds, args.sample_rate_hz))
            .collect();
        songs.par_iter().enumerate().try_for_each(|(index, song)| {
            let path = folder.join(file_name(index));
            std::fs::write(&path, wav::encode(&render(song), song.sample_rate_hz))
                .with_context(|| format!("writing {}", path.display()))
        })?;
        write_truth(&folder.join("truth.csv"), &songs)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn file_name(index: usize) -> String {
    format!("{index:04}.wav")
}

fn write_truth(path: &std::path::Path, songs: &[Song]) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_path(path)?;
    table.write_record([
        "file",
        "style",
        "tempo_bpm",
        "key",
        "mode",
        "key_name",
        "beats_per_bar",
        "swing",
        "drift",
        "drums",
        "detune_cents",
    ])?;
    for (index, song) in songs.iter().enumerate() {
        table.write_record([
            file_name(index),
            song.style.name.to_owned(),
            format!("{:.3}", song.tempo_bpm),
            song.pitch_class.to_string(),
            u8::from(song.mode == Mode::Major).to_string(),
            song.key_name(),
            song.style.beats_per_bar.to_string(),
            format!("{:.3}", song.swing),
            format!("{:.3}", song.drift),
            song.drums.to_string(),
            format!("{:.1}", song.detune_cents),
        ])?;
    }
    table.flush()?;
    Ok(())
}

/// The page's demo song: 24 bars of synthwave in A minor, in tune and on the grid.
fn demo() -> Song {
    let tempo_bpm = 112.0;
    Song {
        seed: 6,
        style: style::named("synthwave").unwrap_or(&STYLES[0]),
        tempo_bpm,
        pitch_class: 9,
        mode: Mode::Minor,
        swing: 0.5,
        drift: 0.0,
        drums: true,
        detune_cents: 0.0,
        seconds: 24.0 * 4.0 * 60.0 / tempo_bpm,
        sample_rate_hz: 44_100,
    }
}

/// The song as planar stereo, full scale ±1.
pub fn render(song: &Song) -> Vec<Vec<f32>> {
    let rate = f64::from(song.sample_rate_hz);
    let samples = (song.seconds * rate) as usize;
    // Its own stream: how a note sounds must not change what is played.
    let mut rng = ChaCha8Rng::seed_from_u64(song.seed);
    rng.set_stream(1);
    let mut synth = Synth::new(song.sample_rate_hz);
    let mut mixer = Mixer::new(samples);
    let notes = score::write(song);
    for part in [Part::Drums, Part::Bass, Part::Chords, Part::Pad, Part::Lead] {
        let mut track = vec![0.0; samples];
        for note in notes.iter().filter(|note| note.part == part) {
            let start = (note.start_seconds * rate).round() as usize;
            let Some(rest) = track.get_mut(start..) else {
                continue;
            };
            match note.sound {
                Sound::Drum(drum) => {
                    synth::drum(rest, song.sample_rate_hz, drum, note.velocity, &mut rng)
                }
                Sound::Tone { instrument, midi } => synth.tone(
                    rest,
                    instrument,
                    song.frequency_hz(midi) as f32,
                    note.length_seconds as f32,
                    note.velocity,
                    &mut rng,
                ),
            }
        }
        mixer.add(part, &track);
    }
    mixer.master(song.sample_rate_hz, MASTER_LEVEL).into()
}
