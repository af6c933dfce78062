//! Scaled dot-product attention from packed queries, keys and values (Vaswani et al. 2017), forward and backward.
//!
//! A job is one head of one sample. It goes through the queries block by block and never holds more than one block × all keys of
//! probabilities; the backward pass computes them again from the logarithms of their sums.

use crate::gemm::{Done, Finish, Matrix, MatrixMut, Precision, gemm};
use crate::math::exp_above;
use crate::product;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::softmax::{LEAST, scaled_softmax_in_place};
use crate::threads::{Parts, parallel};

/// Sizes of the inputs: qkv is [batch, tokens, 3, heads, depth].
#[derive(Clone, Copy)]
pub struct Sizes {
    pub batch: usize,
    pub tokens: usize,
    pub heads: usize,
    pub depth: usize,
}

/// Probabilities that a job holds at a time.
const BLOCK: usize = 1 << 17;

impl Sizes {
    fn width(self) -> usize {
        self.heads * self.depth
    }

    /// Queries of one block.
    fn queries(self) -> usize {
        (BLOCK / self.tokens.max(1)).clamp(24, self.tokens.max(24))
    }

    fn check(self, qkv: usize, out: usize, log_sums: usize) {
        let Sizes { batch, tokens, heads, depth } = self;
        assert!(
            qkv == product(&[batch, tokens, 3, heads, depth]) && out == qkv / 3 && log_sums == product(&[batch, tokens, heads]),
            "attention: lengths"
        );
    }

    /// Queries (0), keys (1) or values (2) of one head.
    fn matrix(self, qkv: &[f32], sample: usize, which: usize, head: usize) -> Matrix<'_> {
        let stride = 3 * self.width();
        Matrix::new(&qkv[sample * self.tokens * stride + which * self.width() + head * self.depth..], self.tokens, self.depth, stride)
    }

    /// One head of a result [batch, tokens, heads, depth].
    fn head(self, values: &[f32], sample: usize, head: usize) -> Matrix<'_> {
        Matrix::new(&values[sample * self.tokens * self.width() + head * self.depth..], self.tokens, self.depth, self.width())
    }
}

/// out[b, n, h, :] = softmax(q · kᵀ · scale) · v; `log_sums` [batch, heads, tokens] = log Σ e^(scale · q · k) serve the gradient.
pub fn attention(precision: Precision, sizes: Sizes, scale: f32, qkv: &[f32], out: &mut [f32], log_sums: &mut [f32]) {
    sizes.check(qkv.len(), out.len(), log_sums.len());
    if out.is_empty() {
        return;
    }
    let (tokens, width) = (sizes.tokens, sizes.width());
    let all = MatrixMut::new(out, sizes.batch * tokens, width, width);
    let log_parts = Parts::new(log_sums, tokens);
    parallel(sizes.batch * sizes.heads, |job| {
        let (sample, head) = (job / sizes.heads, job % sizes.heads);
        let [q, k, v] = [0, 1, 2].map(|which| sizes.matrix(qkv, sample, which, head));
        // SAFETY: every part is one job's.
        let log_sums = unsafe { log_parts.take(job) };
        let block = sizes.queries();
        with_scratch(block.min(tokens) * tokens, |scores| {
            for first in (0..tokens).step_by(block) {
                let count = block.min(tokens - first);
                let scores = &mut scores[..count * tokens];
                gemm(precision, q.rows_from(first, count), k.transposed(), &MatrixMut::new(scores, count, tokens, tokens), false, &Done);
                for (row, log_sum) in scores.chunks_exact_mut(tokens).zip(&mut log_sums[first..]) {
                    *log_sum = scaled_softmax_in_place(scale, row);
                }
                // SAFETY: this head's columns of this sample's rows are this job's alone.
                let target = unsafe { all.part(sample * tokens + first, count, head * sizes.depth, sizes.depth) };
                gemm(precision, Matrix::new(scores, count, tokens, tokens), v, &target, false, &Done);
            }
        });
    });
}

/// Turns scores into probabilities: e^(scale · s - log_sum of the row).
struct Probabilities<'a> {
    scale: f32,
    log_sums: &'a [f32],
}

impl Finish for Probabilities<'_> {
    #[inline(always)]
    fn row<S: Simd>(&self, s: S, row: usize, _: usize, c: &mut [f32]) {
        let (scale, shift) = (s.splat(self.scale), s.splat(-self.log_sums[row]));
        for at in (0..c.len()).step_by(S::LANES) {
            s.write(c, at, exp_above(s, LEAST, s.fma(s.read(c, at), scale, shift)));
        }
    }
}

/// Turns dP into dS: P · (dP - Σ dO · O of the row) · scale.
struct ScoreGradient<'a> {
    scale: f32,
    deltas: &'a [f32],
    probabilities: &'a [f32],
    tokens: usize,
}

impl Finish for ScoreGradient<'_> {
    #[inline(always)]
    fn row<S: Simd>(&self, s: S, row: usize, column: usize, c: &mut [f32]) {
        let p = &self.probabilities[row * self.tokens + column..][..c.len()];
        let (scale, delta) = (s.splat(self.scale), s.splat(self.deltas[row]));
        for at in (0..c.len()).step_by(S::LANES) {
            s.write(c, at, s.mul(s.mul(s.read(p, at), scale), s.sub(s.read(c, at), delta)));
        }
    }
}

/// What the backward pass reads.
pub struct Backward<'a> {
    pub qkv: &'a [f32],
    pub out: &'a [f32],
    pub log_sums: &'a [f32],
    pub d_out: &'a [f32],
}

/// The gradient of qkv.
pub fn attention_gradient(precision: Precision, sizes: Sizes, scale: f32, inputs: &Backward<'_>, d_qkv: &mut [f32]) {
    sizes.check(inputs.qkv.len(), inputs.out.len(), inputs.log_sums.len());
    assert!(inputs.d_out.len() == inputs.out.len() && d_qkv.len() == inputs.qkv.len(), "attention: lengths");
    if d_qkv.is_empty() {
        return;
    }
    let (tokens, depth, width) = (sizes.tokens, sizes.depth, sizes.width());
    let all = MatrixMut::new(d_qkv, sizes.batch * tokens, 3 * width, 3 * width);
    parallel(sizes.batch * sizes.heads, |job| {
        let (sample, head) = (job / sizes.heads, job % sizes.heads);
        let [q, k, v] = [0, 1, 2].map(|which| sizes.matrix(inputs.qkv, sample, which, head));
        let d_out = sizes.head(inputs.d_out, sample, head);
        let block = sizes.queries().div_ceil(2);
        // SAFETY: these columns of this sample's rows are this job's alone.
        let target = |which: usize, first: usize, count: usize| unsafe {
            all.part(sample * tokens + first, count, which * width + head * depth, depth)
        };
        with_scratch(2 * block.min(tokens) * tokens + tokens, |work| {
            let (deltas, work) = work.split_at_mut(tokens);
            for (token, delta) in deltas.iter_mut().enumerate() {
                let at = (sample * tokens + token) * width + head * depth;
                *delta = inputs.out[at..at + depth].iter().zip(&inputs.d_out[at..at + depth]).map(|(a, b)| a * b).sum();
            }
            for first in (0..tokens).step_by(block) {
                let count = block.min(tokens - first);
                let (probabilities, gradients) = work[..2 * count * tokens].split_at_mut(count * tokens);
                let (queries, d_out) = (q.rows_from(first, count), d_out.rows_from(first, count));
                let finish = Probabilities { scale, log_sums: &inputs.log_sums[job * tokens + first..][..count] };
                gemm(precision, queries, k.transposed(), &MatrixMut::new(probabilities, count, tokens, tokens), false, &finish);
                let p = Matrix::new(probabilities, count, tokens, tokens);
                gemm(precision, p.transposed(), d_out, &target(2, 0, tokens), first > 0, &Done);
                let finish = ScoreGradient { scale, deltas: &deltas[first..][..count], probabilities, tokens };
                gemm(precision, d_out, v.transposed(), &MatrixMut::new(gradients, count, tokens, tokens), false, &finish);
                let ds = Matrix::new(gradients, count, tokens, tokens);
                gemm(precision, ds, k, &target(0, first, count), false, &Done);
                gemm(precision, ds.transposed(), queries, &target(1, 0, tokens), first > 0, &Done);
            }
        });
    });
}
