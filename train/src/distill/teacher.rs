//! The teacher's weights: MSD_musicnn (Pons and Serra, "musicnn: pre-trained convolutional neural
//! networks for music audio tagging", 2019) as its ONNX graph holds them.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use prost::Message as _;
use tract_onnx::pb;

pub const TAGS: usize = 50;
pub const FRAMES: usize = 187;
pub const BANDS: usize = 96;

/// A convolution and the batch normalisation after its rectifier, of `shape` [filters, inputs,
/// kernel…], row-major.
#[derive(Debug, Clone)]
pub struct Layer {
    pub shape: Vec<usize>,
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
    /// Batch normalisation as it is applied: `scale · x + shift`.
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Layer {
    pub fn filters(&self) -> usize {
        self.shape[0]
    }

    /// Weights of one filter.
    pub fn filter(&self, filter: usize) -> &[f32] {
        let length = self.weights.len() / self.filters();
        &self.weights[filter * length..(filter + 1) * length]
    }

    /// What a filter answers that hears nothing.
    pub fn constant(&self, filter: usize) -> f32 {
        self.bias[filter].max(0.0) * self.scale[filter] + self.shift[filter]
    }
}

/// A fully connected layer, `[inputs, outputs]`, row-major.
#[derive(Debug, Clone)]
pub struct Dense {
    pub outputs: usize,
    pub weights: Vec<f32>,
    pub bias: Vec<f32>,
}

#[derive(Debug)]
pub struct Teacher {
    /// Of the input: `scale · mel + shift`.
    pub input: (f32, f32),
    /// Two timbral, three temporal convolutions over `[frames, bands]`.
    pub front: Vec<Layer>,
    /// Three convolutions over frames, the last two around residual connections.
    pub middle: Vec<Layer>,
    pub dense: Dense,
    /// Batch normalisation of the dense layer's rectified output.
    pub dense_scale: Vec<f32>,
    pub dense_shift: Vec<f32>,
    pub output: Dense,
}

impl Teacher {
    pub fn read(onnx: &[u8]) -> Result<Self> {
        let graph = pb::ModelProto::decode(onnx)
            .context("the teacher is not an ONNX model")?
            .graph
            .context("the teacher has no graph")?;
        let constants = constants(&graph)?;
        let constant = |name: &str| {
            constants
                .get(name)
                .map(|(_, values)| values.clone())
                .with_context(|| format!("the teacher lacks {name}"))
        };
        let mut layers = Vec::new();
        let mut dense = Vec::new();
        let mut affine = Vec::new();
        for node in &graph.node {
            match node.op_type.as_str() {
                "Conv" => {
                    let (shape, weights) = constants
                        .get(&node.input[1])
                        .with_context(|| format!("the teacher lacks {}", node.input[1]))?
                        .clone();
                    layers.push(Layer {
                        shape,
                        weights,
                        bias: constant(&node.input[2])?,
                        scale: Vec::new(),
                        shift: Vec::new(),
                    });
                }
                "BatchNormalization" => {
                    let layer = layers
                        .iter_mut()
                        .find(|layer| layer.scale.is_empty())
                        .context("the teacher normalises before it convolves")?;
                    let epsilon = node
                        .attribute
                        .iter()
                        .find(|attribute| attribute.name == "epsilon")
                        .map_or(1e-5, |attribute| attribute.f);
                    let [gamma, beta, mean, variance] =
                        [1, 2, 3, 4].map(|input| constant(&node.input[input]));
                    let (gamma, beta, mean, variance) = (gamma?, beta?, mean?, variance?);
                    layer.scale = gamma
                        .iter()
                        .zip(&variance)
                        .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
                        .collect();
                    layer.shift = (0..beta.len())
                        .map(|filter| beta[filter] - mean[filter] * layer.scale[filter])
                        .collect();
                }
                "Gemm" => {
                    let bias = constant(&node.input[2])?;
                    dense.push(Dense {
                        outputs: bias.len(),
                        weights: constant(&node.input[1])?,
                        bias,
                    });
                }
                // Of two pools, maps added up, or by a constant: the last is an affine step.
                "Mul" | "Add" => {
                    if let Ok(values) = constant(&node.input[1]) {
                        affine.push(values);
                    }
                }
                _ => {}
            }
        }
        ensure!(
            layers.len() == 8 && layers.iter().all(|layer| !layer.scale.is_empty()),
            "the teacher has {} convolutions instead of 8 that are normalised",
            layers.len()
        );
        let middle = layers.split_off(5);
        let Ok([dense, output]) = <[Dense; 2]>::try_from(dense) else {
            bail!("the teacher does not have two dense layers");
        };
        let Ok([scale, shift, dense_scale, dense_shift]) = <[Vec<f32>; 4]>::try_from(affine) else {
            bail!("the teacher is not scaled at its input and its dense layer");
        };
        Ok(Self {
            input: (scale[0], shift[0]),
            front: layers,
            middle,
            dense,
            dense_scale,
            dense_shift,
            output,
        })
    }

    /// Multiplications for one window, as the teacher's own graph does them.
    pub fn multiplications(&self) -> usize {
        let front = self.front.iter().map(|layer| {
            let (kernel_frames, kernel_bands) = (layer.shape[2], layer.shape[3]);
            FRAMES * (BANDS - kernel_bands + 1) * kernel_frames * kernel_bands * layer.filters()
        });
        let middle = self.middle.iter().map(|layer| FRAMES * layer.weights.len());
        front.sum::<usize>()
            + middle.sum::<usize>()
            + self.dense.weights.len()
            + self.output.weights.len()
    }
}

/// Shape and values.
type Constant = (Vec<usize>, Vec<f32>);

/// Every float constant, by name.
fn constants(graph: &pb::GraphProto) -> Result<HashMap<String, Constant>> {
    graph
        .initializer
        .iter()
        .filter(|tensor| tensor.data_type == pb::tensor_proto::DataType::Float as i32)
        .map(|tensor| {
            let values: Vec<f32> = if tensor.raw_data.is_empty() {
                tensor.float_data.clone()
            } else {
                tensor
                    .raw_data
                    .chunks_exact(4)
                    .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
                    .collect()
            };
            let shape: Vec<usize> = tensor.dims.iter().map(|&size| size as usize).collect();
            ensure!(
                values.len() == shape.iter().product::<usize>(),
                "the constant {} has {} values for {shape:?}",
                tensor.name,
                values.len()
            );
            Ok((tensor.name.clone(), (shape, values)))
        })
        .collect()
}
