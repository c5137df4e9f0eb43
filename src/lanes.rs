//! Four numbers at a time, as WebAssembly has them.

mod number;
mod pair;

use std::ops::{Add, Mul, Sub};

pub use pair::Pair;

#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::{
    f32x4, f32x4_abs, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_pmax, f32x4_pmin,
    f32x4_splat, f32x4_sub, i32x4_shuffle, v128,
};

/// How many.
pub const LANES: usize = 4;

#[cfg(target_arch = "wasm32")]
type Vector = v128;
#[cfg(not(target_arch = "wasm32"))]
type Vector = [f32; LANES];

#[derive(Clone, Copy)]
pub struct Lanes(Vector);

#[cfg(target_arch = "wasm32")]
impl Lanes {
    pub const ZERO: Self = Self(f32x4(0.0, 0.0, 0.0, 0.0));

    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self(f32x4_splat(value))
    }

    /// The first four of `values`.
    #[inline(always)]
    pub fn load(values: &[f32]) -> Self {
        let values = &values[..LANES];
        Self(f32x4(values[0], values[1], values[2], values[3]))
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; LANES] {
        [
            f32x4_extract_lane::<0>(self.0),
            f32x4_extract_lane::<1>(self.0),
            f32x4_extract_lane::<2>(self.0),
            f32x4_extract_lane::<3>(self.0),
        ]
    }

    /// `self + a · b`, rounded once where relaxed SIMD may.
    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(core::arch::wasm32::f32x4_relaxed_madd(a.0, b.0, self.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(f32x4_abs(self.0))
    }

    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        Self(f32x4_pmax(self.0, other.0))
    }

    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        Self(f32x4_pmin(self.0, other.0))
    }

    /// The first of each in the first, and so on.
    #[inline(always)]
    pub fn transposed([a, b, c, d]: [Self; LANES]) -> [Self; LANES] {
        let (ab, cd) = (
            i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0),
            i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0),
        );
        let (ab_rest, cd_rest) = (
            i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0),
            i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0),
        );
        [
            Self(i32x4_shuffle::<0, 1, 4, 5>(ab, cd)),
            Self(i32x4_shuffle::<2, 3, 6, 7>(ab, cd)),
            Self(i32x4_shuffle::<0, 1, 4, 5>(ab_rest, cd_rest)),
            Self(i32x4_shuffle::<2, 3, 6, 7>(ab_rest, cd_rest)),
        ]
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Lanes {
    pub const ZERO: Self = Self([0.0; LANES]);

    #[inline(always)]
    pub fn splat(value: f32) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    pub fn load(values: &[f32]) -> Self {
        let values = &values[..LANES];
        Self([values[0], values[1], values[2], values[3]])
    }

    #[inline(always)]
    pub fn to_array(self) -> [f32; LANES] {
        self.0
    }

    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            self.0[lane] + a.0[lane] * b.0[lane]
        }))
    }

    #[inline(always)]
    pub fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    pub fn max(self, other: Self) -> Self {
        self.each(other, larger)
    }

    #[inline(always)]
    pub fn min(self, other: Self) -> Self {
        self.each(other, |a, b| if b < a { b } else { a })
    }

    #[inline(always)]
    pub fn transposed(rows: [Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|lane| Self(rows.map(|row| row.0[lane])))
    }
}

macro_rules! operator {
    ($name:ident, $method:ident, $vectors:path) => {
        impl $name for Lanes {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                #[cfg(target_arch = "wasm32")]
                return Self($vectors(self.0, other.0));
                #[cfg(not(target_arch = "wasm32"))]
                self.each(other, $name::$method)
            }
        }
    };
}

operator!(Add, add, f32x4_add);
operator!(Sub, sub, f32x4_sub);
operator!(Mul, mul, f32x4_mul);

impl Lanes {
    /// `operation` on the numbers of each lane.
    #[inline(always)]
    fn each(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        let (a, b) = (self.to_array(), other.to_array());
        let lanes: [f32; LANES] = std::array::from_fn(|lane| operation(a[lane], b[lane]));
        Self::load(&lanes)
    }

    #[inline(always)]
    pub fn store(self, values: &mut [f32]) {
        values[..LANES].copy_from_slice(&self.to_array());
    }
}

/// Sum of products of two slices, as long as the shorter; in lanes, since processors add in parallel
/// what need not be added in order.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let length = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (
        a[..length].as_chunks::<LANES>(),
        b[..length].as_chunks::<LANES>(),
    );
    let ((a, a_last), (b, b_last)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    // Several, so that a sum need not wait for the one before.
    let mut sums = [Lanes::ZERO; 4];
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum = sum.mul_add(Lanes::load(a), Lanes::load(b));
        }
    }
    for (a, b) in a_last.iter().zip(b_last) {
        sums[0] = sums[0].mul_add(Lanes::load(a), Lanes::load(b));
    }
    let [first, second, third, fourth] = ((sums[0] + sums[1]) + (sums[2] + sums[3])).to_array();
    let mut sum = (first + third) + (second + fourth);
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += a * b;
    }
    sum
}

/// Puts what each lane of the columns holds into a row of its own, of the columns' number or longer.
pub fn turn(columns: usize, column: impl Fn(usize) -> Lanes, mut rows: [&mut [f32]; LANES]) {
    let whole = columns - columns % LANES;
    for first in (0..whole).step_by(LANES) {
        let turned = Lanes::transposed(std::array::from_fn(|at| column(first + at)));
        for (row, turned) in rows.iter_mut().zip(turned) {
            turned.store(&mut row[first..]);
        }
    }
    for at in whole..columns {
        for (row, value) in rows.iter_mut().zip(column(at).to_array()) {
            row[at] = value;
        }
    }
}

/// Parts of the same length.
pub fn quarters<T>(values: &mut [T]) -> [&mut [T]; 4] {
    let quarter = values.len() / 4;
    let (first, rest) = values.split_at_mut(quarter);
    let (second, rest) = rest.split_at_mut(quarter);
    let (third, fourth) = rest.split_at_mut(quarter);
    [first, second, third, fourth]
}

/// The larger of two numbers. `f32::max` asks for NaN as well, which is a call where there is no instruction
/// for it.
#[inline(always)]
pub fn larger(a: f32, b: f32) -> f32 {
    if a < b { b } else { a }
}

/// The largest magnitude; not finite where a number is not. Magnitudes are in the order of their bits,
/// and processors compare many whole numbers at once.
pub fn loudest(values: &[f32]) -> f32 {
    let bits = values.iter().map(|value| value.abs().to_bits());
    f32::from_bits(bits.fold(0, u32::max))
}

/// The largest magnitude of every sixteen, and of what remains of them at the end.
pub fn loudest_of_sixteens(values: &[f32]) -> Vec<f32> {
    const SIXTEEN: usize = LANES * LANES;
    let (quartets, rest) = values.as_chunks::<{ LANES * SIXTEEN }>();
    let mut loudest_of = vec![0.0; LANES * quartets.len()];
    let (loudest_of_quartets, _) = loudest_of.as_chunks_mut::<LANES>();
    for (quartet, loudest_of) in quartets.iter().zip(loudest_of_quartets) {
        let rows = std::array::from_fn(|row| {
            let of = |at: usize| Lanes::load(&quartet[SIXTEEN * row + LANES * at..]).abs();
            of(0).max(of(1)).max(of(2).max(of(3)))
        });
        let [a, b, c, d] = Lanes::transposed(rows);
        a.max(b).max(c.max(d)).store(loudest_of);
    }
    loudest_of.extend(rest.chunks(SIXTEEN).map(loudest));
    loudest_of
}

/// The lowest and the highest of all `values` and zero.
pub fn extremes<'a>(values: impl IntoIterator<Item = &'a [f32]>) -> (f32, f32) {
    // Twice as many as one slice needs, so that a comparison need not wait for the one before.
    let (mut low, mut high) = ([Lanes::ZERO; 2], [Lanes::ZERO; 2]);
    let (mut lowest, mut highest) = (0.0_f32, 0.0_f32);
    for values in values {
        let (pairs, rest) = values.as_chunks::<{ 2 * LANES }>();
        for pair in pairs {
            let (first, second) = (Lanes::load(pair), Lanes::load(&pair[LANES..]));
            low = [low[0].min(first), low[1].min(second)];
            high = [high[0].max(first), high[1].max(second)];
        }
        for &value in rest {
            (lowest, highest) = (lowest.min(value), highest.max(value));
        }
    }
    let [low, high] = [low[0].min(low[1]), high[0].max(high[1])].map(Lanes::to_array);
    (
        low.into_iter()
            .fold(lowest, |a, b| if b < a { b } else { a }),
        high.into_iter().fold(highest, larger),
    )
}

/// The same of each of four stretches that follow each other: `slices` are as long as the four together.
pub fn extremes_of_four<'a>(slices: impl IntoIterator<Item = &'a [f32]>) -> [(f32, f32); LANES] {
    let (mut low, mut high) = ([Lanes::ZERO; LANES], [Lanes::ZERO; LANES]);
    for slice in slices {
        let stretches = slice.chunks_exact(slice.len() / LANES);
        for (stretch, (low, high)) in stretches.zip(low.iter_mut().zip(&mut high)) {
            for values in stretch.as_chunks::<LANES>().0 {
                let values = Lanes::load(values);
                (*low, *high) = (low.min(values), high.max(values));
            }
        }
    }
    let ([a, b, c, d], [e, f, g, h]) = (Lanes::transposed(low), Lanes::transposed(high));
    let low = a.min(b).min(c.min(d)).to_array();
    let high = e.max(f).max(g.max(h)).to_array();
    std::array::from_fn(|stretch| (low[stretch], high[stretch]))
}
