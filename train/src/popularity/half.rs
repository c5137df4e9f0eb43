//! Weights in half precision, so that twice as many fit into the file.
//!
//! The network itself is rounded before it is calibrated, and its graph then stores the same
//! values in half the bytes: nothing changes in between.

use anyhow::{Context as _, Result};
use burn::module::Param;
use burn::prelude::*;
use burn::tensor::TensorData;
use half::f16;
use prost::Message as _;
use tract_onnx::pb;
use tract_onnx::pb::tensor_proto::DataType;

/// The weights as half precision can hold them, still in single precision.
pub fn rounded(weights: &Param<Tensor<2>>) -> Param<Tensor<2>> {
    let weights = weights.val();
    let (shape, device) = (weights.dims(), weights.device());
    let values: Vec<f32> = weights
        .into_data()
        .iter::<f32>()
        .map(|weight| f16::from_f32(weight).to_f32())
        .collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), &device))
}

/// The same graph with every tensor of rounded weights stored in half precision, which a Cast
/// turns back. Tensors that would lose by it stay as they are.
pub fn stored(onnx: &[u8]) -> Result<Vec<u8>> {
    let mut model = pb::ModelProto::decode(onnx).context("the exported graph")?;
    let graph = model
        .graph
        .as_mut()
        .context("the exported graph is empty")?;
    let mut casts = Vec::new();
    for tensor in &mut graph.initializer {
        let weights = tensor.dims.len() == 2 && tensor.data_type == DataType::Float as i32;
        if !weights {
            continue;
        }
        let values = tensor
            .raw_data
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        if values
            .clone()
            .any(|value| f16::from_f32(value).to_f32() != value)
        {
            continue;
        }
        tensor.raw_data = values
            .flat_map(|value| f16::from_f32(value).to_le_bytes())
            .collect();
        tensor.data_type = DataType::Float16 as i32;
        let name = tensor.name.clone();
        tensor.name = format!("{name}.half");
        casts.push(pb::NodeProto {
            input: vec![tensor.name.clone()],
            output: vec![name.clone()],
            name,
            op_type: "Cast".to_owned(),
            attribute: vec![pb::AttributeProto {
                name: "to".to_owned(),
                r#type: pb::attribute_proto::AttributeType::Int as i32,
                i: DataType::Float as i64,
                ..Default::default()
            }],
            ..Default::default()
        });
    }
    graph.node.splice(0..0, casts);
    Ok(model.encode_to_vec())
}
