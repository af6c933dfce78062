//! GELU (exact) and ReLU, alone and as what a product's epilogue does.

use crate::gemm::Precision;
use crate::math::{Closeness, gelu, gelu_slope};
use crate::simd::Simd;
use crate::threads::parallel_parts;

/// What follows a linear layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activation {
    Linear,
    Relu,
    Gelu,
}

/// How closely GELU follows from how closely the products are computed.
pub fn closeness(precision: Precision) -> Closeness {
    match precision {
        Precision::Float32 => Closeness::Float,
        Precision::Bfloat16 => Closeness::Half,
    }
}

#[inline(always)]
pub(crate) fn activate<S: Simd>(s: S, activation: Activation, closeness: Closeness, x: S::F) -> S::F {
    match activation {
        Activation::Linear => x,
        Activation::Relu => s.max(s.splat(0.0), x),
        Activation::Gelu => gelu(s, x, closeness),
    }
}

#[inline(always)]
pub(crate) fn slope<S: Simd>(s: S, activation: Activation, closeness: Closeness, x: S::F) -> S::F {
    match activation {
        Activation::Linear => s.splat(1.0),
        Activation::Relu => s.select(s.lt(s.splat(0.0), x), s.splat(1.0), s.splat(0.0)),
        Activation::Gelu => gelu_slope(s, x, closeness),
    }
}

crate::simd! {
    fn activate_piece<S>(s, activation: Activation, closeness: Closeness, x: &[f32], y: &mut [f32]) {
        for at in (0..x.len()).step_by(S::LANES) {
            s.write(y, at, activate(s, activation, closeness, s.read(x, at)));
        }
    }
}

crate::simd! {
    fn gradient_piece<S>(s, activation: Activation, closeness: Closeness, x: &[f32], dy: &[f32], dx: &mut [f32]) {
        for at in (0..x.len()).step_by(S::LANES) {
            s.write(dx, at, s.mul(s.read(dy, at), slope(s, activation, closeness, s.read(x, at))));
        }
    }
}

const PIECE: usize = 1 << 13;

/// y = activation(x).
pub fn forward(activation: Activation, precision: Precision, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "activation: lengths");
    parallel_parts(y, PIECE, |part, y| activate_piece(activation, closeness(precision), &x[part * PIECE..][..y.len()], y));
}

/// dx = dy · activation'(x).
pub fn gradient(activation: Activation, precision: Precision, x: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert!(x.len() == dy.len() && x.len() == dx.len(), "activation: lengths");
    parallel_parts(dx, PIECE, |part, dx| {
        let start = part * PIECE;
        gradient_piece(activation, closeness(precision), &x[start..][..dx.len()], &dy[start..][..dx.len()], dx);
    });
}
