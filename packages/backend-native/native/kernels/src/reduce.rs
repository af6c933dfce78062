//! Sums, means, extremes and products along an axis. Long sums are cut into pieces by their length alone, and the pieces' results are
//! joined in order, so the bytes do not depend on the threads.

use crate::product;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::threads::parallel_parts;

/// How values are joined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
    Prod,
}

#[inline(always)]
fn join<S: Simd>(s: S, reduction: Reduction, a: S::F, b: S::F) -> S::F {
    match reduction {
        Reduction::Sum | Reduction::Mean => s.add(a, b),
        Reduction::Prod => s.mul(a, b),
        // A NaN in b comes out as the second operand; a NaN in a is put back.
        Reduction::Max => s.select(s.eq(a, a), s.max(a, b), a),
        Reduction::Min => s.select(s.eq(a, a), s.min(a, b), a),
    }
}

/// What joins with x to x.
fn neutral(reduction: Reduction) -> f32 {
    match reduction {
        Reduction::Sum | Reduction::Mean => 0.0,
        Reduction::Prod => 1.0,
        Reduction::Max => f32::NEG_INFINITY,
        Reduction::Min => f32::INFINITY,
    }
}

crate::simd! {
    fn join_row<S>(s, reduction: Reduction, x: &[f32]) -> f32 {
        let fill = s.splat(neutral(reduction));
        // Four accumulators hide the latency of the addition.
        let mut sums = [fill; 4];
        for at in (0..x.len()).step_by(4 * S::LANES) {
            for (part, sum) in sums.iter_mut().enumerate() {
                let at = at + part * S::LANES;
                if at < x.len() {
                    *sum = join(s, reduction, *sum, s.read_or(x, at, fill));
                }
            }
        }
        let all = join(s, reduction, join(s, reduction, sums[0], sums[1]), join(s, reduction, sums[2], sums[3]));
        if matches!(reduction, Reduction::Sum | Reduction::Mean) {
            return s.sum(all);
        }
        let mut lanes = [neutral(reduction); 16];
        s.store(&mut lanes, 0, all);
        let scalar = crate::simd::Portable;
        lanes.iter().fold(neutral(reduction), |result, &lane| join(scalar, reduction, [result; 4], [lane; 4])[0])
    }
}

crate::simd! {
    /// y[i] = join of x[r · y.len() + i] over the rows r.
    fn join_rows<S>(s, reduction: Reduction, x: &[f32], y: &mut [f32]) {
        y.fill(neutral(reduction));
        let width = y.len();
        for row in x.chunks_exact(width) {
            for at in (0..width).step_by(S::LANES) {
                s.write(y, at, join(s, reduction, s.read(y, at), s.read(row, at)));
            }
        }
    }
}

/// Values, or rows, of one piece.
const LONG: usize = 1 << 14;
const ROWS: usize = 256;

/// y[o, i] = join of x[o, c, i] over c, for x of shape [y.len() / inner, count, inner].
pub fn reduce(reduction: Reduction, x: &[f32], count: usize, inner: usize, y: &mut [f32]) {
    assert!(inner > 0 && count > 0 && y.len().is_multiple_of(inner) && x.len() == product(&[y.len(), count]), "reduce: lengths");
    if inner == 1 && count >= 2 * LONG && y.len() < 64 {
        let pieces = count.div_ceil(LONG);
        for (row, y) in x.chunks_exact(count).zip(y.iter_mut()) {
            with_scratch(pieces, |partial| {
                parallel_parts(partial, 1, |piece, result| {
                    result[0] = join_row(reduction, &row[piece * LONG..][..LONG.min(count - piece * LONG)])
                });
                *y = join_row(reduction, partial);
            });
        }
    } else if inner == 1 {
        let bundle = (LONG / count).max(1);
        parallel_parts(y, bundle, |part, y| {
            for (index, y) in y.iter_mut().enumerate() {
                *y = join_row(reduction, &x[(part * bundle + index) * count..][..count]);
            }
        });
    } else if count >= 2 * ROWS {
        let pieces = count.div_ceil(ROWS);
        for (block, y) in x.chunks_exact(count * inner).zip(y.chunks_exact_mut(inner)) {
            with_scratch(pieces * inner, |partial| {
                parallel_parts(partial, inner, |piece, result| {
                    join_rows(reduction, &block[piece * ROWS * inner..][..ROWS.min(count - piece * ROWS) * inner], result);
                });
                join_rows(reduction, partial, y);
            });
        }
    } else {
        parallel_parts(y, inner, |block, y| join_rows(reduction, &x[block * count * inner..][..count * inner], y));
    }
    if reduction == Reduction::Mean {
        y.iter_mut().for_each(|value| *value /= count as f32);
    }
}

/// y[i] = Σ over the rows of x.
pub fn sum_rows(x: &[f32], y: &mut [f32]) {
    if x.is_empty() {
        y.fill(0.0);
    } else {
        reduce(Reduction::Sum, x, x.len() / y.len(), y.len(), y);
    }
}

crate::simd! {
    fn square_piece<S>(s, x: &[f32]) -> f32 {
        let mut sums = [s.splat(0.0); 4];
        for at in (0..x.len()).step_by(4 * S::LANES) {
            for (part, sum) in sums.iter_mut().enumerate() {
                let at = at + part * S::LANES;
                if at < x.len() {
                    let value = s.read(x, at);
                    *sum = s.fma(value, value, *sum);
                }
            }
        }
        s.sum(s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3])))
    }
}

/// Σ x².
pub fn sum_of_squares(x: &[f32]) -> f32 {
    let pieces = x.len().div_ceil(LONG);
    with_scratch(pieces, |partial| {
        parallel_parts(partial, 1, |piece, result| result[0] = square_piece(&x[piece * LONG..][..LONG.min(x.len() - piece * LONG)]));
        partial.iter().map(|&sum| f64::from(sum)).sum::<f64>() as f32
    })
}
