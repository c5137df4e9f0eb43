//! A function of every value, one by one.

use tract_onnx::tract_hir::internal::*;

/// From any shape to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    Exponential,
    Logarithm,
    /// `1 / (1 + e⁻ˣ)`
    Logistic,
}

impl Curve {
    fn at(self, value: f32) -> f32 {
        match self {
            Self::Exponential => value.exp(),
            Self::Logarithm => value.ln(),
            Self::Logistic => 1.0 / (1.0 + (-value).exp()),
        }
    }
}

impl Op for Curve {
    fn name(&self) -> StaticName {
        "Curve".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Curve {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        Ok(tvec![f32::fact(inputs[0].shape.to_tvec())])
    }

    as_op!();
}

impl EvalOp for Curve {
    op_out_of_plan!();

    fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let mut tensor = inputs.remove(0).into_tensor();
        for value in tensor.try_as_plain_ram_mut()?.as_slice_mut::<f32>()? {
            *value = self.at(*value);
        }
        Ok(tvec![tensor.into_tvalue()])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
    #[cfg_attr(not(target_arch = "wasm32"), test)]
    fn every_value_is_put_on_the_curve() {
        let values = [-200.0, -3.5, -0.25, 0.0, 0.7, 20.0, 88.0_f32];
        for curve in [Curve::Exponential, Curve::Logarithm, Curve::Logistic] {
            let input = Tensor::from_shape(&[1, 7], &values).unwrap().into_tvalue();
            let output = curve
                .eval(&EvalContext::out_of_plan(), tvec![input])
                .unwrap();
            assert_eq!(output[0].shape(), [1, 7]);
            let plain = output[0].try_as_plain_ram().unwrap();
            for (actual, value) in plain.as_slice::<f32>().unwrap().iter().zip(values) {
                let value = f64::from(value);
                let exact = match curve {
                    Curve::Exponential => value.exp(),
                    Curve::Logarithm => value.ln(),
                    Curve::Logistic => 1.0 / (1.0 + (-value).exp()),
                } as f32;
                // A logarithm of what is negative is no number, of zero minus infinity.
                let same = actual.is_nan() && exact.is_nan() || *actual == exact;
                let close = (actual - exact).abs() <= 1e-6 * exact.abs();
                assert!(same || close, "{curve:?} at {value}: {actual} for {exact}");
            }
        }
    }
}
