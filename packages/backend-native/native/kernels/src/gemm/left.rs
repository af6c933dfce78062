//! Some rows of A times a packed B, in one thread.

use super::tile::{Lanes, Tile, multiply_tile};
use super::{Finish, Matrix, MatrixMut, Precision, Right, Shape, tiled};
use crate::scratch::with_scratch;
use crate::simd::Simd;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Floats of A that one job packs: with what else it reads, half of a second-level cache.
const LEFT_FLOATS: usize = 192 * 768;
/// Rows of one job, at most: fewer make B's panels travel more, more leave threads waiting for the last job.
const MOST_ROWS: usize = 96;
/// Jobs that there should be at least.
const JOBS: usize = 16;
/// Columns that are finished before the next ones are begun: their unfinished sums stay in the cache.
const GROUP_COLUMNS: usize = 256;

/// Rows of A that one job can have: what the cache holds.
pub fn most_rows(precision: Precision, depth: usize) -> usize {
    let tile = Shape::of(precision).rows;
    (LEFT_FLOATS / depth.max(1)).clamp(tile, MOST_ROWS) / tile * tile
}

/// Rows of A for one job: enough jobs for many threads, few enough rows for the cache. It does not depend on the threads at hand, so
/// sums over the rows of a job may be kept.
pub fn rows_per_job(precision: Precision, rows: usize, depth: usize) -> usize {
    let tile = Shape::of(precision).rows;
    let most = most_rows(precision, depth);
    rows.div_ceil(JOBS).next_multiple_of(tile).clamp(tile.max(most.min(4 * tile)), most)
}

/// Where a job's result goes.
pub struct Output<'a> {
    /// The job's rows, all columns of B.
    pub c: MatrixMut<'a>,
    /// First row and column of `c` within what `finish` counts in.
    pub row: usize,
    pub column: usize,
    /// Panels of B that this job multiplies.
    pub panels: Range<usize>,
    /// C += A · B.
    pub accumulate: bool,
    /// Writes past the caches.
    pub stream: bool,
}

impl<'a> Output<'a> {
    /// All columns of rows that are counted from `row` on.
    pub fn of_rows(c: MatrixMut<'a>, row: usize, right: &Right<'_>, stream: bool) -> Self {
        Self { c, row, column: 0, panels: 0..right.panels(), accumulate: false, stream }
    }
}

/// Computes c = a · right, row by row of tiles; every element of `c` is written once, after `finish`.
pub fn multiply_rows<F: Finish>(right: &Right<'_>, a: Matrix<'_>, output: &Output<'_>, finish: &F) {
    let shape = right.shape;
    assert!(a.columns == right.depth && a.rows == output.c.rows && output.c.columns == right.columns, "product: sizes");
    assert!(output.panels.end <= right.panels(), "product: panels");
    let left = a.rows.next_multiple_of(shape.rows) * a.columns.div_ceil(shape.per_word);
    let sums = if right.depth > right.block { a.rows.next_multiple_of(shape.rows) * GROUP_COLUMNS } else { 0 };
    with_scratch(left, |left| with_scratch(sums, |sums| run(shape.precision, right, a, output, finish, left, sums)));
}

// Vector code must not sit in a closure: closures are functions of their own, compiled without the level's instructions.
tiled! {
    fn run<T, F: Finish>(tile, right: &Right<'_>, a: Matrix<'_>, output: &Output<'_>, finish: &F, left: &mut [f32], sums: &mut [f32]) {
        let s = tile.level();
        // Panels of `left` lie block after block, like those of B.
        let rows = a.rows.next_multiple_of(T::ROWS);
        for depth in (0..a.columns).step_by(right.block) {
            let count = right.block.min(a.columns - depth);
            let words = count.div_ceil(T::DEPTH_PER_WORD);
            let start = depth.div_ceil(T::DEPTH_PER_WORD) * rows;
            for row in (0..a.rows).step_by(T::ROWS) {
                let lanes = Lanes { start: a.at(row, depth), lane_stride: a.row_stride, depth_stride: a.column_stride, lanes: T::ROWS.min(a.rows - row), depth: count };
                let panel = &mut left[start + row * words..][..T::ROWS * words];
                // SAFETY: rows and depths are inside `a`, and the panel is as long as it must be.
                unsafe { tile.pack(lanes, T::ROWS, panel.as_mut_ptr()) }
            }
        }
        let group = GROUP_COLUMNS / T::COLUMNS;
        for first in output.panels.clone().step_by(group) {
            let panels = first..(first + group).min(output.panels.end);
            for depth in (0..a.columns).step_by(right.block) {
                let count = right.block.min(a.columns - depth);
                let words = count.div_ceil(T::DEPTH_PER_WORD);
                let start = depth.div_ceil(T::DEPTH_PER_WORD) * rows;
                let last = depth + count == a.columns;
                for panel in panels.clone() {
                    let packed = right.panel(depth, count, panel);
                    let place = (panel - first) * T::COLUMNS;
                    for row in (0..a.rows).step_by(T::ROWS) {
                        let live = T::ROWS.min(a.rows - row);
                        let left = &left[start + row * words..][..T::ROWS * words];
                        if !last {
                            let sums = &mut sums[row * GROUP_COLUMNS + place..][..(live - 1) * GROUP_COLUMNS + T::COLUMNS];
                            // SAFETY: both panels have `words` words a lane, and the sums hold `live` rows of a panel's width.
                            unsafe { multiply_tile(tile, words, left, packed, sums.as_mut_ptr(), GROUP_COLUMNS, live, T::COLUMNS, depth > 0) }
                            continue;
                        }
                        let earlier = (depth > 0).then(|| &sums[row * GROUP_COLUMNS + place..]);
                        finish_tile(tile, s, words, left, packed, earlier, output, row, live, panel * T::COLUMNS, finish);
                    }
                }
            }
        }
        // Also for what `finish` streamed.
        s.fence();
    }
}

/// The last block of a tile: adds what came before, finishes, writes to C.
#[inline(always)]
fn finish_tile<T: Tile, F: Finish>(
    tile: T,
    s: T::Level,
    words: usize,
    left: &[f32],
    right: &[f32],
    earlier: Option<&[f32]>,
    output: &Output<'_>,
    row: usize,
    rows: usize,
    column: usize,
    finish: &F,
) {
    let c = &output.c;
    let width = T::COLUMNS.min(c.columns - column);
    if F::NOTHING && earlier.is_none() && !output.stream {
        // SAFETY: both panels have `words` words a lane; rows and columns are inside C, and this job's alone.
        unsafe { multiply_tile(tile, words, left, right, c.at(row, column), c.stride, rows, width, output.accumulate) };
        return;
    }
    for row in row..row + rows {
        finish.prefetch(s, output.row + row, output.column + column, width);
    }
    let mut local = MaybeUninit::<Local>::uninit();
    let start = local.as_mut_ptr().cast::<f32>();
    // SAFETY: as above; `local` has `rows` rows of a panel's width, and the product writes all of the columns that exist.
    let local = unsafe {
        multiply_tile(tile, words, left, right, start, T::COLUMNS, rows, width.next_multiple_of(T::Level::LANES), false);
        if width <= T::COLUMNS / 2 {
            // The second vector of each row was left out.
            for row in 0..rows {
                start.add(row * T::COLUMNS + T::Level::LANES).write_bytes(0, T::Level::LANES);
            }
        }
        std::slice::from_raw_parts_mut(start, rows * T::COLUMNS)
    };
    for (index, sums) in local.chunks_exact_mut(T::COLUMNS).enumerate() {
        let sums = &mut sums[..width];
        // SAFETY: this part of C is this job's alone.
        let target = unsafe { c.row(row + index, column, width) };
        if let Some(earlier) = earlier {
            add_to(s, sums, &earlier[index * GROUP_COLUMNS..][..width]);
        }
        if output.accumulate {
            add_to(s, sums, target);
        }
        finish.row(s, output.row + row + index, output.column + column, sums);
        for at in (0..width).step_by(T::Level::LANES) {
            if output.stream {
                s.stream(target, at, s.read(sums, at));
            } else {
                s.write(target, at, s.read(sums, at));
            }
        }
    }
}

#[inline(always)]
fn add_to<S: Simd>(s: S, sums: &mut [f32], others: &[f32]) {
    for at in (0..sums.len()).step_by(S::LANES) {
        s.write(sums, at, s.add(s.read(others, at), s.read(sums, at)));
    }
}

/// A tile's sums, aligned for whole vectors.
#[repr(align(64))]
struct Local(#[allow(dead_code, reason = "written and read through its address")] [f32; 12 * 32]);
