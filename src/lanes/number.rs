//! Lanes as a number: what rustfft asks of those it transforms.

use std::fmt;
use std::ops::{Div, Neg, Rem};

use rustfft::num_traits::{FromPrimitive, Num, One, Signed, Zero};

use super::Lanes;

impl fmt::Debug for Lanes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_array().fmt(formatter)
    }
}

impl PartialEq for Lanes {
    fn eq(&self, other: &Self) -> bool {
        self.to_array() == other.to_array()
    }
}

impl Neg for Lanes {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Div for Lanes {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        self.each(other, f32::div)
    }
}

impl Rem for Lanes {
    type Output = Self;

    fn rem(self, other: Self) -> Self {
        self.each(other, f32::rem)
    }
}

impl Zero for Lanes {
    fn zero() -> Self {
        Self::ZERO
    }

    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl One for Lanes {
    fn one() -> Self {
        Self::splat(1.0)
    }
}

impl Num for Lanes {
    type FromStrRadixErr = <f32 as Num>::FromStrRadixErr;

    fn from_str_radix(digits: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        f32::from_str_radix(digits, radix).map(Self::splat)
    }
}

impl Signed for Lanes {
    fn abs(&self) -> Self {
        Self::abs(*self)
    }

    fn abs_sub(&self, other: &Self) -> Self {
        (*self - *other).max(Self::ZERO)
    }

    fn signum(&self) -> Self {
        self.each(*self, |value, _| value.signum())
    }

    fn is_positive(&self) -> bool {
        self.to_array().iter().all(|value| value.is_sign_positive())
    }

    fn is_negative(&self) -> bool {
        self.to_array().iter().all(|value| value.is_sign_negative())
    }
}

impl FromPrimitive for Lanes {
    fn from_i64(value: i64) -> Option<Self> {
        Some(Self::splat(value as f32))
    }

    fn from_u64(value: u64) -> Option<Self> {
        Some(Self::splat(value as f32))
    }

    fn from_f64(value: f64) -> Option<Self> {
        Some(Self::splat(value as f32))
    }
}
