//! Scaled dot-product attention from packed queries, keys and values (Vaswani et al. 2017), forward and backward.
//!
//! A job is one head of one sample. It goes through the queries block by block and never holds more than one block × all keys of
//! probabilities; the backward pass computes them again from the logarithms of their sums.

use crate::block::whole;
use crate::gemm::{Done, Finish, Matrix, MatrixMut, Precision, gemm};
use crate::math::exp_above;
use crate::product;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::softmax::{LEAST, softmax_rows};
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
    pub(crate) fn width(self) -> usize {
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

    /// Queries, keys and values of one head.
    pub(crate) fn of_head(self, qkv: &[f32], sample: usize, head: usize) -> [Matrix<'_>; 3] {
        let stride = 3 * self.width();
        let start = sample * self.tokens * stride + head * self.depth;
        [0, 1, 2].map(|which| Matrix::new(&qkv[start + which * self.width()..], self.tokens, self.depth, stride))
    }

    /// One head of a result [batch, tokens, heads, depth].
    pub(crate) fn head(self, values: &[f32], sample: usize, head: usize) -> Matrix<'_> {
        Matrix::new(&values[sample * self.tokens * self.width() + head * self.depth..], self.tokens, self.depth, self.width())
    }

    /// Where one head of a result goes.
    ///
    /// # Safety
    /// No element may be written through two handles at the same time.
    pub(crate) unsafe fn head_of<'a>(self, all: &MatrixMut<'a>, sample: usize, head: usize) -> MatrixMut<'a> {
        // SAFETY: passed on from the caller.
        unsafe { all.part(sample * self.tokens, self.tokens, head * self.depth, self.depth) }
    }

    /// Where the gradients of one head's queries, keys and values go.
    ///
    /// # Safety
    /// No element may be written through two handles at the same time.
    pub(crate) unsafe fn parts_of<'a>(self, all: &MatrixMut<'a>, sample: usize, head: usize) -> [MatrixMut<'a>; 3] {
        // SAFETY: passed on from the caller.
        [0, 1, 2].map(|which| unsafe { all.part(sample * self.tokens, self.tokens, which * self.width() + head * self.depth, self.depth) })
    }
}

/// One head of one sample: out = softmax(q · kᵀ · scale) · v, and log Σ e^(scale · q · k) of every query.
pub(crate) fn attend(
    precision: Precision,
    sizes: Sizes,
    scale: f32,
    [q, k, v]: [Matrix<'_>; 3],
    out: &MatrixMut<'_>,
    log_sums: &mut [f32],
) {
    let tokens = sizes.tokens;
    let block = sizes.queries();
    with_scratch(block.min(tokens) * tokens, |scores| {
        for first in (0..tokens).step_by(block) {
            let count = block.min(tokens - first);
            let scores = &mut scores[..count * tokens];
            gemm(precision, q.rows_from(first, count), k.transposed(), &MatrixMut::new(scores, count, tokens, tokens), false, &Done);
            softmax_rows(scale, scores, &mut log_sums[first..first + count]);
            // SAFETY: these rows are handed out once.
            let target = unsafe { out.part(first, count, 0, sizes.depth) };
            gemm(precision, Matrix::new(scores, count, tokens, tokens), v, &target, false, &Done);
        }
    });
}

/// out[b, n, h, :] = softmax(q · kᵀ · scale) · v; `log_sums` [batch, heads, tokens] = log Σ e^(scale · q · k) serve the gradient.
pub fn attention(precision: Precision, sizes: Sizes, scale: f32, qkv: &[f32], out: &mut [f32], log_sums: &mut [f32]) {
    sizes.check(qkv.len(), out.len(), log_sums.len());
    if out.is_empty() {
        return;
    }
    let all = whole(out, sizes.width());
    let log_parts = Parts::new(log_sums, sizes.tokens);
    parallel(sizes.batch * sizes.heads, |job| {
        let (sample, head) = (job / sizes.heads, job % sizes.heads);
        // SAFETY: every part is one job's.
        let (target, log_sums) = unsafe { (sizes.head_of(&all, sample, head), log_parts.take(job)) };
        attend(precision, sizes, scale, sizes.of_head(qkv, sample, head), &target, log_sums);
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

/// What the gradient of one head reads.
pub(crate) struct HeadBackward<'a> {
    pub qkv: [Matrix<'a>; 3],
    pub out: Matrix<'a>,
    pub log_sums: &'a [f32],
    pub d_out: Matrix<'a>,
}

/// The gradients of one head's queries, keys and values.
pub(crate) fn attend_gradient(
    precision: Precision,
    sizes: Sizes,
    scale: f32,
    inputs: &HeadBackward<'_>,
    [d_q, d_k, d_v]: [MatrixMut<'_>; 3],
) {
    let &HeadBackward { qkv: [q, k, v], out, log_sums, d_out } = inputs;
    let tokens = sizes.tokens;
    let block = sizes.queries().div_ceil(2);
    with_scratch(2 * block.min(tokens) * tokens + tokens, |work| {
        let (deltas, work) = work.split_at_mut(tokens);
        for (token, delta) in deltas.iter_mut().enumerate() {
            *delta = out.row(token).iter().zip(d_out.row(token)).map(|(a, b)| a * b).sum();
        }
        for first in (0..tokens).step_by(block) {
            let count = block.min(tokens - first);
            let (probabilities, gradients) = work[..2 * count * tokens].split_at_mut(count * tokens);
            let (queries, d_out) = (q.rows_from(first, count), d_out.rows_from(first, count));
            let finish = Probabilities { scale, log_sums: &log_sums[first..first + count] };
            gemm(precision, queries, k.transposed(), &MatrixMut::new(probabilities, count, tokens, tokens), false, &finish);
            let p = Matrix::new(probabilities, count, tokens, tokens);
            gemm(precision, p.transposed(), d_out, &d_v, first > 0, &Done);
            let finish = ScoreGradient { scale, deltas: &deltas[first..first + count], probabilities, tokens };
            gemm(precision, d_out, v.transposed(), &MatrixMut::new(gradients, count, tokens, tokens), false, &finish);
            let ds = Matrix::new(gradients, count, tokens, tokens);
            // SAFETY: these rows are handed out once.
            gemm(precision, ds, k, &unsafe { d_q.part(first, count, 0, sizes.depth) }, false, &Done);
            gemm(precision, ds.transposed(), queries, &d_k, first > 0, &Done);
        }
    });
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
    let all = whole(d_qkv, 3 * sizes.width());
    parallel(sizes.batch * sizes.heads, |job| {
        let (sample, head) = (job / sizes.heads, job % sizes.heads);
        let of_head = HeadBackward {
            qkv: sizes.of_head(inputs.qkv, sample, head),
            out: sizes.head(inputs.out, sample, head),
            log_sums: &inputs.log_sums[job * sizes.tokens..][..sizes.tokens],
            d_out: sizes.head(inputs.d_out, sample, head),
        };
        // SAFETY: these columns of this sample's rows are this job's alone.
        attend_gradient(precision, sizes, scale, &of_head, unsafe { sizes.parts_of(&all, sample, head) });
    });
}
