//! Copies between strided blocks: transposition, slice, concatenation, padding, tiling, reversal and broadcasting are all this.

use crate::threads::parallel;

/// What can be copied: 32-bit and 8-bit values.
pub trait Element: Copy + Send + Sync {
    /// True where `transpose_block` is better than a loop.
    const VECTORS: bool;

    /// target[c · target_stride + r] = source[r · source_stride + c].
    ///
    /// # Safety
    /// The target's elements must be writable, and nobody else's.
    unsafe fn transpose_block(source: &[Self], source_stride: usize, target: *mut Self, target_stride: usize, rows: usize, columns: usize);
}

impl Element for f32 {
    const VECTORS: bool = true;

    unsafe fn transpose_block(source: &[f32], source_stride: usize, target: *mut f32, target_stride: usize, rows: usize, columns: usize) {
        transpose_floats(source, source_stride, Target(target), target_stride, rows, columns);
    }
}

impl Element for u8 {
    const VECTORS: bool = false;

    unsafe fn transpose_block(source: &[u8], source_stride: usize, target: *mut u8, target_stride: usize, rows: usize, columns: usize) {
        for row in 0..rows {
            for column in 0..columns {
                // SAFETY: the caller vouches for the target.
                unsafe { *target.add(column * target_stride + row) = source[row * source_stride + column] };
            }
        }
    }
}

/// A place that the maker of the value vouches for.
struct Target(*mut f32);

crate::simd! {
    fn transpose_floats<S>(s, source: &[f32], source_stride: usize, target: Target, target_stride: usize, rows: usize, columns: usize) {
        if rows == 0 || columns == 0 {
            return;
        }
        assert!((rows - 1) * source_stride + columns <= source.len());
        for row in (0..rows).step_by(S::LANES) {
            let height = S::LANES.min(rows - row);
            for column in (0..columns).step_by(S::LANES) {
                let width = S::LANES.min(columns - column);
                // SAFETY: the block is inside the source, by the assertion above, and inside the target, by the promise of `Target`.
                unsafe {
                    let from = source.as_ptr().add(row * source_stride + column);
                    s.transpose(from, source_stride, height, width, target.0.add(column * target_stride + row), target_stride, height);
                }
            }
        }
    }
}

/// One axis of a copy.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    pub size: usize,
    /// Step in the source: 0 repeats, negative runs backwards.
    pub source: isize,
    /// Step in the target.
    pub target: usize,
}

/// Joins neighbours that are one run in both source and target.
fn simplify(axes: &[Axis]) -> Vec<Axis> {
    let mut kept: Vec<Axis> = Vec::with_capacity(axes.len());
    for &axis in axes {
        match kept.last_mut() {
            Some(outer) if outer.source == axis.source * axis.size as isize && outer.target == axis.target * axis.size => {
                *outer = Axis { size: outer.size * axis.size, ..axis };
            }
            _ => kept.push(axis),
        }
    }
    kept
}

/// Panics unless every offset is inside its slice and no two elements share a place in the target. (128 bits hold any sum of 64-bit products.)
fn check(axes: &[Axis], source: usize, target: usize, source_offset: usize, target_offset: usize) {
    let span = |axis: &Axis| axis.source as i128 * (axis.size as i128 - 1);
    let lowest = source_offset as i128 + axes.iter().map(span).filter(|&step| step < 0).sum::<i128>();
    let highest = source_offset as i128 + axes.iter().map(span).filter(|&step| step > 0).sum::<i128>();
    assert!(lowest >= 0 && highest < source as i128, "copy: the source has {source} elements, {lowest} to {highest} are asked for");
    let mut ascending: Vec<&Axis> = axes.iter().collect();
    ascending.sort_by_key(|axis| axis.target);
    let mut reach = 0;
    for axis in ascending {
        assert!(axis.target as i128 > reach, "copy: the target's strides overlap");
        reach += axis.target as i128 * (axis.size as i128 - 1);
    }
    assert!(target_offset as i128 + reach < target as i128, "copy: the target has {target} elements, more are asked for");
}

/// Elements that one job copies, at least.
const PIECE: usize = 1 << 14;

/// target[target_offset + Σ i·target] = source[source_offset + Σ i·source] for all index tuples; the last axis runs fastest.
pub fn copy<T: Element>(axes: &[Axis], source: &[T], source_offset: usize, target: &mut [T], target_offset: usize) {
    if axes.iter().any(|axis| axis.size == 0) {
        return;
    }
    let several: Vec<Axis> = axes.iter().copied().filter(|axis| axis.size != 1).collect();
    check(&several, source.len(), target.len(), source_offset, target_offset);
    let mut axes = simplify(&several);
    let inner = axes.pop().unwrap_or(Axis { size: 1, source: 1, target: 1 });
    // A transposition: some outer axis walks the source one by one while the inner one walks the target one by one.
    let across = axes.iter().rposition(|axis| axis.source == 1 && T::VECTORS && inner.target == 1 && inner.source > 1);
    let across = across.map(|position| axes.remove(position));
    let work = inner.size * across.map_or(1, |axis| axis.size);
    let outer: usize = axes.iter().map(|axis| axis.size).product();
    // A single large transposition is cut along the axis that walks the source.
    let cuts = if let (Some(axis), 1) = (across, outer) { axis.size.div_ceil(64) } else { 1 };
    let start_of = Start(target.as_mut_ptr());
    let bundle = if cuts > 1 { 1 } else { (PIECE / work).max(1) };
    parallel(outer.div_ceil(bundle) * cuts, |job| {
        for index in (job / cuts * bundle..outer).take(bundle) {
            let (mut from, mut to) = (source_offset as isize, target_offset);
            let mut rest = index;
            for axis in axes.iter().rev() {
                from += (rest % axis.size) as isize * axis.source;
                to += rest % axis.size * axis.target;
                rest /= axis.size;
            }
            // SAFETY: `check` has shown that all places are inside the target and that no two elements share one: each job has its own.
            unsafe {
                if let Some(axis) = across {
                    let start = if cuts > 1 { job % cuts * 64 } else { 0 };
                    let size = if cuts > 1 { (axis.size - start).min(64) } else { axis.size };
                    T::transpose_block(
                        &source[from as usize + start..],
                        inner.source as usize,
                        start_of.at(to + start * axis.target),
                        axis.target,
                        inner.size,
                        size,
                    );
                } else {
                    copy_run(source, from, inner, start_of.at(to));
                }
            }
        }
    });
}

/// Where the target begins, for all jobs.
struct Start<T>(*mut T);

// SAFETY: a job writes through it only where no other job does.
unsafe impl<T: Send> Sync for Start<T> {}

impl<T> Start<T> {
    fn at(&self, offset: usize) -> *mut T {
        self.0.wrapping_add(offset)
    }
}

/// One run along the innermost axis.
///
/// # Safety
/// The run's places in the target must be writable, and nobody else's.
unsafe fn copy_run<T: Element>(source: &[T], from: isize, axis: Axis, target: *mut T) {
    // SAFETY: a run with step 1 is a slice that the caller vouches for.
    let slice = |length| unsafe { std::slice::from_raw_parts_mut(target, length) };
    match (axis.source, axis.target) {
        (1, 1) => slice(axis.size).copy_from_slice(&source[from as usize..][..axis.size]),
        (0, 1) => slice(axis.size).fill(source[from as usize]),
        _ => {
            for index in 0..axis.size {
                // SAFETY: the caller vouches for the run's places.
                unsafe { *target.add(index * axis.target) = source[(from + index as isize * axis.source) as usize] };
            }
        }
    }
}
