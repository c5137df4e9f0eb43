//! Which parts of a graph are computed by one [fused](super::fused) operator: those that the backbone's
//! exporter writes, recognised in any graph. Whatever is written in another way is left to tract.

use std::collections::{HashMap, HashSet};

use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto, attribute_proto};

use super::fused::{CONVOLUTION, TIME_FILTERS, VERTICAL_FILTERS};
use super::horizontal::BANDS;

/// Puts fused operators in the place of what they compute.
pub fn fuse(graph: &mut GraphProto) {
    let known = Known::of(graph);
    let fused: Vec<(usize, NodeProto)> = (0..graph.node.len())
        .filter_map(|index| {
            let node = &graph.node[index];
            let fused = known
                .time_filters(node)
                .or_else(|| known.vertical_filters(node))
                .or_else(|| known.convolution(node))?;
            let output = node.output.clone();
            Some((index, NodeProto { output, ..fused }))
        })
        .collect();
    for (index, node) in fused {
        graph.node[index] = node;
    }
    drop_unused(graph);
}

/// Nodes are in an order in which each follows what it needs.
fn drop_unused(graph: &mut GraphProto) {
    let mut needed: HashSet<String> = graph.output.iter().map(|o| o.name.clone()).collect();
    let mut kept: Vec<NodeProto> = Vec::new();
    for node in std::mem::take(&mut graph.node).into_iter().rev() {
        if node.output.iter().any(|output| needed.contains(output)) {
            needed.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
    graph
        .initializer
        .retain(|constant| needed.contains(&constant.name));
}

/// What makes each value of a graph.
struct Known<'a> {
    makers: HashMap<&'a str, &'a NodeProto>,
    constants: HashMap<&'a str, &'a TensorProto>,
}

impl<'a> Known<'a> {
    fn of(graph: &'a GraphProto) -> Self {
        let made =
            |node: &'a NodeProto| node.output.iter().map(move |value| (value.as_str(), node));
        Self {
            makers: graph.node.iter().flat_map(made).collect(),
            constants: graph
                .initializer
                .iter()
                .map(|constant| (constant.name.as_str(), constant))
                .collect(),
        }
    }

    /// The nodes that make `value`, each from the first input of the one before.
    fn chain<const N: usize>(
        &self,
        value: &str,
        operators: [&str; N],
    ) -> Option<[&'a NodeProto; N]> {
        let mut value = value;
        let mut nodes = Vec::with_capacity(N);
        for operator in operators {
            let node = *self.makers.get(value)?;
            if node.op_type != operator {
                return None;
            }
            nodes.push(node);
            value = node.input.first()?;
        }
        nodes.try_into().ok()
    }

    /// A constant, whether it is of half precision or not.
    fn constant(&self, value: &str) -> Option<&'a TensorProto> {
        let stored = match self.makers.get(value) {
            Some(node) if node.op_type == "Cast" => node.input.first()?.as_str(),
            _ => value,
        };
        self.constants.get(stored).copied()
    }

    fn integers(&self, value: &str) -> Option<Vec<i64>> {
        let bytes = self.constants.get(value)?.raw_data.chunks_exact(8);
        bytes
            .map(|bytes| Some(i64::from_le_bytes(bytes.try_into().ok()?)))
            .collect()
    }

    /// `[1, channels, frames]` by weights of `[outputs, channels, taps]`.
    fn convolution(&self, node: &NodeProto) -> Option<NodeProto> {
        let weights = self.constant(node.input.get(1)?)?;
        let taps = *weights.dims.get(2)?;
        let plain = node.op_type == "Conv"
            && weights.dims.len() == 3
            && is_along_time(node, taps)
            && integer(node, "group").unwrap_or(1) == 1;
        plain.then(|| fused(CONVOLUTION, &node.input, Vec::new()))
    }

    /// Filters whose answers at `phases` frames in a row are channels of one convolution.
    fn time_filters(&self, node: &NodeProto) -> Option<NodeProto> {
        let [slice, line, turned, shaped, pool, convolution, image] = self.chain(
            node.output.first()?,
            [
                "Slice",
                "Reshape",
                "Transpose",
                "Reshape",
                "MaxPool",
                "Conv",
                "Unsqueeze",
            ],
        )?;
        let weights = self.constant(convolution.input.get(1)?)?;
        let (&[channels, 1, 1, taps], &[1, phases], &[0, before, 0, _], &[bands, 1]) = (
            weights.dims.as_slice(),
            integers(convolution, "strides")?,
            integers(convolution, "pads")?,
            integers(pool, "kernel_shape")?,
        ) else {
            return None;
        };
        let taps = taps - phases + 1;
        let count = channels.checked_div(phases)?;
        let (by_phase, in_line) = (
            self.integers(shaped.input.get(1)?)?,
            self.integers(line.input.get(1)?)?,
        );
        let &[start, end, axis] = [1, 2, 3]
            .map(|input| slice.input.get(input).and_then(|name| self.integers(name)))
            .map(|values| values.and_then(|values| values.first().copied()))
            .iter()
            .copied()
            .collect::<Option<Vec<i64>>>()?
            .as_slice()
        else {
            return None;
        };
        let steps = *by_phase.get(3)?;
        let plain = bands % BANDS as i64 == 0
            && convolution.input.len() == 2
            && integers(pool, "strides").is_none_or(|strides| strides == [1, 1])
            && integers(turned, "perm")? == [0, 1, 3, 2]
            && by_phase == [1, count, phases, steps]
            && in_line == [1, count, phases * steps]
            && (start, axis) == (0, 2)
            && (1..=phases * steps).contains(&end)
            && repeats(weights, phases as usize, taps as usize);
        plain.then(|| {
            let numbers = [
                ("phases", phases),
                ("taps", taps),
                ("before", before),
                ("bands", bands),
                ("answers", end),
            ];
            let mut attributes = numbers.map(|(name, value)| number(name, value)).to_vec();
            attributes.push(AttributeProto {
                name: "weights".to_owned(),
                r#type: attribute_proto::AttributeType::Tensor as i32,
                t: Some(weights.clone()),
                ..Default::default()
            });
            fused(TIME_FILTERS, &image.input[..1], attributes)
        })
    }

    /// The greatest of `a + |b|` over all places, `a` and `b` being what is even and odd about the
    /// middle of the bands.
    fn vertical_filters(&self, node: &NodeProto) -> Option<NodeProto> {
        let [_, pool, _, sum] = self.chain(
            node.output.first()?,
            ["Reshape", "MaxPool", "Reshape", "Add"],
        )?;
        let [size] = self.chain(sum.input.get(1)?, ["Abs"])?;
        let (even_inverse, even) = self.spectral_products(sum.input.first()?)?;
        let (odd_inverse, odd) = self.spectral_products(size.input.first()?)?;
        let places = self.constant(even_inverse)?.dims.clone();
        let bins = integer(even, "group")?;
        let &[taps] = integers(even, "kernel_shape")? else {
            return None;
        };
        let plain = integers(pool, "kernel_shape")? == [places[0], 1]
            && places == [places[0], bins]
            && self.constant(odd_inverse)?.dims == places
            && [even, odd].iter().all(|convolution| {
                convolution.input.len() == 2
                    && integer(convolution, "group") == Some(bins)
                    && is_along_time(convolution, taps)
            })
            && even.input[0] == odd.input[0];
        plain.then(|| {
            let inputs = [
                &even.input[0],
                &even.input[1],
                &odd.input[1],
                even_inverse,
                odd_inverse,
            ]
            .map(String::clone);
            let numbers = [number("bins", bins), number("taps", taps)];
            fused(VERTICAL_FILTERS, &inputs, numbers.to_vec())
        })
    }

    /// A constant matrix times the flattened answers of a convolution: both of them.
    fn spectral_products(&self, value: &str) -> Option<(&'a String, &'a NodeProto)> {
        let [product] = self.chain(value, ["MatMul"])?;
        let [_, convolution] = self.chain(product.input.get(1)?, ["Reshape", "Conv"])?;
        Some((product.input.first()?, convolution))
    }
}

/// Whether a convolution goes along the only axis and keeps its length.
fn is_along_time(convolution: &NodeProto, taps: i64) -> bool {
    let ones = |name| integers(convolution, name).is_none_or(|values| values == [1]);
    taps % 2 == 1
        && ones("strides")
        && ones("dilations")
        && integers(convolution, "pads").unwrap_or(&[0, 0]) == [taps / 2, taps / 2]
        && !convolution.attribute.iter().any(|a| a.name == "auto_pad")
}

/// Whether of every `phases` rows each is the one before moved by one, with zeros around.
fn repeats(weights: &TensorProto, phases: usize, taps: usize) -> bool {
    let width = taps + phases - 1;
    let rows: i64 = weights.dims[0];
    let bytes = weights.raw_data.len() / (rows as usize * width).max(1);
    bytes > 0
        && weights
            .raw_data
            .chunks_exact(phases * width * bytes)
            .all(|filter| {
                let taps = &filter[..taps * bytes];
                filter
                    .chunks_exact(width * bytes)
                    .enumerate()
                    .all(|(phase, row)| {
                        let (before, row) = row.split_at(phase * bytes);
                        let (row, after) = row.split_at(taps.len());
                        row == taps && before.iter().chain(after).all(|&byte| byte == 0)
                    })
            })
}

fn integers<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    let attribute = node.attribute.iter().find(|a| a.name == name)?;
    Some(&attribute.ints)
}

fn integer(node: &NodeProto, name: &str) -> Option<i64> {
    let attribute = node.attribute.iter().find(|a| a.name == name)?;
    Some(attribute.i)
}

fn number(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: attribute_proto::AttributeType::Int as i32,
        i: value,
        ..Default::default()
    }
}

/// A node that still lacks its output.
fn fused(operator: &str, inputs: &[String], attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: operator.to_owned(),
        input: inputs.to_vec(),
        attribute,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use tract_onnx::pb::ModelProto;
    use tract_onnx::prelude::*;

    use super::*;

    fn shipped() -> ModelProto {
        let content = include_bytes!("../../models/backbone.onnx");
        tract_onnx::onnx()
            .proto_model_for_read(&mut Cursor::new(content))
            .unwrap()
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn all_that_takes_time_in_the_shipped_backbone_is_fused() {
        let mut graph = shipped().graph.unwrap();
        fuse(&mut graph);
        let count = |operator: &str| {
            let nodes = graph.node.iter();
            nodes.filter(|node| node.op_type == operator).count()
        };
        assert_eq!(count(TIME_FILTERS), 3);
        assert_eq!(count(VERTICAL_FILTERS), 2);
        assert_eq!(count(CONVOLUTION), 4);
        assert_eq!(count("Conv") + count("MaxPool"), 0);
    }

    // The core has no kernels of tract's own to compare with (xtask/inventory); what the fused graph answers
    // there, tests/golden_mel.rs compares.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn fusing_changes_only_the_rounding() {
        use tract_onnx::tract_hir::internal::*;

        use super::super::operators::wire;

        let shape = [1, 187, 96];
        let proto = shipped();
        let mut plain = tract_onnx::onnx().model_for_proto_model(&proto).unwrap();
        plain.set_input_fact(0, f32::fact(shape).into()).unwrap();
        let mut graph = proto.graph.unwrap();
        fuse(&mut graph);
        let fused = wire(&graph, SymbolScope::default(), &[f32::fact(shape)]).unwrap();
        let mut state = 7_u32;
        let window: Vec<f32> = (0..187 * 96)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                4.0 * (state as f32 / u32::MAX as f32).powi(3)
            })
            .collect();
        let [plain, fused] = [plain.into_typed().unwrap(), fused].map(|model| {
            let plan = model.into_optimized().unwrap().into_runnable().unwrap();
            let input = Tensor::from_shape(&shape, &window).unwrap();
            plan.run(tvec![input.into_tvalue()]).unwrap()
        });
        for (plain, fused) in plain.iter().zip(&fused) {
            // Sums of some thousand products of single precision, as they differ between machines.
            plain
                .close_enough(fused, Approximation::Custom(1e-4, 1e-4, 0.0))
                .unwrap();
        }
    }
}
