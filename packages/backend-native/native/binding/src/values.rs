//! Typed arrays, borrowed for the length of one call. Everything that JavaScript hands over is checked here: its type when it is
//! converted, its length by the kernels, and that a result shares no byte with anything else by `exclusive`.

use napi::bindgen_prelude::{FromNapiValue, TypeName, ValueType};
use napi::{Error, Result, Status, sys};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Range};

/// An element type of a typed array.
pub trait Item: Copy {
    const KIND: sys::napi_typedarray_type;
    const NAME: &'static str;
}

impl Item for f32 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::float32_array;
    const NAME: &'static str = "Float32Array";
}

impl Item for i32 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::int32_array;
    const NAME: &'static str = "Int32Array";
}

impl Item for u8 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::uint8_array;
    const NAME: &'static str = "Uint8Array";
}

/// Where a typed array's elements are.
///
/// # Safety
/// `value` must be a value of `env`.
unsafe fn elements<T: Item>(env: sys::napi_env, value: sys::napi_value) -> Result<(*mut T, usize)> {
    let wrong = || Error::new(Status::InvalidArg, format!("[@ssl-vit/backend-native] argument: expected a {}", T::NAME));
    let (mut kind, mut length, mut data, mut buffer) = (0, 0, std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: plain Node-API calls with valid places for the results; a value that is no typed array gives a status.
    let status = unsafe { sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, &mut buffer, std::ptr::null_mut()) };
    if status != sys::Status::napi_ok || kind != T::KIND {
        return Err(wrong());
    }
    // Another thread may write to shared memory during the call: then not even a check of indices holds.
    let mut own = false;
    // SAFETY: as above; a SharedArrayBuffer is not an ArrayBuffer.
    if unsafe { sys::napi_is_arraybuffer(env, buffer, &mut own) } != sys::Status::napi_ok || !own {
        return Err(refuse("argument: expected memory of this thread, received a SharedArrayBuffer's. Copy the array (slice)"));
    }
    // An empty or detached array has no elements, and may have no address.
    if data.is_null() || length == 0 {
        return Ok((std::ptr::NonNull::dangling().as_ptr(), 0));
    }
    let start = data.cast::<T>();
    // JavaScript aligns an array within its buffer; where the buffer begins is up to whoever made it (another addon, for one).
    if !start.is_aligned() {
        return Err(refuse(format_args!("argument: expected a {} at a multiple of {} bytes", T::NAME, align_of::<T>())));
    }
    Ok((start, length))
}

macro_rules! typed_array {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        pub struct $name<T> {
            start: *mut T,
            length: usize,
            kind: PhantomData<T>,
        }

        impl<T: Item> FromNapiValue for $name<T> {
            unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
                // SAFETY: the caller passes a value of this environment.
                let (start, length) = unsafe { elements(env, value)? };
                Ok(Self { start, length, kind: PhantomData })
            }
        }

        impl<T> TypeName for $name<T> {
            fn type_name() -> &'static str {
                "TypedArray"
            }
            fn value_type() -> ValueType {
                ValueType::Object
            }
        }

        impl<T> $name<T> {
            /// The addresses of its bytes.
            pub fn bytes(&self) -> Range<usize> {
                let start = self.start as usize;
                start..start + self.length * size_of::<T>()
            }
        }

        impl<T> Deref for $name<T> {
            type Target = [T];
            fn deref(&self) -> &[T] {
                // SAFETY: the array is alive for the call (it is one of its arguments); nothing else of this thread's JavaScript runs
                // meanwhile and no other thread has its memory, so nothing writes to it, detaches it or shrinks it; no result of the
                // call overlaps it (`exclusive`).
                unsafe { std::slice::from_raw_parts(self.start, self.length) }
            }
        }
    };
}

typed_array! {
    /// An array that is read.
    Input
}

typed_array! {
    /// An array that is written.
    Output
}

impl<T> DerefMut for Output<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as for reading; `exclusive` has shown that no other argument shares its bytes.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.length) }
    }
}

/// An error unless no result shares bytes with another argument.
pub fn exclusive(results: &[Range<usize>], inputs: &[Range<usize>]) -> Result<()> {
    let meet = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end && !a.is_empty() && !b.is_empty();
    let clash =
        results.iter().enumerate().any(|(index, result)| inputs.iter().chain(&results[index + 1..]).any(|other| meet(result, other)));
    if clash {
        Err(refuse("results: expected memory of their own, received an array that shares its bytes with another argument"))
    } else {
        Ok(())
    }
}

/// An error about the arguments.
pub fn refuse(message: impl std::fmt::Display) -> Error {
    Error::new(Status::InvalidArg, format!("[@ssl-vit/backend-native] {message}"))
}

/// `exclusive!([results], [inputs])`: returns with an error unless the results have memory of their own.
#[macro_export]
macro_rules! exclusive {
    ([$($result:expr),* $(,)?], [$($input:expr),* $(,)?]) => {
        $crate::values::exclusive(&[$($crate::values::Spans::span(&$result)),*], &[$($crate::values::Spans::span(&$input)),*])?
    };
}

/// Arrays, and arrays that may be missing.
pub trait Spans {
    fn span(&self) -> Range<usize>;
}

impl<T> Spans for Input<T> {
    fn span(&self) -> Range<usize> {
        self.bytes()
    }
}

impl<T> Spans for Output<T> {
    fn span(&self) -> Range<usize> {
        self.bytes()
    }
}

impl<A: Spans> Spans for Option<A> {
    fn span(&self) -> Range<usize> {
        self.as_ref().map_or(0..0, Spans::span)
    }
}
