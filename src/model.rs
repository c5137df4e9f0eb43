//! The manifest, the integrity of the files it names, and ONNX models ready to run in tract.

mod convolution;
mod curve;
mod dense;
mod each;
mod fused;
mod fusion;
mod horizontal;
mod operators;
mod summary;
mod vertical;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tract_onnx::Onnx;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::internal::*;

use crate::backbone::BackboneEntry;
use crate::error::{Error, Result};
use crate::features::FEATURES_VERSION;
use crate::heads::HeadsEntry;
use crate::popularity::PopularityEntry;

/// Version of the manifest's own layout.
pub const MANIFEST_FORMAT: u32 = 1;
pub const MANIFEST_FILE: &str = "manifest.json";

/// `models/manifest.json`: what the files are, and everything the code must agree with them on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Of the models together; travels with every prediction.
    pub version: String,
    pub features_version: u32,
    pub backbone: BackboneEntry,
    pub heads: HeadsEntry,
    pub popularity: PopularityEntry,
    pub reference: FileEntry,
}

/// A file of the models folder, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    pub file: String,
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    pub fn describe(file: &str, content: &[u8]) -> Self {
        Self {
            file: file.to_owned(),
            bytes: content.len() as u64,
            sha256: sha256_hex(content),
        }
    }
}

impl Manifest {
    pub fn parse(json: &[u8]) -> Result<Self> {
        // The format is read on its own first: a manifest of another layout fails with its
        // version, not with the first field that happens to differ.
        let incompatible = |actual: String| Error::ModelIncompatible {
            what: "manifest".into(),
            expected: format!("format {MANIFEST_FORMAT}"),
            actual,
        };
        #[derive(Deserialize)]
        struct Layout {
            format: Option<serde_json::Value>,
        }
        let Layout { format } =
            serde_json::from_slice(json).map_err(|e| incompatible(format!("not JSON ({e})")))?;
        let format = format.as_ref().and_then(serde_json::Value::as_u64);
        if format != Some(u64::from(MANIFEST_FORMAT)) {
            return Err(incompatible(format.map_or_else(
                || "without a format".into(),
                |found| format!("format {found}"),
            )));
        }
        let manifest: Self =
            serde_json::from_slice(json).map_err(|e| incompatible(e.to_string()))?;
        expect(
            "features_version",
            &FEATURES_VERSION,
            &manifest.features_version,
        )?;
        Ok(manifest)
    }

    /// The files to load, in the order they are used.
    pub fn files(&self) -> [&FileEntry; 4] {
        [
            &self.backbone.file,
            &self.heads.file,
            &self.popularity.file,
            &self.reference,
        ]
    }
}

/// `ModelIncompatible` unless the manifest's `actual` is what the code expects.
pub fn expect<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, actual: &T) -> Result<()> {
    if expected == actual {
        return Ok(());
    }
    Err(Error::ModelIncompatible {
        what: what.to_owned(),
        expected: format!("{expected:?}"),
        actual: format!("{actual:?}"),
    })
}

/// File contents by the name the manifest gives them.
pub type ModelFiles = BTreeMap<String, Vec<u8>>;

/// The content of `entry`, checked against its hash.
pub fn verified<'a>(files: &'a ModelFiles, entry: &FileEntry) -> Result<&'a [u8]> {
    let content = files.get(&entry.file).ok_or_else(|| Error::ModelMissing {
        file: entry.file.clone(),
    })?;
    let actual = sha256_hex(content);
    if actual != entry.sha256 {
        return Err(Error::ModelIntegrity {
            file: entry.file.clone(),
            expected: entry.sha256.clone(),
            actual,
        });
    }
    Ok(content)
}

pub fn sha256_hex(content: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// tract panics at some graphs that no exporter writes, such as one whose output no node makes. Where
/// a panic can be caught, which in wasm it cannot, that is the file's failure.
fn unless_it_panics<T>(file: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::ModelFailed {
            file: file.to_owned(),
            reason: "tract cannot compute its graph".to_owned(),
        })
    })
}

fn read(proto: &ModelProto, symbols: SymbolScope, facts: &[TypedFact]) -> TractResult<TypedModel> {
    let graph = proto.graph.as_ref().context("the file holds no graph")?;
    // Training and its measurements read graphs of others, too.
    #[cfg(not(target_arch = "wasm32"))]
    if !operators::are_known(graph) {
        let template = InferenceModel {
            symbols,
            ..InferenceModel::default()
        };
        let mut model =
            tract_onnx::onnx().model_for_proto_model_with_model_template(proto, template)?;
        for (input, fact) in facts.iter().enumerate() {
            model.set_input_fact(input, fact.into())?;
        }
        return model.into_optimized();
    }
    operators::wire(graph, symbols, facts)
}

/// An ONNX graph, optimised by tract for fixed input shapes.
#[derive(Debug, Clone)]
pub struct OnnxModel {
    file: String,
    plan: Arc<TypedRunnableModel>,
    input_shapes: Vec<Vec<usize>>,
}

impl OnnxModel {
    /// `input_shapes` in the graph's order of inputs.
    pub fn load(entry: &FileEntry, content: &[u8], input_shapes: &[&[usize]]) -> Result<Self> {
        let facts = input_shapes.iter().map(|&shape| f32::fact(shape)).collect();
        Self::optimise(entry, content, SymbolScope::default(), facts)
    }

    /// A graph that answers any number of rows at once: its inputs are `[rows, width]`.
    pub fn load_rows(entry: &FileEntry, content: &[u8], widths: &[usize]) -> Result<Self> {
        let symbols = SymbolScope::default();
        let rows = symbols.sym("rows");
        let facts = widths
            .iter()
            .map(|&width| f32::fact([rows.to_dim(), width.to_dim()]))
            .collect();
        Self::optimise(entry, content, symbols, facts)
    }

    fn optimise(
        entry: &FileEntry,
        content: &[u8],
        symbols: SymbolScope,
        facts: Vec<TypedFact>,
    ) -> Result<Self> {
        let failed = |e: TractError| Error::ModelFailed {
            file: entry.file.clone(),
            reason: format!("{e:#}"),
        };
        let mut proto = Onnx::default()
            .proto_model_for_read(&mut Cursor::new(content))
            .map_err(failed)?;
        // Natively tract's own kernels, which use wider vectors, are twice as fast.
        if cfg!(target_arch = "wasm32") {
            proto.graph.as_mut().map(fusion::fuse);
        }
        let inputs = proto
            .graph
            .as_ref()
            .map(|graph| operators::inputs(graph).count());
        expect(
            &format!("{}: inputs", entry.file),
            &facts.len(),
            &inputs.unwrap_or_default(),
        )?;
        let plan = unless_it_panics(&entry.file, || {
            read(&proto, symbols, &facts)
                .and_then(TypedModel::into_runnable)
                .map_err(failed)
        })?;
        Ok(Self {
            file: entry.file.clone(),
            plan,
            input_shapes: facts
                .iter()
                .map(|fact| {
                    fact.shape
                        .iter()
                        .map(|size| size.to_usize().unwrap_or(1))
                        .collect()
                })
                .collect(),
        })
    }

    /// Runs the graph on one flat, row-major slice an input; gives one flat vector an output.
    pub fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        self.run_rows(1, inputs)
    }

    /// [`Self::run`] on `rows` rows, for graphs from [`Self::load_rows`].
    pub fn run_rows(&self, rows: usize, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let failed = |e: TractError| Error::ModelFailed {
            file: self.file.clone(),
            reason: format!("{e:#}"),
        };
        expect(
            &format!("{}: inputs", self.file),
            &self.input_shapes.len(),
            &inputs.len(),
        )?;
        let tensors = inputs
            .iter()
            .zip(&self.input_shapes)
            .map(|(data, shape)| {
                let mut shape = shape.clone();
                if let Some(leading) = shape.first_mut() {
                    *leading *= rows;
                }
                Tensor::from_shape(&shape, data).map(TValue::from)
            })
            .collect::<TractResult<TVec<_>>>()
            .map_err(failed)?;
        let outputs = unless_it_panics(&self.file, || self.plan.run(tensors).map_err(failed))?;
        outputs
            .iter()
            .map(|output| {
                let plain = output.try_as_plain_ram().map_err(failed)?;
                plain.as_slice::<f32>().map(<[f32]>::to_vec).map_err(failed)
            })
            .collect()
    }
}
