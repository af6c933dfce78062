//! Running sums along an axis, each built in the order of its values.

use crate::product;
use crate::threads::{Parts, parallel, parallel_parts};

/// What can be summed: floats, and integers that wrap around.
pub trait Summand: Copy + Send + Sync {
    const ZERO: Self;
    fn plus(self, other: Self) -> Self;
}

impl Summand for f32 {
    const ZERO: f32 = 0.0;
    #[inline(always)]
    fn plus(self, other: f32) -> f32 {
        self + other
    }
}

impl Summand for i32 {
    const ZERO: i32 = 0;
    #[inline(always)]
    fn plus(self, other: i32) -> i32 {
        self.wrapping_add(other)
    }
}

/// Which sums are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Without the value at the sum's own place.
    pub exclusive: bool,
    /// From the last value to the first.
    pub reverse: bool,
}

/// Rows whose sums run side by side, so that one addition need not wait for the one before it.
const ABREAST: usize = 8;

/// `ROWS` rows of `count` values.
#[inline(always)]
fn scan_rows<T: Summand, const ROWS: usize>(order: Order, x: &[T], count: usize, y: &mut [T]) {
    let mut sums = [T::ZERO; ROWS];
    for step in 0..count {
        let at = if order.reverse { count - 1 - step } else { step };
        for (row, sum) in sums.iter_mut().enumerate() {
            let next = sum.plus(x[row * count + at]);
            y[row * count + at] = if order.exclusive { *sum } else { next };
            *sum = next;
        }
    }
}

crate::simd! {
    /// y = a + b.
    fn add_row<S, T: Summand>(_s, a: &[T], b: &[T], y: &mut [T]) {
        y.iter_mut().zip(a.iter().zip(b)).for_each(|(y, (a, &b))| *y = a.plus(b));
    }
}

/// Values, and columns, of one job.
const PIECE: usize = 1 << 14;
const COLUMNS: usize = 256;

/// y[o, c, i] = Σ of x[o, c', i] over c' ≤ c (or ≥, or without c itself), for x of shape [outer, count, inner].
pub fn cumulative_sum<T: Summand>(order: Order, x: &[T], count: usize, inner: usize, y: &mut [T]) {
    let block = product(&[count, inner]);
    assert!(block > 0 && x.len() == y.len() && x.len().is_multiple_of(block), "cumulative sum: lengths");
    if inner == 1 {
        let bundle = (PIECE / count).next_multiple_of(ABREAST).max(ABREAST);
        parallel_parts(y, bundle * count, |part, y| {
            let x = &x[part * bundle * count..][..y.len()];
            for (x, y) in x.chunks(ABREAST * count).zip(y.chunks_mut(ABREAST * count)) {
                if x.len() == ABREAST * count {
                    scan_rows::<T, ABREAST>(order, x, count, y);
                } else {
                    x.chunks(count).zip(y.chunks_mut(count)).for_each(|(x, y)| scan_rows::<T, 1>(order, x, count, y));
                }
            }
        });
        return;
    }
    let cuts = inner.div_ceil(COLUMNS);
    let (blocks, parts) = (y.len() / block, Parts::new(y, 1));
    parallel(blocks * cuts, |job| {
        let (first, end) = (job % cuts * COLUMNS, (job % cuts * COLUMNS + COLUMNS).min(inner));
        let row_start = |step: usize| job / cuts * block + if order.reverse { count - 1 - step } else { step } * inner;
        let values = |step: usize| &x[row_start(step) + first..row_start(step) + end];
        // SAFETY: these columns of this block are this job's alone, and the two rows in use differ.
        let sums = |step: usize| unsafe { parts.range(row_start(step) + first, row_start(step) + end) };
        if order.exclusive {
            sums(0).fill(T::ZERO);
        } else {
            sums(0).copy_from_slice(values(0));
        }
        for step in 1..count {
            add_row(sums(step - 1), values(if order.exclusive { step - 1 } else { step }), sums(step));
        }
    });
}
