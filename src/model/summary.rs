//! One number for all values along the last axes.

use tract_onnx::tract_hir::internal::*;

use crate::lanes::{LANES, Lanes};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    Greatest,
    Mean,
}

/// From `[kept, summed up]` to `[kept]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfLast {
    summary: Summary,
    axes: usize,
    /// Whether they stay, of length 1.
    keep: bool,
}

impl OfLast {
    /// `None` where `axes` are not the last of `rank`, or are all.
    pub fn of(summary: Summary, axes: &[i64], keep: bool, rank: usize) -> Option<Self> {
        let from_end = |axis: &i64| match *axis {
            axis @ 0.. => rank as i64 - axis,
            axis => -axis,
        };
        let mut places: Vec<i64> = axes.iter().map(from_end).collect();
        places.sort_unstable();
        let last = places.iter().copied().eq(1..=axes.len() as i64);
        (last && (1..rank).contains(&axes.len())).then_some(Self {
            summary,
            axes: axes.len(),
            keep,
        })
    }

    fn shape<D: Clone + From<usize>>(&self, shape: &[D]) -> TVec<D> {
        let mut left: TVec<D> = shape[..shape.len() - self.axes].into();
        if self.keep {
            left.extend((0..self.axes).map(|_| D::from(1)));
        }
        left
    }

    fn compute(&self, values: &[f32]) -> f32 {
        match self.summary {
            Summary::Greatest => folded(values, f32::NEG_INFINITY, Lanes::max, f32::max),
            Summary::Mean => {
                let sum = folded(values, 0.0, |a, b| a + b, |a, b| a + b);
                sum / values.len() as f32
            }
        }
    }
}

fn folded(
    values: &[f32],
    first: f32,
    lanes: impl Fn(Lanes, Lanes) -> Lanes,
    one: impl Fn(f32, f32) -> f32,
) -> f32 {
    let (quartets, rest) = values.as_chunks::<LANES>();
    let all = quartets.iter().fold(Lanes::splat(first), |all, quartet| {
        lanes(all, Lanes::load(quartet))
    });
    let values = all.to_array().into_iter().chain(rest.iter().copied());
    values.fold(first, one)
}

impl Op for OfLast {
    fn name(&self) -> StaticName {
        "OfLast".into()
    }

    op_as_typed_op!();
}

impl TypedOp for OfLast {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape: TVec<TDim> = inputs[0].shape.to_tvec();
        Ok(tvec![f32::fact(self.shape(&shape))])
    }

    as_op!();
}

impl EvalOp for OfLast {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let shape = inputs[0].shape();
        let length: usize = shape[shape.len() - self.axes..].iter().product();
        ensure!(length > 0, "nothing to sum up in {shape:?}");
        let plain = inputs[0].try_as_plain_ram()?;
        let rows = plain.as_slice::<f32>()?.chunks_exact(length);
        let numbers: Vec<f32> = rows.map(|row| self.compute(row)).collect();
        let output = Tensor::from_shape(&self.shape(shape), &numbers)?;
        Ok(tvec![output.into_tvalue()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn the_last_axes_are_summed_up() {
        let values: Vec<f32> = (0..42).map(|value| (value as f32 * 0.7).sin()).collect();
        for (axes, keep, shape, length) in [
            (&[2][..], false, &[2, 3][..], 7),
            (&[-1], true, &[2, 3, 1], 7),
            (&[1, 2], false, &[2], 21),
        ] {
            for summary in [Summary::Greatest, Summary::Mean] {
                let of_last = OfLast::of(summary, axes, keep, 3).unwrap();
                let input = Tensor::from_shape(&[2, 3, 7], &values)
                    .unwrap()
                    .into_tvalue();
                let output = of_last
                    .eval(&EvalContext::out_of_plan(), tvec![input])
                    .unwrap();
                assert_eq!(output[0].shape(), shape);
                let fact = of_last.output_facts(&[&f32::fact([2, 3, 7])]).unwrap();
                assert_eq!(fact[0].shape.as_concrete().unwrap(), shape);
                let plain = output[0].try_as_plain_ram().unwrap();
                let rows = values.chunks(length);
                for (actual, row) in plain.as_slice::<f32>().unwrap().iter().zip(rows) {
                    let expected = match summary {
                        Summary::Greatest => row.iter().copied().fold(f32::MIN, f32::max),
                        Summary::Mean => row.iter().sum::<f32>() / length as f32,
                    };
                    // Sums of the same in another order.
                    assert!((actual - expected).abs() < 1e-6, "{actual} for {expected}");
                }
            }
        }
        for axes in [&[0][..], &[0, 2], &[0, 1, 2], &[]] {
            assert_eq!(OfLast::of(Summary::Mean, axes, false, 3), None, "{axes:?}");
        }
    }
}
