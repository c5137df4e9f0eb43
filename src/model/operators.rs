//! The operators that the shipped graphs are made of, wired one by one into a graph of tract's. tract's own
//! reader of ONNX brings every operator there is, infers shapes that are known here from the start, and
//! has to optimise what it has read: five times the time until a page is ready, and most of the core.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use tract_onnx::data_resolver;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto, ValueInfoProto};
use tract_onnx::tensor::load_tensor;
use tract_onnx::tract_hir::internal::*;
use tract_onnx::tract_hir::ops::array::{Concat, PermuteAxes, Reshape};
use tract_onnx::tract_hir::ops::math;
use tract_onnx::tract_hir::tract_core::ops::cast::cast;
use tract_onnx::tract_hir::tract_core::ops::change_axes::wire_with_rank_broadcast;

use super::curve::Curve;
use super::dense::Dense;
use super::each::{Arithmetic, Each};
use super::fused;
use super::summary::{OfLast, Summary};

/// Adds a node to the model, under a name: the values it gives, from those it takes.
type Wire = fn(&mut TypedModel, &str, &NodeProto, &[OutletId]) -> TractResult<TVec<OutletId>>;

pub struct Operator {
    /// How many it takes.
    pub inputs: RangeInclusive<usize>,
    /// Those that are taken into account.
    pub attributes: &'static [&'static str],
    pub wire: Wire,
}

/// As they are at version 13, which exporters here write.
fn operator(name: &str) -> Option<Operator> {
    let plain = |inputs, wire| Operator {
        inputs: inputs..=inputs,
        attributes: &[],
        wire,
    };
    Some(match name {
        "Identity" => plain(1, |_, _, _, inputs| Ok(inputs.into())),
        "Add" => plain(2, |model, name, _, inputs| {
            with_constant(Arithmetic::Plus, model, name, inputs)
                .unwrap_or_else(|| wire_with_rank_broadcast(name, model, math::add(), inputs))
        }),
        "Sub" => plain(2, |model, name, _, inputs| {
            wire_with_rank_broadcast(name, model, math::sub(), inputs)
        }),
        "Mul" => plain(2, |model, name, _, inputs| {
            with_constant(Arithmetic::Times, model, name, inputs)
                .unwrap_or_else(|| wire_with_rank_broadcast(name, model, math::mul(), inputs))
        }),
        "Max" => plain(2, |model, name, _, inputs| {
            wire_with_rank_broadcast(name, model, math::max(), inputs)
        }),
        "Abs" => plain(1, |model, name, _, inputs| {
            model.wire_node(name, math::abs(), inputs)
        }),
        "Neg" => plain(1, |model, name, _, inputs| {
            model.wire_node(name, math::neg(), inputs)
        }),
        "Exp" => plain(1, |model, name, _, inputs| {
            curve(Curve::Exponential, model, name, inputs)
        }),
        "Log" => plain(1, |model, name, _, inputs| {
            curve(Curve::Logarithm, model, name, inputs)
        }),
        "Sigmoid" => plain(1, |model, name, _, inputs| {
            curve(Curve::Logistic, model, name, inputs)
        }),
        "Relu" => plain(1, |model, name, _, inputs| {
            let zero = model.add_const(format!("{name}.zero"), tensor0(0.0_f32))?;
            with_constant(Arithmetic::AtLeast, model, name, &[inputs[0], zero])
                .unwrap_or_else(|| bail!("a value of other numbers"))
        }),
        "Clip" => plain(3, |model, name, _, inputs| {
            let raised = format!("{name}.raised");
            let raised = wire_with_rank_broadcast(raised, model, math::max(), &inputs[..2])?;
            wire_with_rank_broadcast(name, model, math::min(), &[raised[0], inputs[2]])
        }),
        "MatMul" => plain(2, |model, name, _, inputs| product(model, name, inputs)),
        "Gemm" => plain(3, |model, name, _, inputs| {
            let product = product(model, &format!("{name}.product"), &inputs[..2])?;
            wire_with_rank_broadcast(name, model, math::add(), &[product[0], inputs[2]])
        }),
        "Reshape" => plain(2, |model, name, _, inputs| {
            Reshape::new(false).wire(name, model, inputs)
        }),
        "Cast" => Operator {
            inputs: 1..=1,
            attributes: &["to"],
            wire: |model, name, node, inputs| {
                model.wire_node(name, cast(node.get_attr("to")?), inputs)
            },
        },
        "Transpose" => Operator {
            inputs: 1..=1,
            attributes: &["perm"],
            wire: |model, name, node, inputs| {
                let order = node.get_attr_tvec("perm")?;
                PermuteAxes::new(Some(order)).wire(name, model, inputs)
            },
        },
        "Concat" => Operator {
            inputs: 1..=usize::MAX,
            attributes: &["axis"],
            wire: |model, name, node, inputs| {
                Concat::new(node.get_attr("axis")?).wire(name, model, inputs)
            },
        },
        "ReduceMax" => Operator {
            inputs: 1..=1,
            attributes: &["axes", "keepdims"],
            wire: |model, name, node, inputs| summary(Summary::Greatest, model, name, node, inputs),
        },
        "ReduceMean" => Operator {
            inputs: 1..=1,
            attributes: &["axes", "keepdims"],
            wire: |model, name, node, inputs| summary(Summary::Mean, model, name, node, inputs),
        },
        _ => return fused::operator(name),
    })
}

/// Arithmetic whose order does not matter, where one of two values is a constant that [`Each`] takes.
fn with_constant(
    arithmetic: Arithmetic,
    model: &mut TypedModel,
    name: &str,
    inputs: &[OutletId],
) -> Option<TractResult<TVec<OutletId>>> {
    [(0, 1), (1, 0)].into_iter().find_map(|(value, constant)| {
        let fact = model.outlet_fact(inputs[value]).ok()?;
        let constant = model.outlet_fact(inputs[constant]).ok()?.konst.as_ref()?;
        let each = Each::of(arithmetic, fact, constant)?;
        Some(model.wire_node(name, each, &[inputs[value]]))
    })
}

fn product(
    model: &mut TypedModel,
    name: &str,
    factors: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let (left, right) = (
        model.outlet_fact(factors[0])?,
        model.outlet_fact(factors[1])?,
    );
    match (&left.konst, left.rank(), &right.konst, right.rank()) {
        (_, 2, Some(weights), 2) => {
            let dense = Dense::new(weights)?;
            model.wire_node(name, dense, &factors[..1])
        }
        // A convolution that looks at one frame.
        (Some(weights), 2, _, 3) => {
            let mut weights = weights.clone().into_tensor();
            weights.insert_axis(2)?;
            let weights = model.add_const(format!("{name}.weights"), weights)?;
            fused::convolution(model, name, &[factors[1], weights])
        }
        #[cfg(target_arch = "wasm32")]
        _ => bail!("a product of other factors"),
        #[cfg(not(target_arch = "wasm32"))]
        _ => tract_onnx::tract_hir::ops::matmul::MatMulInference::default()
            .wire(name, model, factors),
    }
}

fn curve(
    curve: Curve,
    model: &mut TypedModel,
    name: &str,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    of_single_precision(model, inputs[0])?;
    model.wire_node(name, curve, inputs)
}

fn summary(
    summary: Summary,
    model: &mut TypedModel,
    name: &str,
    node: &NodeProto,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    let axes: Vec<i64> = node.get_attr_vec("axes")?;
    let keep = node.get_attr_opt("keepdims")?.unwrap_or(true);
    let rank = of_single_precision(model, inputs[0])?.rank();
    match OfLast::of(summary, &axes, keep, rank) {
        Some(of_last) => model.wire_node(name, of_last, inputs),
        #[cfg(target_arch = "wasm32")]
        None => bail!("a summary along the axes {axes:?}"),
        #[cfg(not(target_arch = "wasm32"))]
        None => {
            use tract_onnx::tract_hir::ops::nn::{Reduce, Reducer};
            let reducer = match summary {
                Summary::Greatest => Reducer::Max,
                Summary::Mean => Reducer::Mean,
            };
            Reduce::new(Some(axes), keep, reducer).wire(name, model, inputs)
        }
    }
}

/// Refuses values that are not of single precision, as all are here but for shapes.
fn of_single_precision(model: &TypedModel, outlet: OutletId) -> TractResult<&TypedFact> {
    let fact = model.outlet_fact(outlet)?;
    let value = fact.datum_type;
    ensure!(value == f32::datum_type(), "values of {value:?}");
    Ok(fact)
}

/// The operator of `node`, where it is known and used in a way that is.
fn known(node: &NodeProto) -> Option<Operator> {
    operator(&node.op_type).filter(|operator| {
        let mut attributes = node.attribute.iter();
        operator.inputs.contains(&node.input.len())
            && attributes.all(|attribute| operator.attributes.contains(&&*attribute.name))
    })
}

/// Whether [`wire`] knows all of `graph`.
#[cfg(not(target_arch = "wasm32"))]
pub fn are_known(graph: &GraphProto) -> bool {
    graph.node.iter().all(|node| known(node).is_some())
}

/// What has to be given to `graph`: what is no constant.
pub fn inputs(graph: &GraphProto) -> impl Iterator<Item = &ValueInfoProto> {
    let constant = |name: &str| graph.initializer.iter().any(|tensor| tensor.name == name);
    graph
        .input
        .iter()
        .filter(move |input| !constant(&input.name))
}

/// The content of a constant; refused where it is in another file.
pub fn constant(tensor: &TensorProto) -> TractResult<Tensor> {
    load_tensor(&*data_resolver::default(), tensor, None)
}

/// The model of `graph`, whose [`inputs`] are as `facts` say, in that order.
pub fn wire(
    graph: &GraphProto,
    symbols: SymbolScope,
    facts: &[TypedFact],
) -> TractResult<TypedModel> {
    let mut model = TypedModel {
        symbols,
        ..TypedModel::default()
    };
    let mut values: HashMap<&str, OutletId> = HashMap::new();
    for (input, fact) in inputs(graph).zip(facts) {
        let source = model.add_source(&input.name, fact.clone())?;
        values.insert(&input.name, source);
    }
    for tensor in &graph.initializer {
        let constant = model.add_const(&tensor.name, constant(tensor)?)?;
        values.insert(&tensor.name, constant);
    }
    for node in &graph.node {
        let operator = known(node)
            .with_context(|| format!("the operator {} is not known here", node.op_type))?;
        let name = node.output.first().context("a node that gives nothing")?;
        let outputs = made(&values, &node.input)
            .and_then(|inputs| match constants(&model, &inputs)? {
                Some(inputs) => computed(&mut model, &operator, name, node, inputs),
                None => (operator.wire)(&mut model, name, node, &inputs),
            })
            .with_context(|| format!("{name} ({})", node.op_type))?;
        values.extend(node.output.iter().map(String::as_str).zip(outputs));
    }
    let outputs = graph.output.iter().map(|output| &output.name);
    model.select_output_outlets(&made(&values, outputs)?)?;
    Ok(model)
}

/// What `values` are, where all of them are constant.
fn constants(model: &TypedModel, values: &[OutletId]) -> TractResult<Option<TVec<TValue>>> {
    let mut constants = TVec::new();
    for value in values {
        match &model.outlet_fact(*value)?.konst {
            Some(constant) => constants.push(constant.clone().into_tvalue()),
            None => return Ok(None),
        }
    }
    Ok(Some(constants))
}

/// Weights are expanded once, here: what tract finds to be constant, it finds node by node.
fn computed(
    model: &mut TypedModel,
    operator: &Operator,
    name: &str,
    node: &NodeProto,
    inputs: TVec<TValue>,
) -> TractResult<TVec<OutletId>> {
    let mut alone = TypedModel::default();
    let values = inputs
        .into_iter()
        .enumerate()
        .map(|(index, input)| alone.add_const(format!("input.{index}"), input.into_arc_tensor()))
        .collect::<TractResult<TVec<_>>>()?;
    let outputs = (operator.wire)(&mut alone, name, node, &values)?;
    alone.select_output_outlets(&outputs)?;
    let outputs = alone.into_runnable()?.run(TVec::new())?;
    outputs
        .into_iter()
        .map(|output| model.add_const(name, output.into_arc_tensor()))
        .collect()
}

fn made<'a>(
    values: &HashMap<&str, OutletId>,
    names: impl IntoIterator<Item = &'a String>,
) -> TractResult<TVec<OutletId>> {
    let value = |name: &String| {
        let found = values.get(name.as_str()).copied();
        found.with_context(|| format!("nothing before makes {name:?}"))
    };
    names.into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use tract_onnx::prelude::Framework as _;

    use super::super::fusion::fuse;
    use super::*;

    const SHIPPED: [(&[u8], &[&[usize]]); 3] = [
        (
            include_bytes!("../../models/backbone.onnx"),
            &[&[1, 187, 96]],
        ),
        (
            include_bytes!("../../models/heads.onnx"),
            &[&[1, 474], &[1, 52]],
        ),
        (
            include_bytes!("../../models/popularity.onnx"),
            &[&[3, 87], &[3, 844]],
        ),
    ];

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn all_that_a_browser_runs_is_known() {
        for (content, _) in SHIPPED {
            let onnx = tract_onnx::Onnx::default();
            let mut proto = onnx
                .proto_model_for_read(&mut Cursor::new(content))
                .unwrap();
            let graph = proto.graph.as_mut().unwrap();
            fuse(graph);
            let unknown = graph.node.iter().filter(|node| known(node).is_none());
            let unknown: Vec<&str> = unknown.map(|node| node.op_type.as_str()).collect();
            assert_eq!(unknown, [""; 0]);
        }
    }

    /// tract's own reader is the reference.
    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn what_is_wired_here_answers_as_what_tract_reads() {
        for (content, shapes) in &SHIPPED[1..] {
            let onnx = tract_onnx::onnx();
            let proto = onnx
                .proto_model_for_read(&mut Cursor::new(content))
                .unwrap();
            let facts: Vec<TypedFact> = shapes.iter().map(|&shape| f32::fact(shape)).collect();
            let ours = wire(
                proto.graph.as_ref().unwrap(),
                SymbolScope::default(),
                &facts,
            )
            .unwrap();
            let mut theirs = onnx.model_for_proto_model(&proto).unwrap();
            for (input, fact) in facts.iter().enumerate() {
                theirs.set_input_fact(input, fact.into()).unwrap();
            }
            let mut state = 7_u32;
            let values: TVec<TValue> = shapes
                .iter()
                .map(|shape| {
                    let values: Vec<f32> = (0..shape.iter().product())
                        .map(|_| {
                            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            (state as f32 / u32::MAX as f32).powi(3)
                        })
                        .collect();
                    Tensor::from_shape(shape, &values).unwrap().into_tvalue()
                })
                .collect();
            let answers = [ours, theirs.into_typed().unwrap()].map(|model| {
                let plan = model.into_optimized().unwrap().into_runnable().unwrap();
                plan.run(values.clone()).unwrap()
            });
            assert_eq!(answers[0].len(), answers[1].len());
            for (ours, theirs) in answers[0].iter().zip(&answers[1]) {
                // Sums of some hundred products of single precision, in another order.
                ours.close_enough(theirs, Approximation::Custom(1e-5, 1e-5, 0.0))
                    .unwrap();
            }
        }
    }
}
