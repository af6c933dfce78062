//! The residual connection with LayerScale (Touvron et al. 2021) and stochastic depth: y = x + branch · scale · factor of the sample.

use crate::product;
use crate::scratch::with_scratch;
use crate::threads::{Parts, parallel, parallel_parts};

/// Rows of one job. The gradient's sums are cut at these rows whatever the threads.
const ROWS: usize = 64;

/// The branch [samples · tokens, width] and what multiplies it: one number a channel, one a sample, either or both.
#[derive(Clone, Copy)]
pub struct Branch<'a> {
    pub values: &'a [f32],
    pub scale: Option<&'a [f32]>,
    pub factors: Option<&'a [f32]>,
    pub tokens: usize,
    pub width: usize,
}

impl Branch<'_> {
    fn check(&self, length: usize) {
        let Branch { values, scale, factors, tokens, width } = *self;
        assert!(values.len() == length && length.is_multiple_of(product(&[tokens, width])), "residual: lengths");
        assert!(scale.is_none_or(|scale| scale.len() == width), "residual: length of the scale");
        assert!(factors.is_none_or(|factors| product(&[factors.len(), tokens, width]) == length), "residual: number of factors");
    }

    fn factor(&self, row: usize) -> f32 {
        self.factors.map_or(1.0, |factors| factors[row / self.tokens])
    }
}

crate::simd! {
    /// y = x + b · scale · factor (x and scale may be missing: 0 and 1).
    fn add_row<S>(s, x: Option<&[f32]>, b: &[f32], scale: Option<&[f32]>, factor: f32, y: &mut [f32]) {
        let factor = s.splat(factor);
        for at in (0..b.len()).step_by(S::LANES) {
            let multiplier = scale.map_or(factor, |scale| s.mul(factor, s.read(scale, at)));
            let start = x.map_or(s.splat(0.0), |x| s.read(x, at));
            s.write(y, at, s.fma(s.read(b, at), multiplier, start));
        }
    }
}

crate::simd! {
    /// sum += dy · b · factor.
    fn add_product<S>(s, dy: &[f32], b: &[f32], factor: f32, sum: &mut [f32]) {
        let factor = s.splat(factor);
        for at in (0..b.len()).step_by(S::LANES) {
            s.write(sum, at, s.fma(s.mul(s.read(dy, at), s.read(b, at)), factor, s.read(sum, at)));
        }
    }
}

/// y = x + branch.
pub fn scale_add(x: &[f32], branch: Branch<'_>, y: &mut [f32]) {
    branch.check(x.len());
    assert_eq!(x.len(), y.len(), "residual: lengths");
    let width = branch.width;
    parallel_parts(y, ROWS * width, |part, y| {
        for (index, y) in y.chunks_exact_mut(width).enumerate() {
            let row = part * ROWS + index;
            add_row(Some(&x[row * width..][..width]), &branch.values[row * width..][..width], branch.scale, branch.factor(row), y);
        }
    });
}

/// The gradients of the branch's values and, where there is one, of its scale. (That of x is dy.)
pub fn scale_add_gradient(branch: Branch<'_>, dy: &[f32], d_values: &mut [f32], d_scale: Option<&mut [f32]>) {
    branch.check(dy.len());
    assert!(d_values.len() == dy.len() && d_scale.as_ref().is_none_or(|d_scale| d_scale.len() == branch.width), "residual: lengths");
    if dy.is_empty() {
        return d_scale.into_iter().for_each(|d_scale| d_scale.fill(0.0));
    }
    let width = branch.width;
    let pieces = (dy.len() / width).div_ceil(ROWS);
    with_scratch(pieces * width, |partial| {
        partial.fill(0.0);
        let (values, sums) = (Parts::new(d_values, ROWS * width), Parts::new(partial, width));
        parallel(pieces, |part| {
            // SAFETY: every part is one job's.
            let (values, sums) = unsafe { (values.take(part), sums.take(part)) };
            for (index, values) in values.chunks_exact_mut(width).enumerate() {
                let row = part * ROWS + index;
                let dy = &dy[row * width..][..width];
                add_row(None, dy, branch.scale, branch.factor(row), values);
                if branch.scale.is_some() {
                    add_product(dy, &branch.values[row * width..][..width], branch.factor(row), sums);
                }
            }
        });
        if let Some(d_scale) = d_scale {
            crate::reduce::sum_rows(partial, d_scale);
        }
    });
}
