//! The heads as an ONNX graph, built node by node so that its names can be read.

use ndarray::Array2;
use prost::Message as _;
use tract_onnx::pb;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto;

/// Version of the operators; 13 is the oldest whose Clip takes its bounds as inputs and that tract
/// and onnxruntime both call stable.
const OPSET: i64 = 13;
const IR_VERSION: i64 = 8;

/// A graph of two-dimensional float tensors.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<pb::NodeProto>,
    constants: Vec<pb::TensorProto>,
    inputs: Vec<pb::ValueInfoProto>,
    outputs: Vec<pb::ValueInfoProto>,
}

/// A value of the graph, by name.
#[derive(Debug, Clone)]
pub struct Value(String);

impl Graph {
    pub fn input(&mut self, name: &str, width: usize) -> Value {
        self.inputs.push(tensor_info(name, width));
        Value(name.to_owned())
    }

    pub fn output(&mut self, name: &str, width: usize, value: &Value) {
        self.outputs.push(tensor_info(name, width));
        self.nodes.push(pb::NodeProto {
            input: vec![value.0.clone()],
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: "Identity".to_owned(),
            ..Default::default()
        });
    }

    pub fn matrix(&mut self, name: &str, values: &Array2<f64>) -> Value {
        let dims = [values.nrows() as i64, values.ncols() as i64];
        self.constant(name, &dims, values.iter().map(|&value| value as f32))
    }

    pub fn row(&mut self, name: &str, values: impl IntoIterator<Item = f64>) -> Value {
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        self.constant(name, &[1, values.len() as i64], values.iter().copied())
    }

    fn constant(&mut self, name: &str, dims: &[i64], values: impl Iterator<Item = f32>) -> Value {
        self.constants.push(pb::TensorProto {
            name: name.to_owned(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            raw_data: values.flat_map(f32::to_le_bytes).collect(),
            ..Default::default()
        });
        Value(name.to_owned())
    }

    /// Names its result after itself, so every name must be given once.
    pub fn node(&mut self, operator: &str, name: &str, inputs: &[&Value]) -> Value {
        self.nodes.push(pb::NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: operator.to_owned(),
            ..Default::default()
        });
        Value(name.to_owned())
    }

    pub fn clip(&mut self, name: &str, value: &Value, low: f32, high: f32) -> Value {
        let low = self.constant(&format!("{name}.low"), &[], std::iter::once(low));
        let high = self.constant(&format!("{name}.high"), &[], std::iter::once(high));
        self.node("Clip", name, &[value, &low, &high])
    }

    pub fn encode(self, name: &str) -> Vec<u8> {
        pb::ModelProto {
            ir_version: IR_VERSION,
            producer_name: env!("CARGO_PKG_NAME").to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            opset_import: vec![pb::OperatorSetIdProto {
                version: OPSET,
                ..Default::default()
            }],
            graph: Some(pb::GraphProto {
                name: name.to_owned(),
                node: self.nodes,
                initializer: self.constants,
                input: self.inputs,
                output: self.outputs,
                ..Default::default()
            }),
            ..Default::default()
        }
        .encode_to_vec()
    }
}

fn tensor_info(name: &str, width: usize) -> pb::ValueInfoProto {
    let dimension = |size: usize| Dimension {
        value: Some(dimension::Value::DimValue(size as i64)),
        ..Default::default()
    };
    pb::ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(pb::TypeProto {
            value: Some(type_proto::Value::TensorType(type_proto::Tensor {
                elem_type: DataType::Float as i32,
                shape: Some(pb::TensorShapeProto {
                    dim: vec![dimension(1), dimension(width)],
                }),
            })),
            ..Default::default()
        }),
        ..Default::default()
    }
}
