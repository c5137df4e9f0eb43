//! What training leaves in the models folder: the ONNX graph, its manifest entry, the configuration.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use burn::prelude::*;
use burn_onnx::export::{AxisSpec, InputSpec, OnnxExporter};
use foretune::model::{FileEntry, MANIFEST_FILE, MANIFEST_FORMAT};
use foretune::popularity::columns::Column;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::half;
use super::network::Network;

/// The network as an ONNX graph for any number of songs: inputs `[rows, columns]` and
/// `[rows, terms]`.
pub fn onnx(network: &Network, genre_terms: usize) -> Result<Vec<u8>> {
    let device = Device::flex();
    let rows = |rows: usize| {
        (
            Tensor::<2>::zeros([rows, Column::COUNT], &device),
            Tensor::<2>::zeros([rows, genre_terms], &device),
        )
    };
    let free = AxisSpec::Dynamic {
        symbol: "rows".into(),
    };
    let input = InputSpec::new([free, AxisSpec::Static]);
    let model = OnnxExporter::new().export_dynamic(
        network,
        rows(2),
        rows(3),
        &[input.clone(), input],
        |network: &Network, (song, genre): (Tensor<2>, Tensor<2>)| network.forward(song, genre),
    )?;
    half::stored(model.as_bytes())
}

/// Writes `content` into the models folder and describes it for the manifest.
pub fn write(models: &Path, file: &str, content: &[u8]) -> Result<FileEntry> {
    let path = models.join(file);
    fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(FileEntry::describe(file, content))
}

/// Sets one entry of the manifest and keeps all others, so that each training writes only what
/// it made.
pub fn set_manifest_entry(models: &Path, key: &str, entry: &impl Serialize) -> Result<()> {
    let path = models.join(MANIFEST_FILE);
    let mut manifest: Map<String, Value> = if path.exists() {
        serde_json::from_slice(&fs::read(&path)?)
            .with_context(|| format!("{} is not a manifest", path.display()))?
    } else {
        Map::new()
    };
    manifest
        .entry("format")
        .or_insert_with(|| json!(MANIFEST_FORMAT));
    manifest
        .entry("features_version")
        .or_insert_with(|| json!(foretune::features::FEATURES_VERSION));
    manifest
        .entry("version")
        .or_insert_with(|| json!(env!("CARGO_PKG_VERSION")));
    // By way of text, in which an f32 has the digits it needs and not those of an f64.
    let entry: Value = serde_json::from_str(&serde_json::to_string(entry)?)?;
    manifest.insert(key.to_owned(), entry);
    let text = serde_json::to_string_pretty(&manifest)? + "\n";
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use foretune::model::OnnxModel;
    use foretune::popularity::columns::Song;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::popularity::fit::answer;
    use crate::popularity::network::{Bin, NetworkConfig};

    #[test]
    fn the_graph_answers_as_the_network_does() {
        let config = NetworkConfig {
            members: 3,
            hidden: 32,
            genre_width: 8,
        };
        let bins: Vec<Bin> = (0..Column::COUNT)
            .flat_map(|column| {
                [0.0, 0.1, 50.0].map(|start| Bin {
                    column,
                    start,
                    end: start + 0.1 + start,
                })
            })
            .collect();
        let terms = 5;
        let network = Network::new(&config, Column::COUNT, &bins, terms, &Device::flex());
        let network = network.rounded();
        let graph = onnx(&network, terms).unwrap();
        let entry = FileEntry::describe("test.onnx", &graph);
        let model = OnnxModel::load_rows(&entry, &graph, &[Column::COUNT, terms]).unwrap();

        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for case in 0..50 {
            let song = Song {
                features: std::array::from_fn(|feature| {
                    (feature != case % 13).then(|| rng.random::<f32>())
                }),
                estimated: case % 2 == 0,
                heard: None,
                year: (case % 3 > 0).then_some(1950.0 + case as f32),
                duration_seconds: Some(200.0 * rng.random::<f32>()),
                explicit: Some(case % 5 == 0),
                genre: Some("any".into()),
                artist: None,
            };
            let position = case % terms;
            let mut genre = vec![0.0; terms];
            genre[position] = 1.0;
            let graph = model.run(&[&song.columns(), &genre]).unwrap().remove(0);
            let twice = model
                .run_rows(2, &[&song.columns().repeat(2), &genre.repeat(2)])
                .unwrap()
                .remove(0);
            assert_eq!(twice.len(), 2 * graph.len());
            let network = answer(&network, [(song, [position])], terms).remove(0);
            for (graph, network) in graph.iter().chain(&twice).zip(network.iter().cycle()) {
                // Both sum the same single-precision products, up to some 100 points, in another
                // order.
                assert!((graph - network).abs() <= 1e-4, "{graph} {network}");
            }
        }
    }
}
