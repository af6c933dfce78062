//! What the two halves of a pre-norm transformer block share: x + branch(LayerNorm(x)).

use crate::gemm::{Finish, MatrixMut};
use crate::layer_norm::{Normalization, gradient_row, normalize_row};
use crate::simd::Simd;
use crate::threads::Parts;

/// The layer normalisation at the start of a branch.
#[derive(Clone, Copy)]
pub struct Norm<'a> {
    pub scale: &'a [f32],
    pub offset: &'a [f32],
    pub epsilon: f32,
}

/// x, and what is known of its rows once they were normalised.
#[derive(Clone, Copy)]
pub struct Normalized<'a> {
    pub x: &'a [f32],
    pub of: Normalization<'a>,
}

impl Norm<'_> {
    /// y = LayerNorm(x) row by row, with the rows' means and inverse deviations.
    pub(crate) fn apply(&self, x: &[f32], y: &mut [f32], means: &mut [f32], inverses: &mut [f32]) {
        let width = self.scale.len();
        for (index, (x, y)) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).enumerate() {
            (means[index], inverses[index]) = normalize_row(x, self.scale, self.offset, self.epsilon, y);
        }
    }
}

/// Ends a branch: y = x + (product + bias) · factor of the sample.
pub(crate) struct Join<'a> {
    pub bias: &'a [f32],
    pub x: &'a [f32],
    pub factors: Option<&'a [f32]>,
    pub tokens: usize,
}

impl Finish for Join<'_> {
    #[inline(always)]
    fn row<S: Simd>(&self, s: S, row: usize, column: usize, c: &mut [f32]) {
        let width = self.bias.len();
        let (x, bias) = (&self.x[row * width + column..][..c.len()], &self.bias[column..column + c.len()]);
        let factor = s.splat(self.factors.map_or(1.0, |factors| factors[row / self.tokens]));
        for at in (0..c.len()).step_by(S::LANES) {
            s.write(c, at, s.fma(s.add(s.read(c, at), s.read(bias, at)), factor, s.read(x, at)));
        }
    }

    #[inline(always)]
    fn prefetch<S: Simd>(&self, s: S, row: usize, column: usize, width: usize) {
        s.prefetch(self.x[row * self.bias.len() + column..].as_ptr(), width);
    }
}

crate::simd! {
    /// sums[i] += the column's sum over the rows of x.
    fn add_rows<S>(s, x: &[f32], sums: &mut [f32]) {
        for row in x.chunks_exact(sums.len()) {
            for at in (0..row.len()).step_by(S::LANES) {
                s.write(sums, at, s.add(s.read(sums, at), s.read(row, at)));
            }
        }
    }
}

crate::simd! {
    /// Copies past the caches.
    fn stream_copy<S>(s, x: &[f32], y: &mut [f32]) {
        for at in (0..x.len()).step_by(S::LANES) {
            s.stream(y, at, s.read(x, at));
        }
        s.fence();
    }
}

/// Copies `x` to a place that is read much later.
pub(crate) fn keep(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len());
    stream_copy(x, y);
}

/// Writes the gradients of x and of what does not depend on other rows: sums over a job's rows, to be added up in the jobs' order.
pub(crate) struct JobSums<'a> {
    /// Of the normalisation's scale and offset, and of the biases of the branch's first and last layer.
    pub scale: &'a mut [f32],
    pub offset: &'a mut [f32],
    pub first_bias: &'a mut [f32],
    pub last_bias: &'a mut [f32],
}

/// Floats of a job's sums.
pub(crate) fn sums_length(width: usize, first: usize) -> usize {
    3 * width + first
}

impl<'a> JobSums<'a> {
    /// Those of one job, all 0.
    ///
    /// # Safety
    /// Every job must be asked for once.
    pub unsafe fn of(parts: &Parts<'a, f32>, job: usize, width: usize) -> Self {
        // SAFETY: the caller's promise is the same.
        let all = unsafe { parts.take(job) };
        all.fill(0.0);
        let (scale, rest) = all.split_at_mut(width);
        let (offset, rest) = rest.split_at_mut(width);
        let (last_bias, first_bias) = rest.split_at_mut(width);
        Self { scale, offset, first_bias, last_bias }
    }

    pub fn add_biases(&mut self, d_first: &[f32], d_last: &[f32]) {
        add_rows(d_first, self.first_bias);
        add_rows(d_last, self.last_bias);
    }

    /// dx of some rows from `row` on: through the normalisation and past the branch.
    pub fn finish_rows(&mut self, normalized: &Normalized<'_>, row: usize, d_normal: &[f32], dy: &[f32], dx: &mut [f32]) {
        let Normalized { x, of } = normalized;
        let width = of.scale.len();
        for (index, dx) in dx.chunks_exact_mut(width).enumerate() {
            let (at, row) = (index * width, row + index);
            let (d_normal, dy, x) = (&d_normal[at..at + width], &dy[at..at + width], &x[row * width..][..width]);
            gradient_row(x, of.scale, of.means[row], of.inverses[row], d_normal, Some(dy), dx, self.scale, self.offset);
        }
    }
}

/// What a half block's gradient writes.
pub struct Gradients<'a> {
    pub dx: &'a mut [f32],
    pub scale: &'a mut [f32],
    pub offset: &'a mut [f32],
    pub first_weight: &'a mut [f32],
    pub first_bias: &'a mut [f32],
    pub last_weight: &'a mut [f32],
    pub last_bias: &'a mut [f32],
}

impl Gradients<'_> {
    pub(crate) fn check(&self, rows: usize, width: usize, first: usize, last_inputs: usize) {
        assert!(
            self.dx.len() == rows * width
                && self.scale.len() == width
                && self.offset.len() == width
                && self.first_weight.len() == first * width
                && self.first_bias.len() == first
                && self.last_weight.len() == width * last_inputs
                && self.last_bias.len() == width,
            "block: lengths of the gradients"
        );
    }

    /// What no rows give.
    pub(crate) fn empty(self) {
        for values in [self.dx, self.scale, self.offset, self.first_weight, self.first_bias, self.last_weight, self.last_bias] {
            values.fill(0.0);
        }
    }

    /// Adds up the jobs' sums.
    pub(crate) fn add_up(&mut self, sums: &[f32]) {
        let width = self.scale.len();
        let length = sums_length(width, self.first_bias.len());
        for (target, start) in [(&mut *self.scale, 0), (self.offset, width), (self.last_bias, 2 * width), (self.first_bias, 3 * width)] {
            target.fill(0.0);
            for job in sums.chunks_exact(length) {
                add_rows(&job[start..start + target.len()], target);
            }
        }
    }
}

/// A matrix over all of a piece of working memory.
pub(crate) fn whole(values: &mut [f32], width: usize) -> MatrixMut<'_> {
    let rows = values.len() / width;
    MatrixMut::new(values, rows, width, width)
}
