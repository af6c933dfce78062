//! The second half of a transformer block in one pass over the rows: y = x + (GELU(LayerNorm(x) · W₁ᵀ + b₁) · W₂ᵀ + b₂) · factor.
//!
//! A job takes some rows through all of it while they are in its cache. Forward, only the hidden values before GELU are kept; backward
//! computes the normalised rows and GELU once more where they are read.

use crate::activation::{Activation, closeness, slope};
use crate::block::{Gradients, JobSums, Join, Norm, Normalized, sums_length, whole};
use crate::gemm::{
    Done, Finish, Matrix, MatrixMut, Output, Precision, Rows, STREAM_FROM, multiply_downward, multiply_rows, rows_per_job, with_right,
};
use crate::linear::Epilogue;
use crate::product;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::threads::{Parts, parallel};

/// The weights, and what multiplies each sample's branch (stochastic depth).
#[derive(Clone, Copy)]
pub struct MlpBlock<'a> {
    pub norm: Norm<'a>,
    /// [hidden, width] and [width, hidden].
    pub weights: [&'a [f32]; 2],
    pub biases: [&'a [f32]; 2],
    pub factors: Option<&'a [f32]>,
    /// Rows of one sample.
    pub tokens: usize,
    pub precision: Precision,
}

impl MlpBlock<'_> {
    /// Rows of x.
    fn check(&self, x: &[f32]) -> usize {
        let (width, hidden) = (self.biases[1].len(), self.biases[0].len());
        assert!(width > 0 && hidden > 0 && self.tokens > 0 && x.len().is_multiple_of(width), "MLP block: lengths");
        let rows = x.len() / width;
        let weight = product(&[width, hidden]);
        assert!(self.weights[0].len() == weight && self.weights[1].len() == weight, "MLP block: lengths of the weights");
        assert!(self.norm.scale.len() == width && self.norm.offset.len() == width, "MLP block: lengths of the normalisation");
        assert!(self.factors.is_none_or(|factors| product(&[factors.len(), self.tokens]) == rows), "MLP block: number of factors");
        rows
    }
}

/// What the gradient needs.
pub struct Kept<'a> {
    pub means: &'a mut [f32],
    pub inverses: &'a mut [f32],
    /// [rows, hidden], before GELU.
    pub hidden: &'a mut [f32],
}

/// Computes y.
pub fn mlp_block(block: &MlpBlock<'_>, x: &[f32], y: &mut [f32], kept: Option<Kept<'_>>) {
    let rows = block.check(x);
    let &MlpBlock { norm, weights, biases, factors, tokens, precision } = block;
    let (width, inner) = (biases[1].len(), biases[0].len());
    assert_eq!(x.len(), y.len(), "MLP block: length of the result");
    let (mut statistics, hidden) = match kept {
        Some(Kept { means, inverses, hidden }) => {
            assert!(
                means.len() == rows && inverses.len() == rows && hidden.len() == product(&[rows, inner]),
                "MLP block: lengths of what is kept"
            );
            (Some((means, inverses)), Some(whole(hidden, inner)))
        }
        None => (None, None),
    };
    if rows == 0 {
        return;
    }
    let statistics = statistics.as_mut().map(|(means, inverses)| (Parts::new(means, 1), Parts::new(inverses, 1)));
    let stream = y.len() >= STREAM_FROM;
    let result = whole(y, width);
    let count = rows_per_job(precision, rows, width.max(inner));
    let first = Epilogue { bias: Some(biases[0]), activation: Activation::Gelu, precision, before: hidden };
    let last = Join { bias: biases[1], x, factors, tokens };
    let [into, out_of] = [Matrix::new(weights[0], inner, width, width), Matrix::new(weights[1], width, inner, inner)];
    with_right(precision, into.transposed(), |into| {
        with_right(precision, out_of.transposed(), |out_of| {
            parallel(rows.div_ceil(count), |job| {
                let row = job * count;
                let count = count.min(rows - row);
                with_scratch(count * (width + inner) + 2 * count, |memory| {
                    let (normal, memory) = memory.split_at_mut(count * width);
                    let (hidden, memory) = memory.split_at_mut(count * inner);
                    let (means, inverses) = match &statistics {
                        // SAFETY: every job has rows of its own.
                        Some((means, inverses)) => unsafe { (means.range(row, row + count), inverses.range(row, row + count)) },
                        None => memory.split_at_mut(count),
                    };
                    norm.apply(&x[row * width..][..count * width], normal, means, inverses);
                    let output = Output::of_rows(whole(hidden, inner), row, into, false);
                    multiply_rows(into, Matrix::new(normal, count, width, width), &output, &first);
                    // SAFETY: as above.
                    let output = Output::of_rows(unsafe { result.part(row, count, 0, width) }, row, out_of, stream);
                    multiply_rows(out_of, Matrix::new(hidden, count, inner, inner), &output, &last);
                });
            });
        });
    });
}

/// Multiplies with GELU's slope at the hidden values; the result is written to `keep` as well, past the caches.
struct Slope<'a> {
    hidden: &'a [f32],
    width: usize,
    precision: Precision,
    keep: MatrixMut<'a>,
}

impl Finish for Slope<'_> {
    #[inline(always)]
    fn row<S: Simd>(&self, s: S, row: usize, column: usize, c: &mut [f32]) {
        let hidden = &self.hidden[row * self.width + column..][..c.len()];
        // SAFETY: the product gives each element to one job, so this row's part is in no one else's hands.
        let keep = unsafe { self.keep.row(row, column, c.len()) };
        for at in (0..c.len()).step_by(S::LANES) {
            let value = s.mul(s.read(c, at), slope(s, Activation::Gelu, closeness(self.precision), s.read(hidden, at)));
            s.stream(keep, at, value);
            s.write(c, at, value);
        }
    }

    #[inline(always)]
    fn prefetch<S: Simd>(&self, s: S, row: usize, column: usize, width: usize) {
        s.prefetch(self.hidden[row * self.width + column..].as_ptr(), width);
    }
}

/// What the gradient reads: `d_branch` is dy times the samples' factors.
pub struct Backward<'a> {
    pub normalized: Normalized<'a>,
    pub hidden: &'a [f32],
    pub dy: &'a [f32],
    pub d_branch: &'a [f32],
}

/// The gradients; `work` is memory of the hidden values' length.
pub fn mlp_block_gradient(block: &MlpBlock<'_>, inputs: &Backward<'_>, work: &mut [f32], mut gradients: Gradients<'_>) {
    let &MlpBlock { weights, biases, precision, .. } = block;
    let &Backward { normalized, hidden, dy, d_branch } = inputs;
    let rows = block.check(normalized.x);
    let (width, inner) = (biases[1].len(), biases[0].len());
    normalized.of.check(rows, width);
    assert!(dy.len() == rows * width && d_branch.len() == dy.len(), "MLP block: lengths of the gradient");
    assert!(hidden.len() == product(&[rows, inner]) && work.len() == hidden.len(), "MLP block: lengths of the hidden values");
    gradients.check(rows, width, inner, inner);
    if rows == 0 {
        return gradients.empty();
    }
    let count = rows_per_job(precision, rows, width.max(inner));
    let jobs = rows.div_ceil(count);
    let (into, out_of) = (Matrix::new(weights[0], inner, width, width), Matrix::new(weights[1], width, inner, inner));
    let slope = Slope { hidden, width: inner, precision, keep: whole(work, inner) };
    with_scratch(jobs * sums_length(width, inner), |sums| {
        let parts = Parts::new(sums, sums_length(width, inner));
        let dx = Parts::new(gradients.dx, count * width);
        with_right(precision, out_of, |out_of| {
            with_right(precision, into, |into| {
                parallel(jobs, |job| {
                    let row = job * count;
                    let count = count.min(rows - row);
                    let range = row * width..(row + count) * width;
                    // SAFETY: every job has parts of its own.
                    let (mut sums, dx) = unsafe { (JobSums::of(&parts, job, width), dx.take(job)) };
                    with_scratch(count * (width + inner), |memory| {
                        let (d_normal, d_hidden) = memory.split_at_mut(count * width);
                        let d_branch = &d_branch[range.clone()];
                        let output = Output::of_rows(whole(d_hidden, inner), row, out_of, false);
                        multiply_rows(out_of, Matrix::new(d_branch, count, width, width), &output, &slope);
                        let output = Output::of_rows(whole(d_normal, width), row, into, false);
                        multiply_rows(into, Matrix::new(d_hidden, count, inner, inner), &output, &Done);
                        sums.add_biases(d_hidden, d_branch);
                        sums.finish_rows(&normalized, row, d_normal, &dy[range], dx);
                    });
                });
            });
        });
        gradients.add_up(sums);
    });
    let d_branch = Rows::plain(Matrix::new(d_branch, rows, width, width));
    let hidden = Rows::activated(Matrix::new(hidden, rows, inner, inner), Activation::Gelu);
    multiply_downward(precision, d_branch, hidden, &MatrixMut::new(gradients.last_weight, width, inner, inner));
    let d_hidden = Rows::plain(Matrix::new(work, rows, inner, inner));
    let normal = Rows::normalized(Matrix::new(normalized.x, rows, width, width), &normalized.of);
    multiply_downward(precision, d_hidden, normal, &MatrixMut::new(gradients.first_weight, inner, width, width));
}
