//! A registry that stays empty, in place of the crate `inventory`, for the core alone.
//!
//! tract registers its transformations and kernels by that crate, from functions that run before all
//! else, and a linker keeps what such functions lead to. That was more than half of the core: every
//! operator there is, tract's own file format, its Fourier transforms. The core wires its few operators
//! itself (src/model/operators.rs) and asks for none of it.

#![no_std]
#![forbid(unsafe_code)]

use core::convert::Infallible;
use core::iter::Empty;
use core::marker::PhantomData;
use core::ops::Deref;

/// What can be registered.
pub trait Collect: 'static {}

#[macro_export]
macro_rules! collect {
    ($registered:ty) => {
        impl $crate::Collect for $registered {}
    };
}

/// Registers nothing.
#[macro_export]
macro_rules! submit {
    ($($registered:tt)*) => {};
}

/// All that is registered as `T`: both `iter::<T>` and `iter::<T>()` can be gone through.
#[allow(non_camel_case_types)]
pub enum Registered<T> {
    iter,
    #[doc(hidden)]
    Of(PhantomData<T>, Infallible),
}

pub use Registered::iter;

impl<T: Collect> IntoIterator for Registered<T> {
    type Item = &'static T;
    type IntoIter = Empty<&'static T>;

    fn into_iter(self) -> Self::IntoIter {
        core::iter::empty()
    }
}

impl<T: Collect> Deref for Registered<T> {
    type Target = fn() -> Empty<&'static T>;

    fn deref(&self) -> &Self::Target {
        &(core::iter::empty as fn() -> Empty<&'static T>)
    }
}
