//! The first half of a transformer block in one pass over the samples: y = x + (attention(LayerNorm(x) · Wᵀ + b) · Wₒᵀ + bₒ) · factor.
//!
//! A job takes some samples through all of it while they are in its cache.

use crate::activation::Activation;
use crate::attention::{HeadBackward, Sizes, attend, attend_gradient};
use crate::block::{Gradients, JobSums, Join, Norm, Normalized, keep, sums_length, whole};
use crate::gemm::{
    Done, Finish, Matrix, MatrixMut, Output, Precision, Right, Rows, STREAM_FROM, most_rows, multiply_downward, multiply_rows, with_right,
};
use crate::linear::Epilogue;
use crate::product;
use crate::scratch::with_scratch;
use crate::threads::{Parts, parallel};

/// Rows of one job, about: enough for whole tiles, few enough for the cache.
const ROWS: usize = 192;
/// Jobs that there should be at least.
const JOBS: usize = 8;

/// The weights, and what multiplies each sample's branch (stochastic depth).
#[derive(Clone, Copy)]
pub struct AttentionBlock<'a> {
    pub norm: Norm<'a>,
    pub sizes: Sizes,
    /// Of q · k: 1 / √depth.
    pub scale: f32,
    /// Queries, keys and values [3 · width, width]; the output's [width, width].
    pub weights: [&'a [f32]; 2],
    pub qkv_bias: Option<&'a [f32]>,
    pub bias: &'a [f32],
    pub factors: Option<&'a [f32]>,
    pub precision: Precision,
}

impl AttentionBlock<'_> {
    fn check(&self, x: &[f32]) {
        let Sizes { batch, tokens, heads, depth } = self.sizes;
        let width = product(&[heads, depth]);
        assert!(width > 0 && tokens > 0 && x.len() == product(&[batch, tokens, width]), "attention block: lengths");
        assert!(
            self.weights[0].len() == product(&[3, width, width]) && self.weights[1].len() == product(&[width, width]),
            "attention block: lengths of the weights"
        );
        assert!(self.qkv_bias.is_none_or(|bias| bias.len() == 3 * width), "attention block: lengths of the biases");
        assert!(self.bias.len() == width, "attention block: lengths of the biases");
        assert!(self.norm.scale.len() == width && self.norm.offset.len() == width, "attention block: lengths of the normalisation");
        assert!(self.factors.is_none_or(|factors| factors.len() == batch), "attention block: number of factors");
    }

    /// Samples of one job.
    fn samples(&self) -> usize {
        let Sizes { batch, tokens, .. } = self.sizes;
        (ROWS / tokens).clamp(1, batch.div_ceil(JOBS).max(1))
    }

    fn join<'a>(&'a self, x: &'a [f32]) -> Join<'a> {
        Join { bias: self.bias, x, factors: self.factors, tokens: self.sizes.tokens }
    }
}

/// What the gradient needs.
pub struct Kept<'a> {
    pub means: &'a mut [f32],
    pub inverses: &'a mut [f32],
    /// [batch, tokens, 3, heads, depth].
    pub qkv: &'a mut [f32],
    /// What attention gave, [batch, tokens, heads, depth].
    pub attended: &'a mut [f32],
    /// [batch, heads, tokens].
    pub log_sums: &'a mut [f32],
}

/// Some rows through a layer, as many at a time as the cache holds; `first` is the number of the first one.
fn through<F: Finish>(
    right: &Right<'_>,
    precision: Precision,
    x: &[f32],
    inputs: usize,
    first: usize,
    y: &MatrixMut<'_>,
    stream: bool,
    finish: &F,
) {
    let step = most_rows(precision, inputs);
    for row in (0..y.rows).step_by(step) {
        let count = step.min(y.rows - row);
        // SAFETY: these rows are handed out once.
        let target = unsafe { y.part(row, count, 0, y.columns) };
        multiply_rows(
            right,
            Matrix::new(&x[row * inputs..], count, inputs, inputs),
            &Output::of_rows(target, first + row, right, stream),
            finish,
        );
    }
}

/// Computes y.
pub fn attention_block(block: &AttentionBlock<'_>, x: &[f32], y: &mut [f32], kept: Option<Kept<'_>>) {
    block.check(x);
    let &AttentionBlock { norm, sizes, scale, weights, qkv_bias, precision, .. } = block;
    let (width, tokens) = (sizes.width(), sizes.tokens);
    let rows = sizes.batch * tokens;
    assert_eq!(x.len(), y.len(), "attention block: length of the result");
    if let Some(kept) = &kept {
        let lengths = [kept.means.len(), kept.inverses.len(), kept.qkv.len(), kept.attended.len(), kept.log_sums.len()];
        assert_eq!(lengths, [rows, rows, 3 * rows * width, rows * width, rows * sizes.heads], "attention block: lengths of what is kept");
    }
    if rows == 0 {
        return;
    }
    let (statistics, qkv_kept) = match kept {
        Some(Kept { means, inverses, qkv, attended, log_sums }) => {
            (Some([means, inverses, attended, log_sums].map(|values| Parts::new(values, 1))), Some(whole(qkv, 3 * width)))
        }
        None => (None, None),
    };
    let stream = y.len() >= STREAM_FROM;
    let result = whole(y, width);
    let samples = block.samples();
    let first = Epilogue { bias: qkv_bias, activation: Activation::Linear, precision, before: qkv_kept };
    let last = block.join(x);
    with_right(precision, Matrix::new(weights[0], 3 * width, width, width).transposed(), |into| {
        with_right(precision, Matrix::new(weights[1], width, width, width).transposed(), |out_of| {
            parallel(sizes.batch.div_ceil(samples), |job| {
                let sample = job * samples;
                let samples = samples.min(sizes.batch - sample);
                let (row, count) = (sample * tokens, samples * tokens);
                let mine = Sizes { batch: samples, ..sizes };
                with_scratch(4 * count * width + (2 + sizes.heads) * count, |memory| {
                    let (normal, memory) = memory.split_at_mut(count * width);
                    let (qkv, memory) = memory.split_at_mut(3 * count * width);
                    let (means, memory) = memory.split_at_mut(count);
                    let (inverses, log_sums) = memory.split_at_mut(count);
                    norm.apply(&x[row * width..][..count * width], normal, means, inverses);
                    through(into, precision, normal, width, row, &whole(qkv, 3 * width), false, &first);
                    // The normalised rows are not needed any more.
                    let attended = normal;
                    let all = whole(attended, width);
                    for (index, log_sums) in log_sums.chunks_exact_mut(tokens).enumerate() {
                        let (sample, head) = (index / sizes.heads, index % sizes.heads);
                        // SAFETY: one head at a time.
                        let target = unsafe { mine.head_of(&all, sample, head) };
                        attend(precision, mine, scale, mine.of_head(qkv, sample, head), &target, log_sums);
                    }
                    if let Some(parts) = &statistics {
                        let values = [
                            (&*means, row, count),
                            (&*inverses, row, count),
                            (&*attended, row * width, count * width),
                            (&*log_sums, row * sizes.heads, count * sizes.heads),
                        ];
                        for (part, (values, start, length)) in parts.iter().zip(values) {
                            // SAFETY: every job has samples of its own.
                            keep(values, unsafe { part.range(start, start + length) });
                        }
                    }
                    // SAFETY: as above.
                    through(out_of, precision, attended, width, row, &unsafe { result.part(row, count, 0, width) }, stream, &last);
                });
            });
        });
    });
}

/// What the gradient reads: `d_branch` is dy times the samples' factors.
pub struct Backward<'a> {
    pub normalized: Normalized<'a>,
    pub qkv: &'a [f32],
    pub attended: &'a [f32],
    pub log_sums: &'a [f32],
    pub dy: &'a [f32],
    pub d_branch: &'a [f32],
}

/// The gradients; `work` is memory of the length of qkv.
pub fn attention_block_gradient(block: &AttentionBlock<'_>, inputs: &Backward<'_>, work: &mut [f32], mut gradients: Gradients<'_>) {
    let &AttentionBlock { sizes, scale, weights, precision, .. } = block;
    let &Backward { normalized, qkv, attended, log_sums, dy, d_branch } = inputs;
    block.check(normalized.x);
    let (width, tokens) = (sizes.width(), sizes.tokens);
    let rows = sizes.batch * tokens;
    normalized.of.check(rows, width);
    let lengths = [dy.len(), d_branch.len(), attended.len(), qkv.len(), work.len(), log_sums.len()];
    assert_eq!(
        lengths,
        [rows * width, rows * width, rows * width, 3 * rows * width, 3 * rows * width, rows * sizes.heads],
        "attention block: lengths"
    );
    gradients.check(rows, width, 3 * width, width);
    if rows == 0 {
        return gradients.empty();
    }
    let samples = block.samples();
    let jobs = sizes.batch.div_ceil(samples);
    let (into, out_of) = (Matrix::new(weights[0], 3 * width, width, width), Matrix::new(weights[1], width, width, width));
    with_scratch(jobs * sums_length(width, 3 * width), |sums| {
        let parts = Parts::new(sums, sums_length(width, 3 * width));
        let (dx, works) = (Parts::new(gradients.dx, samples * tokens * width), Parts::new(work, 3 * samples * tokens * width));
        with_right(precision, out_of, |out_of| {
            with_right(precision, into, |into| {
                parallel(jobs, |job| {
                    let sample = job * samples;
                    let samples = samples.min(sizes.batch - sample);
                    let (row, count) = (sample * tokens, samples * tokens);
                    let range = row * width..(row + count) * width;
                    // SAFETY: every job has parts of its own.
                    let (mut sums, dx, work) = unsafe { (JobSums::of(&parts, job, width), dx.take(job), works.take(job)) };
                    let mine = Sizes { batch: samples, ..sizes };
                    with_scratch(4 * count * width, |memory| {
                        let (d_attended, d_qkv) = memory.split_at_mut(count * width);
                        through(out_of, precision, &d_branch[range.clone()], width, row, &whole(d_attended, width), false, &Done);
                        let all = whole(d_qkv, 3 * width);
                        for index in 0..samples * sizes.heads {
                            let (of_job, head) = (index / sizes.heads, index % sizes.heads);
                            let of_head = HeadBackward {
                                qkv: sizes.of_head(qkv, sample + of_job, head),
                                out: sizes.head(attended, sample + of_job, head),
                                log_sums: &log_sums[(sample * sizes.heads + index) * tokens..][..tokens],
                                d_out: mine.head(d_attended, of_job, head),
                            };
                            // SAFETY: one head at a time.
                            attend_gradient(precision, mine, scale, &of_head, unsafe { mine.parts_of(&all, of_job, head) });
                        }
                        keep(d_qkv, work);
                        sums.add_biases(d_qkv, &d_branch[range.clone()]);
                        let d_normal = d_attended;
                        through(into, precision, d_qkv, 3 * width, row, &whole(d_normal, width), false, &Done);
                        sums.finish_rows(&normalized, row, d_normal, &dy[range], dx);
                    });
                });
            });
        });
        gradients.add_up(sums);
    });
    let d_branch = Rows::plain(Matrix::new(d_branch, rows, width, width));
    let attended = Rows::plain(Matrix::new(attended, rows, width, width));
    multiply_downward(precision, d_branch, attended, &MatrixMut::new(gradients.last_weight, width, width, width));
    let d_qkv = Rows::plain(Matrix::new(work, rows, 3 * width, 3 * width));
    let normal = Rows::normalized(Matrix::new(normalized.x, rows, width, width), &normalized.of);
    multiply_downward(precision, d_qkv, normal, &MatrixMut::new(gradients.first_weight, 3 * width, width, width));
}
