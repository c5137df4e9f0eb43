//! ONNX graphs built node by node, so that their names can be read.

use half::f16;
use ndarray::Array2;
use prost::Message as _;
use tract_onnx::pb;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto;

/// Version of the operators; 13 is the oldest whose Clip takes its bounds as inputs and that tract
/// and onnxruntime both call stable.
const OPSET: i64 = 13;
const IR_VERSION: i64 = 8;

/// Biases and scales, as opposed to matrices and kernels.
const FEW: usize = 300;

/// A graph of float tensors.
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
    pub fn input(&mut self, name: &str, shape: &[usize]) -> Value {
        self.inputs.push(tensor_info(name, shape));
        Value(name.to_owned())
    }

    pub fn output(&mut self, name: &str, shape: &[usize], value: &Value) {
        self.outputs.push(tensor_info(name, shape));
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

    /// Weights of any shape. Many are kept in half precision: half the bytes to transfer, and single
    /// precision again once the graph is loaded. Few are not worth the rounding.
    pub fn weights(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        if values.len() < FEW {
            let dims: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
            return self.constant(name, &dims, values.iter().copied());
        }
        let halves = format!("{name}.half");
        self.constants.push(pb::TensorProto {
            name: halves.clone(),
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: DataType::Float16 as i32,
            raw_data: values
                .iter()
                .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                .collect(),
            ..Default::default()
        });
        let to = integer("to", DataType::Float as i64);
        self.node_with("Cast", name, &[&Value(halves)], vec![to])
    }

    /// Integers that an operator takes as an input, such as axes.
    pub fn integers(&mut self, name: &str, values: &[i64]) -> Value {
        self.constants.push(pb::TensorProto {
            name: name.to_owned(),
            dims: vec![values.len() as i64],
            data_type: DataType::Int64 as i32,
            raw_data: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
            ..Default::default()
        });
        Value(name.to_owned())
    }

    /// Names its result after itself, so every name must be given once.
    pub fn node(&mut self, operator: &str, name: &str, inputs: &[&Value]) -> Value {
        self.node_with(operator, name, inputs, Vec::new())
    }

    pub fn node_with(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&Value],
        attributes: Vec<pb::AttributeProto>,
    ) -> Value {
        self.nodes.push(pb::NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: operator.to_owned(),
            attribute: attributes,
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

pub fn integer(name: &str, value: i64) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Int as i32,
        i: value,
        ..Default::default()
    }
}

pub fn integers(name: &str, values: &[i64]) -> pb::AttributeProto {
    pb::AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: values.to_vec(),
        ..Default::default()
    }
}

fn tensor_info(name: &str, shape: &[usize]) -> pb::ValueInfoProto {
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
                    dim: shape.iter().map(|&size| dimension(size)).collect(),
                }),
            })),
            ..Default::default()
        }),
        ..Default::default()
    }
}
