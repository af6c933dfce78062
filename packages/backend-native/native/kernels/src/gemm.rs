//! The matrix product: C (+)= A · B, packed, in register tiles, on all threads.
//!
//! The order in which a sum over K is built depends on the shape alone (blocks of `depth_block`), never on the threads or on how rows
//! and columns are shared out, so the bytes are the same for any number of threads.

#[cfg(target_arch = "x86_64")]
mod bfloat16;
mod downward;
mod left;
mod right;
mod tile;

use crate::level::{Level, processor};
pub use crate::matrix::{Matrix, MatrixMut};
use crate::simd::Simd;
use crate::threads::{is_busy, parallel, thread_count};
pub use downward::{Rows, multiply_downward};
pub use left::{Output, most_rows, multiply_rows, rows_per_job};
pub use right::{Right, with_right};
use tile::{Float, Tile};

/// What products multiply in. Sums are float32 in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    Float32,
    Bfloat16,
}

/// What is done to finished elements of C while they are in the cache.
pub trait Finish: Sync {
    /// True where `row` does nothing.
    const NOTHING: bool = false;

    /// `c` is part of row `row`, from `column` on, and holds A · B (plus what was there before, when accumulating).
    fn row<S: Simd>(&self, s: S, row: usize, column: usize, c: &mut [f32]);

    /// Asks for what `row` will need from elsewhere: called before the row's tile is computed, since its pieces of far-apart rows
    /// are not foreseen by the processor.
    #[inline(always)]
    fn prefetch<S: Simd>(&self, _: S, _row: usize, _column: usize, _width: usize) {}
}

/// Nothing.
pub struct Done;

impl Finish for Done {
    const NOTHING: bool = true;

    #[inline(always)]
    fn row<S: Simd>(&self, _: S, _: usize, _: usize, _: &mut [f32]) {}
}

/// Words of B's panels that are packed at a time, at most: 16 MB.
const PACKED_WORDS: usize = 1 << 22;
/// From this many floats on, a result is written past the caches: it would push out what is still needed, and whoever reads it
/// starts at its beginning, which would be gone (measured: 43 against 15 GB/s).
pub const STREAM_FROM: usize = 1 << 20;

/// Depth that a panel covers: A's and B's panels of one tile stay in the first-level cache. Even, for pairs of bfloat16.
fn depth_block(depth: usize, precision: Precision) -> usize {
    let most = if precision == Precision::Bfloat16 { 512 } else { 256 };
    let blocks = depth.div_ceil(most).max(1);
    depth.div_ceil(blocks).next_multiple_of(if depth > most { 32 } else { 2 })
}

/// Compiles a function for each kind of tile and picks one: `tiled! { fn f<T>(tile, …) { … } }` becomes `fn f(precision, …)`.
macro_rules! tiled {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident<$kind:ident $(, $generic:ident: $bound:path)*>($tile:ident $(, $argument:ident: $type:ty)* $(,)?) $body:block) => {
        $(#[$attribute])*
        $visibility fn $name<$($generic: $bound),*>(precision: $crate::gemm::Precision $(, $argument: $type)*) {
            #[inline(always)]
            fn body<$kind: $crate::gemm::tile::Tile $(, $generic: $bound)*>($tile: $kind $(, $argument: $type)*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
            fn wide_half<$($generic: $bound),*>(tile: $crate::gemm::bfloat16::Bfloat16 $(, $argument: $type)*) { body(tile $(, $argument)*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
            fn wide<$($generic: $bound),*>(tile: $crate::gemm::tile::Float<$crate::simd::Avx512> $(, $argument: $type)*) { body(tile $(, $argument)*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn half<$($generic: $bound),*>(tile: $crate::gemm::tile::Float<$crate::simd::Avx2> $(, $argument: $type)*) { body(tile $(, $argument)*) }
            use $crate::level::Level;
            match $crate::level::processor().level {
                // SAFETY: `bfloat16` says that AVX-512-BF16 was detected, the token that the rest was.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512(level) if precision == $crate::gemm::Precision::Bfloat16 => unsafe {
                    wide_half($crate::gemm::bfloat16::Bfloat16::new(level) $(, $argument)*)
                },
                // SAFETY: the token says that these were detected.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512(level) => unsafe { wide($crate::gemm::tile::Float(level) $(, $argument)*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2(level) => unsafe { half($crate::gemm::tile::Float(level) $(, $argument)*) },
                Level::Portable(level) => body($crate::gemm::tile::Float(level) $(, $argument)*),
            }
        }
    };
}
use tiled;

/// How panels look at a precision.
#[derive(Clone, Copy)]
struct Shape {
    precision: Precision,
    /// Columns of B's panels.
    columns: usize,
    /// Rows of A's panels.
    rows: usize,
    /// Depths in a word.
    per_word: usize,
}

impl Shape {
    /// Bfloat16 becomes float32 where the processor lacks it.
    fn of(precision: Precision) -> Self {
        let precision = if processor().bfloat16 { precision } else { Precision::Float32 };
        let (columns, rows) = match processor().level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => (Float::<crate::simd::Avx512>::COLUMNS, Float::<crate::simd::Avx512>::ROWS),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => (Float::<crate::simd::Avx2>::COLUMNS, Float::<crate::simd::Avx2>::ROWS),
            Level::Portable(_) => (Float::<crate::simd::Portable>::COLUMNS, Float::<crate::simd::Portable>::ROWS),
        };
        Self { precision, columns, rows, per_word: if precision == Precision::Bfloat16 { 2 } else { 1 } }
    }
}

/// C = A · B, or C += A · B; then `finish` for every element.
pub fn gemm<F: Finish>(precision: Precision, a: Matrix<'_>, b: Matrix<'_>, c: &MatrixMut<'_>, accumulate: bool, finish: &F) {
    assert!(
        a.rows == c.rows && b.columns == c.columns && a.columns == b.rows,
        "gemm: {}x{} times {}x{} into {}x{}",
        a.rows,
        a.columns,
        b.rows,
        b.columns,
        c.rows,
        c.columns
    );
    if c.rows == 0 || c.columns == 0 {
        return;
    }
    if a.columns == 0 {
        return empty_sum(c, accumulate, finish);
    }
    // Long sums of two operands that lie depth by depth: the gradients of weights.
    if F::NOTHING && !accumulate && a.row_stride == 1 && b.column_stride == 1 && a.columns >= 4 * 256 {
        return multiply_downward(precision, Rows::plain(a.transposed()), Rows::plain(b), c);
    }
    let shape = Shape::of(precision);
    let stream = !accumulate && c.rows * c.columns >= STREAM_FROM;
    let columns = (PACKED_WORDS * shape.per_word / a.columns / shape.columns).max(1) * shape.columns;
    for column in (0..c.columns).step_by(columns) {
        let columns = columns.min(c.columns - column);
        with_right(precision, b.columns_from(column, columns), |right| {
            // A product inside a job is one job, unless it is too tall for the cache.
            let alone = is_busy() && a.rows * a.columns <= 1 << 16;
            let rows = if alone { a.rows } else { rows_per_job(precision, a.rows, a.columns) };
            let row_jobs = a.rows.div_ceil(rows);
            // Few rows: the columns are shared out as well, in whole panels.
            let panels = columns.div_ceil(shape.columns);
            let shares = if thread_count() > 1 && !is_busy() { (2 * thread_count()).div_ceil(row_jobs).min(panels) } else { 1 };
            let share = panels.div_ceil(shares);
            parallel(row_jobs * shares, |job| {
                let (row, first) = (job / shares * rows, job % shares * share);
                if first >= panels {
                    return;
                }
                let count = rows.min(a.rows - row);
                let output = Output {
                    // SAFETY: jobs have disjoint rows and columns of C.
                    c: unsafe { c.part(row, count, column, columns) },
                    row,
                    column,
                    panels: first..(first + share).min(panels),
                    accumulate,
                    stream,
                };
                multiply_rows(right, a.rows_from(row, count), &output, finish);
            });
        });
    }
}

/// C = 0 (or stays) when there is nothing to sum.
fn empty_sum<F: Finish>(c: &MatrixMut<'_>, accumulate: bool, finish: &F) {
    for row in 0..c.rows {
        // SAFETY: one thread, one row at a time.
        let values = unsafe { c.row(row, 0, c.columns) };
        if !accumulate {
            values.fill(0.0);
        }
        finish.row(crate::simd::Portable, row, 0, values);
    }
}

#[cfg(test)]
mod tests;
