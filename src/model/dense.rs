//! A product with constant weights, in the order that they are needed.

use std::sync::Arc;

use tract_onnx::tract_hir::internal::*;

use crate::lanes::{LANES, Lanes};

/// Sums that are kept in registers.
const VECTORS: usize = 4;
const COLUMNS: usize = VECTORS * LANES;

/// From `[rows, inputs]` to `[rows, outputs]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    inputs: usize,
    outputs: usize,
    /// `[tiles, inputs, COLUMNS]`, the last columns filled up with zeros.
    tiles: Arc<[f32]>,
}

impl Eq for Dense {}

impl Dense {
    /// `weights` is `[inputs, outputs]`.
    pub fn new(weights: &Tensor) -> TractResult<Self> {
        let &[inputs, outputs] = weights.shape() else {
            bail!("weights of rank {}", weights.rank());
        };
        let plain = weights.try_as_plain_ram()?;
        let weights = plain.as_slice::<f32>()?;
        let mut tiles = vec![0.0; outputs.div_ceil(COLUMNS) * inputs * COLUMNS];
        for (tile, into) in tiles
            .chunks_exact_mut((inputs * COLUMNS).max(1))
            .enumerate()
        {
            let first = tile * COLUMNS;
            let count = COLUMNS.min(outputs - first);
            for (input, into) in into.chunks_exact_mut(COLUMNS).enumerate() {
                into[..count].copy_from_slice(&weights[input * outputs + first..][..count]);
            }
        }
        Ok(Self {
            inputs,
            outputs,
            tiles: tiles.into(),
        })
    }

    fn product(&self, rows: &[f32]) -> Vec<f32> {
        let mut output = Vec::with_capacity(rows.len() / self.inputs.max(1) * self.outputs);
        for row in rows.chunks_exact(self.inputs.max(1)) {
            for (index, tile) in self.tiles.chunks_exact(self.inputs * COLUMNS).enumerate() {
                let mut sums = [Lanes::ZERO; VECTORS];
                for (&value, weights) in row.iter().zip(tile.chunks_exact(COLUMNS)) {
                    let value = Lanes::splat(value);
                    for (sum, weights) in sums.iter_mut().zip(weights.chunks_exact(LANES)) {
                        *sum = sum.mul_add(value, Lanes::load(weights));
                    }
                }
                let sums = sums.map(Lanes::to_array);
                let count = COLUMNS.min(self.outputs - index * COLUMNS);
                output.extend(sums.iter().flatten().take(count));
            }
        }
        output
    }
}

impl Op for Dense {
    fn name(&self) -> StaticName {
        "Dense".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Dense {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let [rows, width] = &*inputs[0].shape else {
            bail!("an input of rank {}", inputs[0].rank());
        };
        ensure!(*width == self.inputs.to_dim(), "{width} values a row");
        Ok(tvec![f32::fact([rows.clone(), self.outputs.to_dim()])])
    }

    as_op!();
}

impl EvalOp for Dense {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let plain = inputs[0].try_as_plain_ram()?;
        let output = self.product(plain.as_slice::<f32>()?);
        let shape = [inputs[0].shape()[0], self.outputs];
        Ok(tvec![Tensor::from_shape(&shape, &output)?.into_tvalue()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn products_are_those_of_the_plain_sums() {
        for (rows, inputs, outputs) in [(1, 1, 1), (3, 7, 5), (2, 40, 16), (5, 9, 35)] {
            let values: Vec<f32> = (0..rows * inputs)
                .map(|at| (at % 11) as f32 - 5.0)
                .collect();
            let weights: Vec<f32> = (0..inputs * outputs)
                .map(|at| (at % 7) as f32 - 3.0)
                .collect();
            let shape = [inputs, outputs];
            let dense = Dense::new(&Tensor::from_shape(&shape, &weights).unwrap()).unwrap();
            let expected: Vec<f32> = (0..rows * outputs)
                .map(|at| {
                    let (row, output) = (at / outputs, at % outputs);
                    let term =
                        |input| values[row * inputs + input] * weights[input * outputs + output];
                    (0..inputs).map(term).sum()
                })
                .collect();
            // Whole numbers, of which no sum rounds.
            assert_eq!(dense.product(&values), expected);
        }
    }
}
