//! One float to one float, and two floats to one, with broadcasting.

use crate::broadcast::{Broadcast, PIECE, Run, for_runs};
use crate::math;
use crate::simd::Simd;

/// A function of one float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    Abs,
    Exp,
    Log,
    Sqrt,
    Rsqrt,
    Square,
    Neg,
    Erf,
    Tanh,
    Sigmoid,
    Relu,
    Relu6,
    Sign,
    Reciprocal,
    /// 1 above 0, `parameter` elsewhere, NaN for NaN.
    Step,
    /// x above 0, `parameter` · x elsewhere.
    LeakyRelu,
    Log1p,
    Expm1,
    Softplus,
}

#[inline(always)]
fn unary<S: Simd>(s: S, operation: Unary, parameter: f32, x: S::F) -> S::F {
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    match operation {
        Unary::Abs => s.abs(x),
        Unary::Exp => math::exp(s, x),
        Unary::Log => s.by_lane(x, f32::ln),
        Unary::Sqrt => s.sqrt(x),
        Unary::Rsqrt => s.div(one, s.sqrt(x)),
        Unary::Square => s.mul(x, x),
        Unary::Neg => s.mul(s.splat(-1.0), x),
        Unary::Erf => math::erf(s, x),
        Unary::Tanh => math::tanh(s, x),
        Unary::Sigmoid => math::sigmoid(s, x),
        Unary::Relu => s.max(zero, x),
        Unary::Relu6 => s.min(s.splat(6.0), s.max(zero, x)),
        Unary::Sign => s.select(s.lt(x, zero), s.splat(-1.0), s.select(s.lt(zero, x), one, zero)),
        Unary::Reciprocal => s.div(one, x),
        Unary::Step => s.select(s.lt(zero, x), one, s.select(s.le(x, zero), s.splat(parameter), x)),
        Unary::LeakyRelu => s.select(s.lt(x, zero), s.mul(x, s.splat(parameter)), x),
        Unary::Log1p => s.by_lane(x, f32::ln_1p),
        Unary::Expm1 => s.by_lane(x, f32::exp_m1),
        Unary::Softplus => s.by_lane(x, |x| x.max(0.0) + (-x.abs()).exp().ln_1p() + if x.is_nan() { x } else { 0.0 }),
    }
}

crate::simd! {
    fn map_piece<S>(s, operation: Unary, parameter: f32, x: &[f32], y: &mut [f32]) {
        // Each arm is its own loop: the operation is chosen once, not once a vector.
        macro_rules! each {
            ($($name:ident)*) => { match operation { $(Unary::$name => {
                for at in (0..x.len()).step_by(S::LANES) {
                    s.write(y, at, unary(s, Unary::$name, parameter, s.read(x, at)));
                }
            })* } };
        }
        each!(Abs Exp Log Sqrt Rsqrt Square Neg Erf Tanh Sigmoid Relu Relu6 Sign Reciprocal Step LeakyRelu Log1p Expm1 Softplus)
    }
}

/// y = f(x), element by element.
pub fn map(operation: Unary, parameter: f32, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "unary: lengths");
    crate::threads::parallel_parts(y, PIECE, |index, y| {
        let x = &x[index * PIECE..][..y.len()];
        map_piece(operation, parameter, x, y);
    });
}

/// A function of two floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binary {
    Add,
    Sub,
    Multiply,
    Divide,
    Maximum,
    Minimum,
    SquaredDifference,
}

#[inline(always)]
fn binary<S: Simd>(s: S, operation: Binary, a: S::F, b: S::F) -> S::F {
    match operation {
        Binary::Add => s.add(a, b),
        Binary::Sub => s.sub(a, b),
        Binary::Multiply => s.mul(a, b),
        Binary::Divide => s.div(a, b),
        // A NaN in b comes out as the second operand; a NaN in a is put back.
        Binary::Maximum => s.select(s.eq(a, a), s.max(a, b), a),
        Binary::Minimum => s.select(s.eq(a, a), s.min(a, b), a),
        Binary::SquaredDifference => {
            let difference = s.sub(a, b);
            s.mul(difference, difference)
        }
    }
}

impl Run<'_, f32> {
    #[inline(always)]
    fn read<S: Simd>(self, s: S, at: usize) -> S::F {
        match self {
            Run::Slice(x) => s.read(x, at),
            Run::Value(x) => s.splat(x),
        }
    }
}

crate::simd! {
    fn binary_run<S>(s, operation: Binary, a: Run<'_, f32>, b: Run<'_, f32>, y: &mut [f32]) {
        macro_rules! each {
            ($($name:ident)*) => { match operation { $(Binary::$name => {
                for at in (0..y.len()).step_by(S::LANES) {
                    s.write(y, at, binary(s, Binary::$name, a.read(s, at), b.read(s, at)));
                }
            })* } };
        }
        each!(Add Sub Multiply Divide Maximum Minimum SquaredDifference)
    }
}

/// y = f(a, b) with broadcasting.
pub fn combine(operation: Binary, layout: &Broadcast<'_>, a: &[f32], b: &[f32], y: &mut [f32]) {
    for_runs(layout, a, b, y, |a, b, y| binary_run(operation, a, b, y));
}
