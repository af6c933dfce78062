//! What the addon found, and what holds for all kernels.

use crate::values::Input;
use kernels::gemm::Precision;
use kernels::level::processor;
use napi_derive::napi;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static BFLOAT16: AtomicBool = AtomicBool::new(false);

/// What products multiply in now.
pub fn precision() -> Precision {
    if BFLOAT16.load(Relaxed) { Precision::Bfloat16 } else { Precision::Float32 }
}

/// The instructions in use: avx512bf16, avx512, avx2 or portable.
#[napi(catch_unwind)]
pub fn instructions() -> String {
    processor().name().to_owned()
}

/// Threads that compute.
#[napi(catch_unwind)]
pub fn threads() -> u32 {
    kernels::threads::thread_count() as u32
}

/// Asks for products in bfloat16 (or float32); returns whether they are so from now on.
#[napi(catch_unwind)]
pub fn use_bfloat16(wanted: bool) -> bool {
    let granted = wanted && processor().bfloat16;
    BFLOAT16.store(granted, Relaxed);
    granted
}

/// Bytes from the start of the array to the next cache line.
#[napi(catch_unwind)]
pub fn bytes_to_cache_line(array: Input<u8>) -> u32 {
    (array.bytes().start.wrapping_neg() % 64) as u32
}
