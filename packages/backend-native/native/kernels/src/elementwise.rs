//! One float to one float, and two floats to one, with broadcasting.

use crate::math;
use crate::product;
use crate::simd::Simd;
use crate::threads::{Parts, parallel};

/// Floats that one piece of a loop handles: small enough to share out, large enough to be worth it.
const PIECE: usize = 1 << 14;

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
    assert_eq!(x.len(), y.len());
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

/// A comparison of two floats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
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

#[inline(always)]
fn compare<S: Simd>(s: S, comparison: Comparison, a: S::F, b: S::F) -> u32 {
    match comparison {
        Comparison::Equal => s.bits(s.eq(a, b)),
        Comparison::NotEqual => !s.bits(s.eq(a, b)),
        Comparison::Greater => s.bits(s.lt(b, a)),
        Comparison::GreaterEqual => s.bits(s.le(b, a)),
        Comparison::Less => s.bits(s.lt(a, b)),
        Comparison::LessEqual => s.bits(s.le(a, b)),
    }
}

/// A run of an operand: a slice, or one value for all.
#[derive(Clone, Copy)]
enum Run<'a> {
    Slice(&'a [f32]),
    Value(f32),
}

impl Run<'_> {
    #[inline(always)]
    fn read<S: Simd>(self, s: S, at: usize) -> S::F {
        match self {
            Run::Slice(x) => s.read(x, at),
            Run::Value(x) => s.splat(x),
        }
    }
}

crate::simd! {
    fn binary_run<S>(s, operation: Binary, a: Run<'_>, b: Run<'_>, y: &mut [f32]) {
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

crate::simd! {
    fn compare_run<S>(s, comparison: Comparison, a: Run<'_>, b: Run<'_>, y: &mut [u8]) {
        for at in (0..y.len()).step_by(S::LANES) {
            let count = S::LANES.min(y.len() - at);
            let bits = compare(s, comparison, a.read(s, at), b.read(s, at));
            for (lane, value) in y[at..at + count].iter_mut().enumerate() {
                *value = (bits >> lane & 1) as u8;
            }
        }
    }
}

/// How two operands meet: `shape` of the result without merged axes, and each operand's stride along it (0 where it is repeated).
pub struct Broadcast<'a> {
    pub shape: &'a [usize],
    pub a: &'a [usize],
    pub b: &'a [usize],
}

impl Broadcast<'_> {
    /// Checks that all offsets lie inside operands of these lengths and that the innermost strides are 0 or 1.
    fn check(&self, a: usize, b: usize, y: usize) {
        let rank = self.shape.len();
        assert!(rank == self.a.len() && rank == self.b.len(), "broadcast: ranks differ");
        assert_eq!(product(self.shape), y, "broadcast: length of the result");
        if y == 0 {
            return;
        }
        let last =
            |strides: &[usize]| self.shape.iter().zip(strides).map(|(&size, &stride)| (size as u128 - 1) * stride as u128).sum::<u128>();
        assert!(last(self.a) < a as u128 && last(self.b) < b as u128, "broadcast: an operand is too short");
        assert!(rank == 0 || (self.a[rank - 1] <= 1 && self.b[rank - 1] <= 1), "broadcast: innermost stride");
    }

    /// Offsets of both operands at the start of run `index` (a run is the innermost axis).
    fn offsets(&self, mut index: usize) -> (usize, usize) {
        let (mut a, mut b) = (0, 0);
        for axis in (0..self.shape.len().saturating_sub(1)).rev() {
            let coordinate = index % self.shape[axis];
            index /= self.shape[axis];
            a += coordinate * self.a[axis];
            b += coordinate * self.b[axis];
        }
        (a, b)
    }
}

/// `count` values of an operand from `offset` on, or one value where its stride is 0.
fn run_of(x: &[f32], offset: usize, stride: usize, count: usize) -> Run<'_> {
    if stride == 0 { Run::Value(x[offset]) } else { Run::Slice(&x[offset..offset + count]) }
}

/// Calls `run(a, b, part of y)` for pieces of all runs.
fn for_runs<T: Send>(layout: &Broadcast<'_>, a: &[f32], b: &[f32], y: &mut [T], run: impl Fn(Run<'_>, Run<'_>, &mut [T]) + Sync) {
    layout.check(a.len(), b.len(), y.len());
    if y.is_empty() {
        return;
    }
    let length = layout.shape.last().copied().unwrap_or(1);
    let strides = (layout.a.last().copied().unwrap_or(0), layout.b.last().copied().unwrap_or(0));
    // Part of run `index`, from its element `from` on.
    let visit = |index: usize, from: usize, y: &mut [T]| {
        let (at_a, at_b) = layout.offsets(index);
        run(run_of(a, at_a + from * strides.0, strides.0, y.len()), run_of(b, at_b + from * strides.1, strides.1, y.len()), y);
    };
    if length >= PIECE {
        // Long runs are cut: each job has a piece of one run.
        let pieces = length.div_ceil(PIECE);
        let (runs, parts) = (y.len() / length, Parts::new(y, length));
        parallel(runs * pieces, |job| {
            let (index, from) = (job / pieces, job % pieces * PIECE);
            let to = (from + PIECE).min(length);
            // SAFETY: the pieces of different jobs do not overlap.
            visit(index, from, unsafe { parts.range(index * length + from, index * length + to) });
        });
    } else {
        // Short runs are bundled: each job has some whole runs.
        let bundle = (PIECE / length).max(1);
        crate::threads::parallel_parts(y, bundle * length, |index, part| {
            for (run, y) in part.chunks_mut(length).enumerate() {
                visit(index * bundle + run, 0, y);
            }
        });
    }
}

/// y = f(a, b) with broadcasting.
pub fn combine(operation: Binary, layout: &Broadcast<'_>, a: &[f32], b: &[f32], y: &mut [f32]) {
    for_runs(layout, a, b, y, |a, b, y| binary_run(operation, a, b, y));
}

/// y = 1 where the comparison holds, else 0.
pub fn test(comparison: Comparison, layout: &Broadcast<'_>, a: &[f32], b: &[f32], y: &mut [u8]) {
    for_runs(layout, a, b, y, |a, b, y| compare_run(comparison, a, b, y));
}
