//! Functions of a real variable, on vectors. Errors are against float64, over all floats in the range named.

use crate::simd::Simd;

/// e^x: relative error 2e-7; infinity beyond the range of floats, and 0 below the smallest normal one: the processor is a hundred times
/// slower at what lies between.
#[inline(always)]
pub fn exp<S: Simd>(s: S, x: S::F) -> S::F {
    exp_above(s, -87.336_54, x)
}

/// e^x, and 0 for x below `least`, which is at least -87.33654.
#[inline(always)]
pub fn exp_above<S: Simd>(s: S, least: f32, x: S::F) -> S::F {
    let below = s.lt(x, s.splat(least));
    // e^x = 2^n · e^r with |r| ≤ ln 2 / 2. min and max keep a NaN, which is their second operand.
    let x = s.max(s.splat(-110.0), s.min(s.splat(90.0), x));
    let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
    // ln 2 in two parts, the first exact in few bits, so that n times it is exact.
    let r = s.fma(n, s.splat(-0.693_359_4), x);
    let r = s.fma(n, s.splat(2.121_944_4e-4), r);
    // Taylor's series; the seventh-order rest is below 2e-7 · 0.1 here.
    let p = s.fma(r, s.splat(1.0 / 5040.0), s.splat(1.0 / 720.0));
    let p = s.fma(p, r, s.splat(1.0 / 120.0));
    let p = s.fma(p, r, s.splat(1.0 / 24.0));
    let p = s.fma(p, r, s.splat(1.0 / 6.0));
    let p = s.fma(p, r, s.splat(0.5));
    let p = s.fma(p, r, s.splat(1.0));
    s.select(below, s.splat(0.0), s.scale(s.fma(p, r, s.splat(1.0)), n))
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat(1.0);
    s.div(one, s.add(one, exp(s, s.sub(s.splat(0.0), x))))
}

/// tanh x: absolute error 2e-7, relative error 3e-7 near 0.
#[inline(always)]
pub fn tanh<S: Simd>(s: S, x: S::F) -> S::F {
    let one = s.splat(1.0);
    // Away from 0: 1 - 2 / (e^2x + 1).
    let far = s.sub(one, s.div(s.splat(2.0), s.add(exp(s, s.add(x, x)), one)));
    // Near 0: x - x³/3 + 2x⁵/15 - 17x⁷/315 + 62x⁹/2835 - 1382x¹¹/155925.
    let t = s.mul(x, x);
    let p = s.fma(t, s.splat(-1382.0 / 155_925.0), s.splat(62.0 / 2835.0));
    let p = s.fma(p, t, s.splat(-17.0 / 315.0));
    let p = s.fma(p, t, s.splat(2.0 / 15.0));
    let p = s.fma(p, t, s.splat(-1.0 / 3.0));
    let near = s.fma(s.mul(p, t), x, x);
    s.select(s.lt(s.abs(x), s.splat(0.45)), near, far)
}

/// erf x = 2 Φ(x √2) - 1: absolute error 5e-7.
#[inline(always)]
pub fn erf<S: Simd>(s: S, x: S::F) -> S::F {
    let phi = centered_normal_cdf(s, s.mul(x, s.splat(std::f32::consts::SQRT_2)));
    s.add(phi, phi)
}

/// How closely GELU is computed: what the precision of the products around it deserves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closeness {
    /// Absolute error 3e-7.
    Float,
    /// Absolute error 8e-5: below the rounding of bfloat16.
    Half,
}

// Minimax polynomials in u = 2 x² / X² - 1 on |x| ≤ X, fitted by native/fit_normal_cdf.py: x · P(u) = Φ(x) - 1/2, x · Q(u) = Φ(x) + x φ(x) - 1/2.
const FAR: f32 = 5.4;
const CDF: [f32; 14] = [
    0.13092814,
    -0.06532779,
    0.04849648,
    -0.03921525,
    0.0321706,
    -0.0256705,
    0.01929567,
    -0.01425281,
    0.01072231,
    -0.0061844,
    0.00198141,
    -0.00164994,
    0.00217244,
    -0.00087382,
];
const SLOPE: [f32; 18] = [
    0.13120031,
    -0.06731234,
    0.05573281,
    -0.05678807,
    0.06415201,
    -0.07239649,
    0.07634426,
    -0.07333687,
    0.06383456,
    -0.04964001,
    0.03433968,
    -0.02311434,
    0.01570735,
    -0.00787233,
    0.00213032,
    -0.00154749,
    0.00179732,
    -0.00063791,
];
const FAR_HALF: f32 = 4.5;
const CDF_HALF: [f32; 8] = [0.15688294, -0.07724241, 0.05550207, -0.03989574, 0.02390824, -0.01822057, 0.01857528, -0.00841594];
const SLOPE_HALF: [f32; 10] =
    [0.15944575, -0.08992296, 0.08618604, -0.09536833, 0.10503829, -0.08775547, 0.04773393, -0.04548746, 0.05596634, -0.0247215];

/// x · P(2 x² / far² - 1) for |x| ≤ far, and ±1/2 beyond. NaN stays NaN.
#[inline(always)]
fn odd_polynomial<S: Simd, const N: usize>(s: S, x: S::F, coefficients: &[f32; N], far: f32) -> S::F {
    let u = s.fma(s.mul(x, x), s.splat(2.0 / (far * far)), s.splat(-1.0));
    let mut p = s.splat(coefficients[N - 1]);
    for &coefficient in coefficients.iter().rev().skip(1) {
        p = s.fma(p, u, s.splat(coefficient));
    }
    let half = s.splat(0.5);
    let beyond = s.select(s.lt(x, s.splat(0.0)), s.splat(-0.5), half);
    s.select(s.lt(s.splat(far), s.abs(x)), beyond, s.mul(p, x))
}

/// Φ(x) - 1/2.
#[inline(always)]
fn centered_normal_cdf<S: Simd>(s: S, x: S::F) -> S::F {
    odd_polynomial(s, x, &CDF, FAR)
}

/// GELU(x) = x Φ(x), the exact form (no tanh).
#[inline(always)]
pub fn gelu<S: Simd>(s: S, x: S::F, closeness: Closeness) -> S::F {
    let phi = match closeness {
        Closeness::Float => centered_normal_cdf(s, x),
        Closeness::Half => odd_polynomial(s, x, &CDF_HALF, FAR_HALF),
    };
    // Φ is exactly 0 for far negative x; written so that x = -∞ gives 0 and not NaN.
    let y = s.mul(x, s.add(phi, s.splat(0.5)));
    s.select(s.lt(x, s.splat(-FAR)), s.splat(0.0), y)
}

/// GELU'(x) = Φ(x) + x φ(x).
#[inline(always)]
pub fn gelu_slope<S: Simd>(s: S, x: S::F, closeness: Closeness) -> S::F {
    let q = match closeness {
        Closeness::Float => odd_polynomial(s, x, &SLOPE, FAR),
        Closeness::Half => odd_polynomial(s, x, &SLOPE_HALF, FAR_HALF),
    };
    s.add(q, s.splat(0.5))
}
