//! Picking rows by number, and adding rows back to where they came from.

use crate::product;
use crate::threads::{Parts, parallel, parallel_parts};

/// Panics unless every index is below `limit`.
fn check(indices: &[i32], limit: usize) {
    for &index in indices {
        assert!(usize::try_from(index).is_ok_and(|index| index < limit), "the index value {index} is not in [0, {}]", limit as i64 - 1);
    }
}

/// Sizes of a gather: x [batch, outer, rows, inner] at indices [batch, count] gives [batch, outer, count, inner].
#[derive(Clone, Copy)]
pub struct Sizes {
    pub batch: usize,
    pub outer: usize,
    pub rows: usize,
    pub count: usize,
    pub inner: usize,
}

/// y[b, o, i, :] = x[b, o, indices[b, i], :].
pub fn gather<T: Copy + Send + Sync>(x: &[T], indices: &[i32], sizes: Sizes, y: &mut [T]) {
    let Sizes { batch, outer, rows, count, inner } = sizes;
    assert!(
        x.len() == product(&[batch, outer, rows, inner])
            && indices.len() == product(&[batch, count])
            && y.len() == product(&[batch, outer, count, inner]),
        "gather: lengths"
    );
    check(indices, rows);
    if y.is_empty() {
        return;
    }
    let bundle = ((1 << 14) / inner).max(1);
    parallel_parts(y, bundle * inner, |part, y| {
        for (index, y) in y.chunks_exact_mut(inner).enumerate() {
            let (block, item) = ((part * bundle + index) / count, (part * bundle + index) % count);
            let row = block * rows + indices[block / outer * count + item] as usize;
            y.copy_from_slice(&x[row * inner..][..inner]);
        }
    });
}

/// dx[b, r, :] = Σ over i with indices[b, i] = r of dy[b, i, :], in the order of i: the gradient of `gather` with outer = 1.
pub fn scatter_add(dy: &[f32], indices: &[i32], sizes: Sizes, dx: &mut [f32]) {
    let Sizes { batch, rows, count, inner, .. } = sizes;
    assert!(
        dx.len() == product(&[batch, rows, inner])
            && indices.len() == product(&[batch, count])
            && dy.len() == product(&[batch, count, inner]),
        "scatter: lengths"
    );
    check(indices, rows);
    if dx.is_empty() {
        return;
    }
    // One block: the columns are shared out, so that every sum stays in one thread.
    let cuts = if batch == 1 { inner.div_ceil(64) } else { 1 };
    let width = inner.div_ceil(cuts);
    let all = Parts::new(dx, 1);
    parallel(batch * cuts, |job| {
        let (block, first) = (job / cuts, job % cuts * width);
        let end = (first + width).min(inner);
        if first >= end {
            return;
        }
        let row_of = |row: usize| {
            let start = (block * rows + row) * inner;
            // SAFETY: these columns of this block are this job's alone.
            unsafe { all.range(start + first, start + end) }
        };
        for row in 0..rows {
            row_of(row).fill(0.0);
        }
        for (item, &row) in indices[block * count..][..count].iter().enumerate() {
            let from = &dy[(block * count + item) * inner..][first..end];
            row_of(row as usize).iter_mut().zip(from).for_each(|(sum, value)| *sum += value);
        }
    });
}

/// y[s, :] = Σ over rows r with ids[r] = s of x[r, :]; rows with an id outside [0, segments) are left out.
pub fn segment_sum(x: &[f32], ids: &[i32], inner: usize, y: &mut [f32]) {
    assert!(inner > 0 && x.len() == product(&[ids.len(), inner]) && y.len().is_multiple_of(inner), "segment sum: lengths");
    let segments = y.len() / inner;
    let kept: Vec<usize> = (0..ids.len()).filter(|&row| usize::try_from(ids[row]).is_ok_and(|id| id < segments)).collect();
    y.fill(0.0);
    let cuts = inner.div_ceil(64);
    let all = Parts::new(y, 1);
    parallel(cuts, |cut| {
        let (first, end) = (cut * 64, (cut * 64 + 64).min(inner));
        for &row in &kept {
            let start = ids[row] as usize * inner;
            // SAFETY: these columns are this job's alone.
            let sums = unsafe { all.range(start + first, start + end) };
            sums.iter_mut().zip(&x[row * inner..][first..end]).for_each(|(sum, value)| *sum += value);
        }
    });
}
