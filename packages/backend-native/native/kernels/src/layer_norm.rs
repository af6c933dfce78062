//! Layer normalisation over the last axis (Ba, Kiros and Hinton 2016), forward and backward.

use crate::product;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::threads::{Parts, parallel};

/// Rows of one job. The gradient's sums are cut at these rows whatever the threads.
const ROWS: usize = 64;

/// y = (x - mean) · deviation⁻¹ · scale + offset.
#[inline(always)]
fn normalize_by<S: Simd>(s: S, (mean, inverse): (f32, f32), x: &[f32], scale: &[f32], offset: &[f32], y: &mut [f32]) {
    let (center, factor) = (s.splat(mean), s.splat(inverse));
    for at in (0..x.len()).step_by(S::LANES) {
        let normal = s.mul(s.sub(s.read(x, at), center), factor);
        s.write(y, at, s.fma(normal, s.read(scale, at), s.read(offset, at)));
    }
}

crate::simd! {
    /// y = (x - mean) · deviation⁻¹ · scale + offset; returns the mean and the inverse deviation.
    pub fn normalize_row<S>(s, x: &[f32], scale: &[f32], offset: &[f32], epsilon: f32, y: &mut [f32]) -> (f32, f32) {
        let width = x.len() as f32;
        let mut sum = s.splat(0.0);
        for at in (0..x.len()).step_by(S::LANES) {
            sum = s.add(sum, s.read(x, at));
        }
        let mean = s.sum(sum) / width;
        let center = s.splat(mean);
        let mut squares = s.splat(0.0);
        for at in (0..x.len()).step_by(S::LANES) {
            let difference = s.sub(s.read_or(x, at, center), center);
            squares = s.fma(difference, difference, squares);
        }
        let inverse = 1.0 / (s.sum(squares) / width + epsilon).sqrt();
        normalize_by(s, (mean, inverse), x, scale, offset, y);
        (mean, inverse)
    }
}

/// A normalisation that was computed before.
#[derive(Clone, Copy)]
pub struct Normalization<'a> {
    pub scale: &'a [f32],
    pub offset: &'a [f32],
    pub means: &'a [f32],
    pub inverses: &'a [f32],
}

impl Normalization<'_> {
    pub fn check(&self, rows: usize, width: usize) {
        assert!(
            self.scale.len() == width && self.offset.len() == width && self.means.len() == rows && self.inverses.len() == rows,
            "layer norm: lengths"
        );
    }

    /// Part of row number `row`, from `column` on, once more, from its x.
    #[inline(always)]
    pub fn again<S: Simd>(&self, s: S, row: usize, column: usize, x: &[f32], y: &mut [f32]) {
        let (scale, offset) = (&self.scale[column..column + x.len()], &self.offset[column..column + x.len()]);
        normalize_by(s, (self.means[row], self.inverses[row]), x, scale, offset, y);
    }
}

/// y = LayerNorm(x); `means` and `inverses` (1 / √(variance + epsilon)) of every row serve the gradient.
pub fn layer_norm(x: &[f32], scale: &[f32], offset: &[f32], epsilon: f32, y: &mut [f32], means: &mut [f32], inverses: &mut [f32]) {
    let (width, rows) = (scale.len(), means.len());
    assert!(
        width > 0 && offset.len() == width && x.len() == product(&[rows, width]) && y.len() == x.len() && inverses.len() == rows,
        "layer norm: lengths"
    );
    let (y, means, inverses) = (Parts::new(y, ROWS * width), Parts::new(means, ROWS), Parts::new(inverses, ROWS));
    parallel(rows.div_ceil(ROWS), |part| {
        // SAFETY: every part is one job's.
        let (y, means, inverses) = unsafe { (y.take(part), means.take(part), inverses.take(part)) };
        for (index, y) in y.chunks_exact_mut(width).enumerate() {
            let x = &x[(part * ROWS + index) * width..][..width];
            (means[index], inverses[index]) = normalize_row(x, scale, offset, epsilon, y);
        }
    });
}

crate::simd! {
    /// dx of a row, plus `plus` if there is one, and the row's share of the scale's and offset's gradients.
    pub(crate) fn gradient_row<S>(
        s,
        x: &[f32],
        scale: &[f32],
        mean: f32,
        inverse: f32,
        dy: &[f32],
        plus: Option<&[f32]>,
        dx: &mut [f32],
        d_scale: &mut [f32],
        d_offset: &mut [f32],
    ) {
        let (center, factor) = (s.splat(mean), s.splat(inverse));
        let (mut sum, mut product) = (s.splat(0.0), s.splat(0.0));
        for at in (0..x.len()).step_by(S::LANES) {
            let dy = s.read(dy, at);
            let normal = s.mul(s.sub(s.read_or(x, at, center), center), factor);
            let weighted = s.mul(dy, s.read(scale, at));
            sum = s.add(sum, weighted);
            product = s.fma(weighted, normal, product);
            s.write(d_scale, at, s.fma(dy, normal, s.read(d_scale, at)));
            s.write(d_offset, at, s.add(dy, s.read(d_offset, at)));
        }
        let width = x.len() as f32;
        let (sum, product) = (s.splat(s.sum(sum) / width), s.splat(s.sum(product) / width));
        for at in (0..x.len()).step_by(S::LANES) {
            let normal = s.mul(s.sub(s.read(x, at), center), factor);
            let weighted = s.mul(s.read(dy, at), s.read(scale, at));
            let value = s.mul(factor, s.sub(s.sub(weighted, sum), s.mul(normal, product)));
            s.write(dx, at, plus.map_or(value, |plus| s.add(value, s.read(plus, at))));
        }
    }
}

/// The inputs of the gradient.
pub struct Backward<'a> {
    pub x: &'a [f32],
    pub scale: &'a [f32],
    pub means: &'a [f32],
    pub inverses: &'a [f32],
    pub dy: &'a [f32],
}

/// dx, and the gradients of scale and offset.
pub fn layer_norm_gradient(inputs: &Backward<'_>, dx: &mut [f32], d_scale: &mut [f32], d_offset: &mut [f32]) {
    let &Backward { x, scale, means, inverses, dy } = inputs;
    let (width, rows) = (scale.len(), means.len());
    assert!(
        width > 0 && x.len() == product(&[rows, width]) && dy.len() == x.len() && dx.len() == x.len() && inverses.len() == rows,
        "layer norm: lengths"
    );
    assert!(d_scale.len() == width && d_offset.len() == width, "layer norm: lengths of the parameters' gradients");
    let pieces = rows.div_ceil(ROWS);
    with_scratch(2 * pieces * width, |partial| {
        partial.fill(0.0);
        let (scales, offsets) = partial.split_at_mut(pieces * width);
        let (parts, scale_parts, offset_parts) = (Parts::new(dx, ROWS * width), Parts::new(scales, width), Parts::new(offsets, width));
        parallel(pieces, |part| {
            // SAFETY: every part is one job's.
            let (dx, d_scale, d_offset) = unsafe { (parts.take(part), scale_parts.take(part), offset_parts.take(part)) };
            for (index, dx) in dx.chunks_exact_mut(width).enumerate() {
                let row = part * ROWS + index;
                let (x, dy) = (&x[row * width..][..width], &dy[row * width..][..width]);
                gradient_row(x, scale, means[row], inverses[row], dy, None, dx, d_scale, d_offset);
            }
        });
        crate::reduce::sum_rows(scales, d_scale);
        crate::reduce::sum_rows(offsets, d_offset);
    });
}
