//! The arithmetic of `@ssl-vit/backend-native`: functions on slices of numbers. Shapes are checked here too, by panics that the
//! binding turns into JavaScript errors; no function reads or writes outside the slices it was given.

pub mod activation;
pub mod attention;
pub mod attention_block;
pub mod block;
pub mod broadcast;
pub mod cast;
pub mod comparison;
pub mod convolution;
pub mod elementwise;
pub mod gather;
pub mod gemm;
pub mod integer;
pub mod layer_norm;
pub mod level;
pub mod linear;
pub mod logic;
mod math;
mod matrix;
pub mod mlp_block;
pub mod optimizer;
pub mod ranking;
pub mod reduce;
pub mod residual;
pub mod resize;
pub mod scan;
mod scratch;
pub mod select;
pub mod simd;
pub mod softmax;
pub mod strided;
pub mod threads;

/// The product of sizes that come from outside. Panics where it does not fit, so that a check of lengths cannot be passed by wrapping around.
pub(crate) fn product(sizes: &[usize]) -> usize {
    sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size)).expect("sizes: their product is too large")
}
