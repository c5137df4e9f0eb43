//! Two numbers of double precision at a time.

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{f64x2, f64x2_add, f64x2_extract_lane, f64x2_mul, f64x2_splat, v128};

#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy)]
pub struct Pair(v128);

#[cfg(target_arch = "wasm32")]
impl Pair {
    pub const ZERO: Self = Self(f64x2(0.0, 0.0));

    #[inline(always)]
    pub fn new(first: f64, second: f64) -> Self {
        Self(f64x2(first, second))
    }

    #[inline(always)]
    pub fn splat(value: f64) -> Self {
        Self(f64x2_splat(value))
    }

    #[inline(always)]
    pub fn to_array(self) -> [f64; 2] {
        [
            f64x2_extract_lane::<0>(self.0),
            f64x2_extract_lane::<1>(self.0),
        ]
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(f64x2_add(self.0, other.0))
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(f64x2_mul(self.0, other.0))
    }

    /// `self + a · b`, rounded once where relaxed SIMD may.
    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        use core::arch::wasm32::f64x2_relaxed_madd;

        #[cfg(target_feature = "relaxed-simd")]
        return Self(f64x2_relaxed_madd(a.0, b.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        Self(f64x2_add(self.0, f64x2_mul(a.0, b.0)))
    }
}

#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy)]
pub struct Pair([f64; 2]);

#[cfg(not(target_arch = "wasm32"))]
impl Pair {
    pub const ZERO: Self = Self([0.0; 2]);

    #[inline(always)]
    pub fn new(first: f64, second: f64) -> Self {
        Self([first, second])
    }

    #[inline(always)]
    pub fn splat(value: f64) -> Self {
        Self([value; 2])
    }

    #[inline(always)]
    pub fn to_array(self) -> [f64; 2] {
        self.0
    }

    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] * other.0[lane]))
    }

    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            self.0[lane] + a.0[lane] * b.0[lane]
        }))
    }
}
