//! Operators that do at once, and several times as fast, what takes several in ONNX: a convolution along
//! time; filters along time of which the greatest answer over all bands counts; and filters over bands,
//! made of spectra along them, of which the greatest answer over all places counts.

use std::sync::Arc;

use tract_onnx::pb::NodeProto;
use tract_onnx::tract_hir::internal::*;

use super::convolution::convolve;
use super::horizontal::TimeFilters;
use super::operators::{Operator, constant};
use super::vertical::VerticalFilters;

/// Their names; the inputs and attributes are in [fusion](super::fusion), which alone writes them.
pub const CONVOLUTION: &str = "foretune.Convolution";
pub const TIME_FILTERS: &str = "foretune.TimeFilters";
pub const VERTICAL_FILTERS: &str = "foretune.VerticalFilters";

pub fn operator(name: &str) -> Option<Operator> {
    let (inputs, attributes): (_, &[&str]) = match name {
        CONVOLUTION => (2..=3, &[]),
        TIME_FILTERS => (
            1..=1,
            &["phases", "taps", "before", "bands", "answers", "weights"],
        ),
        VERTICAL_FILTERS => (5..=5, &["bins", "taps"]),
        _ => return None,
    };
    Some(Operator {
        inputs,
        attributes,
        wire: |model, name, node, inputs| model.wire_node(name, Fused::read(node)?, inputs),
    })
}

/// [`CONVOLUTION`] of a value by weights.
pub fn convolution(
    model: &mut TypedModel,
    name: &str,
    inputs: &[OutletId],
) -> TractResult<TVec<OutletId>> {
    model.wire_node(name, Fused::Convolution, inputs)
}

/// From `[1, channels, frames]` and constants `[1, outputs, frames]`.
#[derive(Debug, Clone, PartialEq)]
enum Fused {
    /// By the weights and the bias, if there is one.
    Convolution,
    TimeFilters {
        filters: Arc<TimeFilters>,
        bands: usize,
        answers: usize,
    },
    /// By what [`VerticalFilters`] holds.
    VerticalFilters { bins: usize, taps: usize },
}

impl Eq for Fused {}

impl Fused {
    fn read(node: &NodeProto) -> TractResult<Self> {
        Ok(match node.op_type.as_str() {
            TIME_FILTERS => {
                let number = |name| node.get_attr::<usize>(name);
                let weights = constant(node.get_attr("weights")?)?;
                let weights = weights.cast_to::<f32>()?;
                let weights = weights.try_as_plain_ram()?;
                let (phases, taps) = (number("phases")?, number("taps")?);
                let filters: Vec<f32> = weights
                    .as_slice::<f32>()?
                    .chunks_exact(phases * (taps + phases - 1))
                    .flat_map(|filter| &filter[..taps])
                    .copied()
                    .collect();
                Self::TimeFilters {
                    filters: Arc::new(TimeFilters::new(&filters, taps, number("before")?)),
                    bands: number("bands")?,
                    answers: number("answers")?,
                }
            }
            VERTICAL_FILTERS => Self::VerticalFilters {
                bins: node.get_attr("bins")?,
                taps: node.get_attr("taps")?,
            },
            _ => Self::Convolution,
        })
    }

    fn shape(&self, inputs: &[&[TDim]]) -> TractResult<TVec<TDim>> {
        let &[one, _, frames] = &inputs[0] else {
            bail!("an input of rank {}", inputs[0].len());
        };
        ensure!(*one == 1.to_dim(), "a batch of {one}");
        Ok(match self {
            Self::Convolution => tvec![one.clone(), inputs[1][0].clone(), frames.clone()],
            Self::TimeFilters {
                filters, answers, ..
            } => tvec![one.clone(), filters.count().to_dim(), answers.to_dim()],
            Self::VerticalFilters { bins, .. } => {
                let filters = inputs[1][0].to_usize()? / bins;
                tvec![one.clone(), filters.to_dim(), frames.clone()]
            }
        })
    }
}

impl Op for Fused {
    fn name(&self) -> StaticName {
        "Fused".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Fused {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shapes: Vec<TVec<TDim>> = inputs.iter().map(|fact| fact.shape.to_tvec()).collect();
        let shapes: Vec<&[TDim]> = shapes.iter().map(|shape| shape.as_slice()).collect();
        Ok(tvec![f32::fact(self.shape(&shapes)?)])
    }

    as_op!();
}

impl EvalOp for Fused {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let frames = inputs[0].shape()[2];
        let inputs = inputs
            .iter()
            .map(|input| input.try_as_plain_ram())
            .collect::<TractResult<Vec<_>>>()?;
        let values = inputs
            .iter()
            .map(|input| input.as_slice::<f32>())
            .collect::<TractResult<Vec<_>>>()?;
        let (answers, output) = match self {
            Self::Convolution => {
                let shape = inputs[1].shape();
                let bias = values.get(2).copied().unwrap_or_default();
                let output = convolve(values[0], frames, values[1], shape[0], shape[2], bias);
                (frames, output)
            }
            Self::TimeFilters {
                filters,
                bands,
                answers,
            } => {
                ensure!(
                    values[0].len() == bands * frames,
                    "other bands than {bands}"
                );
                (*answers, filters.greatest(values[0], frames, *answers))
            }
            &Self::VerticalFilters { bins, taps } => {
                let filters = VerticalFilters {
                    bins,
                    taps,
                    even: values[1],
                    odd: values[2],
                    even_inverse: values[3],
                    odd_inverse: values[4],
                };
                (frames, filters.greatest(values[0], frames))
            }
        };
        let shape = [1, output.len() / answers.max(1), answers];
        Ok(tvec![Tensor::from_shape(&shape, &output)?.into_tvalue()])
    }
}
