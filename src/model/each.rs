//! Arithmetic with a constant, one number for each value along an axis or the same for all.

use std::sync::Arc;

use tract_onnx::tract_hir::internal::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Plus,
    Times,
    AtLeast,
}

/// From any shape to the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    arithmetic: Arithmetic,
    constant: Arc<[f32]>,
    /// Along which the constant goes, counted from the end.
    axes_after: usize,
}

impl Eq for Each {}

impl Each {
    /// `None` where `constant` has more than one axis that is longer than 1, or makes `value` larger.
    pub fn of(arithmetic: Arithmetic, value: &TypedFact, constant: &Tensor) -> Option<Self> {
        let shape = constant.shape();
        let axis = shape
            .iter()
            .rposition(|&size| size != 1)
            .unwrap_or_default();
        let axes_after = shape.len().saturating_sub(axis + 1);
        let fits = match constant.len() {
            1 => shape.len() <= value.rank(),
            length => {
                let along = value.rank().checked_sub(axes_after + 1)?;
                shape.get(axis) == Some(&length)
                    && value.shape.get(along) == Some(&length.to_dim())
                    && shape.len() <= value.rank()
            }
        };
        let plain = constant.try_as_plain_ram().ok()?;
        let numbers = plain.as_slice::<f32>().ok()?;
        (fits && value.datum_type == f32::datum_type()).then(|| Self {
            arithmetic,
            constant: numbers.into(),
            axes_after,
        })
    }

    fn compute(&self, values: &mut [f32], alike: usize) {
        match self.arithmetic {
            Arithmetic::Plus => self.apply(values, alike, |value, number| value + number),
            Arithmetic::Times => self.apply(values, alike, |value, number| value * number),
            // Not by `f32::max`, which is a call in wasm; what is not a number stays none.
            Arithmetic::AtLeast => {
                self.apply(
                    values,
                    alike,
                    |value, number| {
                        if value < number { number } else { value }
                    },
                )
            }
        }
    }

    /// `alike` values in a row have the same number.
    #[inline(always)]
    fn apply(&self, values: &mut [f32], alike: usize, operation: impl Fn(f32, f32) -> f32) {
        if let &[number] = &*self.constant {
            values
                .iter_mut()
                .for_each(|value| *value = operation(*value, number));
        } else if alike == 1 {
            for row in values.chunks_exact_mut(self.constant.len()) {
                for (value, &number) in row.iter_mut().zip(&*self.constant) {
                    *value = operation(*value, number);
                }
            }
        } else {
            let numbers = self.constant.iter().cycle();
            for (row, &number) in values.chunks_exact_mut(alike.max(1)).zip(numbers) {
                row.iter_mut()
                    .for_each(|value| *value = operation(*value, number));
            }
        }
    }
}

impl Op for Each {
    fn name(&self) -> StaticName {
        "Each".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Each {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec![f32::fact(inputs[0].shape.to_tvec())])
    }

    as_op!();
}

impl EvalOp for Each {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut tensor = inputs.remove(0).into_tensor();
        let shape = tensor.shape();
        let alike = shape[shape.len() - self.axes_after..].iter().product();
        self.compute(tensor.try_as_plain_ram_mut()?.as_slice_mut::<f32>()?, alike);
        Ok(tvec![tensor.into_tvalue()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_constant_goes_along_its_axis_as_broadcasting_has_it() {
        let values: Vec<f32> = (0..24).map(|value| value as f32).collect();
        for shape in [
            vec![1, 3, 1],
            vec![3, 1],
            vec![4],
            vec![1, 1, 4],
            vec![2, 1, 1],
            vec![1],
            vec![],
        ] {
            let count = shape.iter().product();
            let numbers: Vec<f32> = (0..count)
                .map(|number| 100.0 * number as f32 + 100.0)
                .collect();
            let constant = Tensor::from_shape(&shape, &numbers).unwrap();
            let each = Each::of(Arithmetic::Plus, &f32::fact([2, 3, 4]), &constant).unwrap();
            let value = Tensor::from_shape(&[2, 3, 4], &values).unwrap();
            let output = each
                .eval(&EvalContext::out_of_plan(), tvec![value.into_tvalue()])
                .unwrap();
            let plain = output[0].try_as_plain_ram().unwrap();
            let full: Vec<usize> = [&[1; 3][shape.len()..], &shape].concat();
            let expected: Vec<f32> = (0..24)
                .map(|at| {
                    let place = [at / 12, at / 4 % 3, at % 4];
                    let index = (0..3).fold(0, |index, axis| {
                        index * full[axis] + place[axis] % full[axis]
                    });
                    values[at] + numbers[index]
                })
                .collect();
            assert_eq!(plain.as_slice::<f32>().unwrap(), expected, "{shape:?}");
        }
    }

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn a_constant_of_two_axes_or_a_larger_one_is_left_to_others() {
        for shape in [vec![2, 3, 1], vec![5], vec![1, 2, 3, 4], vec![1, 2, 1]] {
            let constant = Tensor::zero::<f32>(&shape).unwrap();
            assert_eq!(
                Each::of(Arithmetic::Times, &f32::fact([2, 3, 4]), &constant),
                None
            );
        }
        let constant = Tensor::zero::<f32>(&[4]).unwrap();
        assert_eq!(
            Each::of(Arithmetic::Times, &f32::fact([2, 3, 1]), &constant),
            None
        );
    }
}
