//! Making the backbone from its teacher.
//!
//! The teacher, MSD_musicnn, hears what no network trained on free music alone would: it was trained
//! on some 200,000 commercial recordings. It is also ten times larger than what it does
//! ([`living`]). The backbone is the teacher without what is dead in it, and heads that were fitted
//! on the teacher's embedding are cut to what is left of it.

mod front;
mod living;
mod teacher;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use foretune::Clip;
use foretune::backbone::BackboneEntry;
use foretune::mel::{MelConfig, MelSpectrogram};
use foretune::model::{FileEntry, MANIFEST_FILE, OnnxModel};
use foretune::resample::resample_mono;
use ndarray::{Axis, Slice};
use prost::Message as _;
use tract_onnx::pb;

use crate::card;
use crate::popularity::artifact;
use crate::render::{self, Song};
use living::Living;
use teacher::{BANDS, FRAMES, TAGS, Teacher};

#[derive(clap::Args)]
pub struct DistillArgs {
    /// ONNX file of the teacher, MSD_musicnn
    #[arg(long)]
    teacher: PathBuf,
    /// Folder of the models: its heads are cut to the new backbone's embedding
    #[arg(long, default_value = "models")]
    out: PathBuf,
    /// Songs to render and compare teacher and backbone on
    #[arg(long, default_value_t = 20)]
    songs: usize,
}

const MODEL_FILE: &str = "backbone.onnx";
const CARD_SECTION: &str = "backbone";
const SONG_SECONDS: f64 = 30.0;
const SEED: u64 = 5;

pub fn run(args: DistillArgs) -> Result<ExitCode> {
    let onnx = std::fs::read(&args.teacher)
        .with_context(|| format!("cannot read {}", args.teacher.display()))?;
    let teacher = Teacher::read(&onnx)?;
    let living = Living::of(&teacher);
    let channels = living.channels();
    let backbone = living.onnx();

    let entry = backbone_entry(&args.out)?;
    cut_heads(&args.out, entry.as_ref(), &channels)?;
    let file = artifact::write(&args.out, MODEL_FILE, &backbone)?;
    let tags = entry.map(|entry| entry.tags).unwrap_or_default();
    ensure!(
        tags.len() == TAGS,
        "the manifest names {} tags, not {TAGS}",
        tags.len()
    );
    let entry = BackboneEntry {
        file,
        mel: MelConfig::BACKBONE,
        window_frames: FRAMES,
        pool_width: channels.len(),
        teacher_channels: channels.clone(),
        tags,
    };
    artifact::set_manifest_entry(&args.out, "backbone", &entry)?;

    let agreement = Agreement::measure(&onnx, &backbone, &channels, args.songs)?;
    let section = section(&teacher, &living, onnx.len(), backbone.len(), &agreement);
    print!("{section}");
    card::set_section(
        &args.out.join(card::FILE),
        CARD_SECTION,
        "distill",
        &section,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The manifest's backbone as it was.
fn backbone_entry(models: &Path) -> Result<Option<BackboneEntry>> {
    let path = models.join(MANIFEST_FILE);
    let manifest: serde_json::Value = serde_json::from_slice(
        &std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
    )?;
    Ok(serde_json::from_value(manifest["backbone"].clone()).ok())
}

/// Drops, from heads that were fitted on the embedding of `before`, the inputs that the new
/// embedding lacks. Those are constant, and no head has weights on what never changes.
fn cut_heads(models: &Path, before: Option<&BackboneEntry>, channels: &[usize]) -> Result<()> {
    let Some(before) = before else {
        return Ok(());
    };
    let kept: Option<Vec<usize>> = channels
        .iter()
        .map(|channel| {
            before
                .teacher_channels
                .iter()
                .position(|other| other == channel)
        })
        .collect();
    let kept = kept.context("the heads were fitted on an embedding without these channels")?;
    if kept.len() == before.pool_width {
        return Ok(());
    }
    let tags = before.tags.len();
    let positions: Vec<usize> = (0..tags)
        .chain(kept.iter().map(|position| tags + position))
        .chain(
            kept.iter()
                .map(|position| tags + before.pool_width + position),
        )
        .collect();
    let (old_width, width) = (tags + 2 * before.pool_width, positions.len());

    let path = models.join(crate::heads::MODEL_FILE);
    let content =
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut model = pb::ModelProto::decode(content.as_slice())?;
    let graph = model.graph.as_mut().context("the heads have no graph")?;
    for tensor in &mut graph.initializer {
        let Some(axis) = tensor
            .dims
            .iter()
            .position(|&size| size == old_width as i64)
        else {
            continue;
        };
        let after: i64 = tensor.dims[axis + 1..].iter().product();
        let row = after as usize * size_of::<f32>();
        let rows = std::mem::take(&mut tensor.raw_data);
        for block in rows.chunks_exact(old_width * row) {
            for position in &positions {
                tensor
                    .raw_data
                    .extend_from_slice(&block[position * row..(position + 1) * row]);
            }
        }
        tensor.dims[axis] = width as i64;
    }
    for input in &mut graph.input {
        let shape = input
            .r#type
            .as_mut()
            .and_then(|kind| match &mut kind.value {
                Some(pb::type_proto::Value::TensorType(tensor)) => tensor.shape.as_mut(),
                None => None,
            });
        for dimension in shape.into_iter().flat_map(|shape| &mut shape.dim) {
            use pb::tensor_shape_proto::dimension::Value;
            if dimension.value == Some(Value::DimValue(old_width as i64)) {
                dimension.value = Some(Value::DimValue(width as i64));
            }
        }
    }
    crate::heads::replace_graph(models, &model.encode_to_vec(), width)
}

/// How far the backbone is from its teacher on windows of rendered songs.
#[derive(Debug, Default)]
struct Agreement {
    windows: usize,
    largest_logit: f32,
    largest_pool: f32,
    /// Largest change, over windows, of a channel that was left out.
    largest_dead: f32,
}

impl Agreement {
    fn measure(teacher: &[u8], backbone: &[u8], channels: &[usize], songs: usize) -> Result<Self> {
        let shape: &[&[usize]] = &[&[1, FRAMES, BANDS]];
        let teacher = OnnxModel::load(&FileEntry::describe("teacher", teacher), teacher, shape)?;
        let backbone =
            OnnxModel::load(&FileEntry::describe(MODEL_FILE, backbone), backbone, shape)?;
        let rate_hz = MelConfig::BACKBONE.sample_rate_hz;
        let mut agreement = Self::default();
        let mut first: Option<Vec<Vec<f32>>> = None;
        for index in 0..songs {
            let song = Song::draw(SEED, index, SONG_SECONDS, 44_100);
            let clip = Clip::new(render::render(&song), song.sample_rate_hz)?;
            let signal = resample_mono(&clip, rate_hz)?;
            let log_mel = MelSpectrogram::new(MelConfig::BACKBONE).log_mel(&signal);
            for start in (0..=log_mel.nrows().saturating_sub(FRAMES)).step_by(FRAMES) {
                let window = log_mel.slice_axis(Axis(0), Slice::from(start..start + FRAMES));
                let window = window.as_standard_layout();
                let window = window.as_slice().context("a window in standard layout")?;
                // logits, penultimate, max_pool, mean_pool
                let expected = teacher.run(&[window])?;
                // logits, max_pool, mean_pool
                let actual = backbone.run(&[window])?;
                agreement.windows += 1;
                agreement.largest_logit = agreement
                    .largest_logit
                    .max(largest(&expected[0], &actual[0]));
                let first = first.get_or_insert_with(|| expected.clone());
                for (pool, actual) in [(2, &actual[1]), (3, &actual[2])] {
                    let living: Vec<f32> = channels.iter().map(|&at| expected[pool][at]).collect();
                    agreement.largest_pool = agreement.largest_pool.max(largest(&living, actual));
                    for channel in 0..expected[pool].len() {
                        if !channels.contains(&channel) {
                            let change = expected[pool][channel] - first[pool][channel];
                            agreement.largest_dead = agreement.largest_dead.max(change.abs());
                        }
                    }
                }
            }
        }
        Ok(agreement)
    }
}

fn largest(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .fold(0.0, |largest: f32, (a, b)| largest.max((a - b).abs()))
}

fn section(
    teacher: &Teacher,
    living: &Living<'_>,
    teacher_bytes: usize,
    bytes: usize,
    agreement: &Agreement,
) -> String {
    let millions = |multiplications: usize| format!("{:.0} M", multiplications as f64 / 1e6);
    let table = card::table(
        &["", "MSD_musicnn", "without what is dead", "backbone"],
        &[
            vec![
                "multiplications a window of 3 s".into(),
                millions(teacher.multiplications()),
                millions(living.multiplications_as_convolutions()),
                millions(living.multiplications()),
            ],
            vec![
                "channels of each pool".into(),
                format!(
                    "{}",
                    teacher
                        .front
                        .iter()
                        .chain(&teacher.middle)
                        .map(teacher::Layer::filters)
                        .sum::<usize>()
                ),
                format!("{}", living.channels().len()),
                format!("{}", living.channels().len()),
            ],
            vec![
                "bytes".into(),
                format!("{teacher_bytes}"),
                "–".into(),
                format!("{bytes}"),
            ],
        ],
    );
    format!(
        "{table}\nOn {} windows of rendered songs the two differ by at most {:.1e} in a logit and {:.1e} in a \
         channel of the pools, which is the rounding of the weights to half precision; no channel that was left \
         out changes by more than {:.0e}.\n\n`foretune-train distill`, {}.\n",
        agreement.windows,
        agreement.largest_logit,
        agreement.largest_pool,
        agreement.largest_dead,
        card::today(),
    )
}
