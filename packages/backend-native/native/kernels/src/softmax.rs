//! Softmax, its logarithm, and the cross-entropy of soft targets, along the last axis.

use crate::math::{exp, exp_above};
use crate::product;
use crate::simd::Simd;
use crate::threads::{Parts, parallel, parallel_parts};

/// The largest value; NaN if there is one.
#[inline(always)]
pub fn largest<S: Simd>(s: S, x: &[f32]) -> f32 {
    let fill = s.splat(f32::NEG_INFINITY);
    let mut most = fill;
    for at in (0..x.len()).step_by(S::LANES) {
        most = s.max(most, s.read_or(x, at, fill));
    }
    let mut lanes = [f32::NEG_INFINITY; 16];
    s.store(&mut lanes, 0, most);
    let mut result = f32::NEG_INFINITY;
    for lane in lanes {
        result = if lane > result || lane.is_nan() { lane } else { result };
    }
    result
}

/// y = e^(scale · x - shift); returns the sum. `y` may start as `x`.
#[inline(always)]
fn exponentials<S: Simd>(s: S, scale: f32, shift: f32, x: &[f32], y: Option<&mut [f32]>) -> f32 {
    let (scale, shift, beyond) = (s.splat(scale), s.splat(-shift), s.splat(f32::NEG_INFINITY));
    let mut sum = s.splat(0.0);
    match y {
        Some(y) => {
            for at in (0..x.len()).step_by(S::LANES) {
                let value = exp(s, s.fma(s.read_or(x, at, beyond), scale, shift));
                sum = s.add(sum, value);
                s.write(y, at, value);
            }
        }
        None => {
            for at in (0..x.len()).step_by(S::LANES) {
                sum = s.add(sum, exp(s, s.fma(s.read_or(x, at, beyond), scale, shift)));
            }
        }
    }
    s.sum(sum)
}

/// Multiplies all values.
#[inline(always)]
fn scale_by<S: Simd>(s: S, factor: f32, y: &mut [f32]) {
    let factor = s.splat(factor);
    for at in (0..y.len()).step_by(S::LANES) {
        s.write(y, at, s.mul(s.read(y, at), factor));
    }
}

crate::simd! {
    fn softmax_row<S>(s, x: &[f32], y: &mut [f32]) {
        let sum = exponentials(s, 1.0, largest(s, x), x, Some(y));
        scale_by(s, 1.0 / sum, y);
    }
}

crate::simd! {
    /// log Σ e^x.
    fn log_sum_exp<S>(s, x: &[f32]) -> f32 {
        let most = largest(s, x);
        most + exponentials(s, 1.0, most, x, None).ln()
    }
}

crate::simd! {
    fn subtract<S>(s, x: &[f32], shift: f32, y: &mut [f32]) {
        let shift = s.splat(shift);
        for at in (0..x.len()).step_by(S::LANES) {
            s.write(y, at, s.sub(s.read(x, at), shift));
        }
    }
}

/// Probabilities of attention below e^-80 count as 0: they add nothing to a sum whose largest term is 1, and what is made of them
/// would be too small for normal floats.
pub const LEAST: f32 = -80.0;

crate::simd! {
    /// In place: rows become e^(scale · x) / Σ; `log_sums` log Σ e^(scale · x) of every row.
    pub fn softmax_rows<S>(s, scale: f32, x: &mut [f32], log_sums: &mut [f32]) {
        let width = x.len() / log_sums.len();
        for (x, log_sum) in x.chunks_exact_mut(width).zip(log_sums) {
            let shift = largest(s, x) * scale;
            let (factor, offset, beyond) = (s.splat(scale), s.splat(-shift), s.splat(f32::NEG_INFINITY));
            let mut sum = s.splat(0.0);
            for at in (0..x.len()).step_by(S::LANES) {
                let value = exp_above(s, LEAST, s.fma(s.read_or(x, at, beyond), factor, offset));
                sum = s.add(sum, value);
                s.write(x, at, value);
            }
            let sum = s.sum(sum);
            scale_by(s, 1.0 / sum, x);
            *log_sum = shift + sum.ln();
        }
    }
}

/// Values of one job, at least.
const PIECE: usize = 1 << 13;

/// y = softmax(x) in every row of `width` values.
pub fn softmax(x: &[f32], width: usize, y: &mut [f32]) {
    let bundle = bundle_of(x, width, y);
    parallel_parts(y, bundle, |part, y| {
        let x = &x[part * bundle..][..y.len()];
        x.chunks_exact(width).zip(y.chunks_exact_mut(width)).for_each(|(x, y)| softmax_row(x, y));
    });
}

/// y = log softmax(x) in every row.
pub fn log_softmax(x: &[f32], width: usize, y: &mut [f32]) {
    let bundle = bundle_of(x, width, y);
    parallel_parts(y, bundle, |part, y| {
        let x = &x[part * bundle..][..y.len()];
        x.chunks_exact(width).zip(y.chunks_exact_mut(width)).for_each(|(x, y)| subtract(x, log_sum_exp(x), y));
    });
}

/// The values of one job's rows. Panics unless x and y have the same rows of `width` values.
fn bundle_of(x: &[f32], width: usize, y: &[f32]) -> usize {
    assert!(x.len() == y.len() && x.len().is_multiple_of(width), "softmax: lengths");
    (PIECE / width.max(1)).max(1) * width
}

crate::simd! {
    /// -Σ t · log softmax(x), and log Σ e^x. Everything is measured from the largest x: of large scores only the differences count.
    fn cross_entropy_row<S>(s, x: &[f32], t: &[f32]) -> (f32, f32) {
        let most = largest(s, x);
        let log_sum = exponentials(s, 1.0, most, x, None).ln();
        let (mut sum, mut product, shift) = (s.splat(0.0), s.splat(0.0), s.splat(most));
        for at in (0..x.len()).step_by(S::LANES) {
            let t = s.read(t, at);
            sum = s.add(sum, t);
            product = s.fma(t, s.sub(s.read_or(x, at, shift), shift), product);
        }
        (s.sum(sum) * log_sum - s.sum(product), most + log_sum)
    }
}

/// loss[r] = -Σ t · log softmax(x) for every row; `log_sums[r]` = log Σ e^x, which the gradient takes.
pub fn cross_entropy(x: &[f32], targets: &[f32], width: usize, loss: &mut [f32], log_sums: &mut [f32]) {
    assert!(
        width > 0 && x.len() == targets.len() && x.len() == product(&[loss.len(), width]) && loss.len() == log_sums.len(),
        "cross-entropy: lengths"
    );
    let bundle = (PIECE / width).max(1);
    let (losses, sums) = (Parts::new(loss, bundle), Parts::new(log_sums, bundle));
    parallel((x.len() / width).div_ceil(bundle), |part| {
        // SAFETY: every part is one job's.
        let (losses, sums) = unsafe { (losses.take(part), sums.take(part)) };
        for (index, (loss, log_sum)) in losses.iter_mut().zip(sums).enumerate() {
            let row = (part * bundle + index) * width;
            (*loss, *log_sum) = cross_entropy_row(&x[row..][..width], &targets[row..][..width]);
        }
    });
}

crate::simd! {
    fn cross_entropy_gradient_row<S>(s, x: &[f32], t: &[f32], log_sum: f32, dy: f32, dx: &mut [f32]) {
        // The logarithm of a sum of large scores is rounded, which all probabilities have in common: dividing by their sum takes it out.
        let whole = exponentials(s, 1.0, log_sum, x, Some(dx));
        let mut sum = s.splat(0.0);
        for at in (0..x.len()).step_by(S::LANES) {
            sum = s.add(sum, s.read(t, at));
        }
        let (factor, dy) = (s.splat(s.sum(sum) / whole), s.splat(dy));
        for at in (0..x.len()).step_by(S::LANES) {
            let p = s.mul(factor, s.read(dx, at));
            s.write(dx, at, s.mul(dy, s.sub(p, s.read(t, at))));
        }
    }
}

/// dx = dy[r] · (softmax(x) · Σ t - t).
pub fn cross_entropy_gradient(x: &[f32], targets: &[f32], width: usize, log_sums: &[f32], dy: &[f32], dx: &mut [f32]) {
    assert!(
        x.len() == dx.len() && x.len() == targets.len() && product(&[log_sums.len(), width]) == x.len() && dy.len() == log_sums.len(),
        "cross-entropy: lengths"
    );
    parallel_parts(dx, width, |row, dx| {
        cross_entropy_gradient_row(&x[row * width..][..width], &targets[row * width..][..width], log_sums[row], dy[row], dx);
    });
}
