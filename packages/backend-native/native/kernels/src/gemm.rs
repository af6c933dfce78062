//! The matrix product: C (+)= A · B, packed, in register tiles, on all threads.
//!
//! The order in which a sum over K is built depends on K alone (blocks of `depth_block`), never on the threads or on how rows and
//! columns are shared out, so the bytes are the same for any number of threads.

#[cfg(target_arch = "x86_64")]
mod bfloat16;
mod tile;

use crate::activation::activate;
use crate::level::{Level, processor};
pub use crate::matrix::{Matrix, MatrixMut};
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::threads::{Parts, parallel, thread_count};
use tile::{AHEAD, Float, Lanes, Tile};

/// What products multiply in. Sums are float32 in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    Float32,
    Bfloat16,
}

/// What is done to finished elements of C while they are in the cache.
pub trait Finish: Sync {
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
    #[inline(always)]
    fn row<S: Simd>(&self, _: S, _: usize, _: usize, _: &mut [f32]) {}
}

/// Words that B's panels may fill at a time: they should stay in the second- or third-level cache.
const PACKED_WORDS: usize = 1 << 20;
/// Rows of A that one job packs: with the depth block, half of a second-level cache.
const ROWS_PER_JOB: usize = 192;

/// Depth that a panel covers: A's and B's panels of one tile stay in the first-level cache. Even, for pairs of bfloat16.
fn depth_block(depth: usize, precision: Precision) -> usize {
    let most = if precision == Precision::Bfloat16 { 512 } else { 256 };
    let blocks = depth.div_ceil(most).max(1);
    depth.div_ceil(blocks).next_multiple_of(if depth > most { 32 } else { 2 })
}

/// The shape of a job: which part of a product one thread computes at a time.
struct Product<'a, F> {
    a: Matrix<'a>,
    c: &'a MatrixMut<'a>,
    /// First row and column of this part within the whole product, for `finish`.
    row: usize,
    column: usize,
    depth_block: usize,
    accumulate: bool,
    /// None while more of K is to come.
    finish: Option<&'a F>,
}

/// Compiles a function for each kind of tile and picks one: `tiled! { fn f<T>(tile, …) { … } }` becomes `fn f(precision, …)`.
macro_rules! tiled {
    ($(#[$attribute:meta])* fn $name:ident<$kind:ident $(, $generic:ident: $bound:path)*>($tile:ident $(, $argument:ident: $type:ty)* $(,)?) $body:block) => {
        $(#[$attribute])*
        fn $name<$($generic: $bound),*>(precision: Precision $(, $argument: $type)*) {
            #[inline(always)]
            fn body<$kind: Tile $(, $generic: $bound)*>($tile: $kind $(, $argument: $type)*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,avx2,fma")]
            fn wide_half<$($generic: $bound),*>(tile: bfloat16::Bfloat16 $(, $argument: $type)*) { body(tile $(, $argument)*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
            fn wide<$($generic: $bound),*>(tile: Float<crate::simd::Avx512> $(, $argument: $type)*) { body(tile $(, $argument)*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn half<$($generic: $bound),*>(tile: Float<crate::simd::Avx2> $(, $argument: $type)*) { body(tile $(, $argument)*) }
            match processor().level {
                // SAFETY: `bfloat16` says that AVX-512-BF16 was detected, the token that the rest was.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512(level) if precision == Precision::Bfloat16 => unsafe { wide_half(bfloat16::Bfloat16::new(level) $(, $argument)*) },
                // SAFETY: the token says that these were detected.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512(level) => unsafe { wide(Float(level) $(, $argument)*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2(level) => unsafe { half(Float(level) $(, $argument)*) },
                Level::Portable(level) => body(Float(level) $(, $argument)*),
            }
        }
    };
}

/// Width of B's panels, depths in a word, and rows of A's panels.
fn panel_shape(precision: Precision) -> (usize, usize, usize) {
    let (columns, rows) = match processor().level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => (32, 12),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => (16, 6),
        Level::Portable(_) => (8, 6),
    };
    (columns, if precision == Precision::Bfloat16 { 2 } else { 1 }, rows)
}

/// Floats that `through_activation` needs for one panel.
fn activated_floats(m: Matrix<'_>, lanes: usize, block: usize) -> usize {
    if m.activation.is_some() { lanes * block } else { 0 }
}

/// The lanes after the matrix's activation, in `memory`; the lanes themselves where there is none.
///
/// # Safety
/// The lanes must be readable.
#[inline(always)]
unsafe fn through_activation<S: Simd>(s: S, m: Matrix<'_>, source: Lanes, memory: &mut [f32]) -> Lanes {
    let Some((activation, closeness)) = m.activation else { return source };
    let Lanes { start, lane_stride, depth_stride, lanes, depth } = source;
    // Runs along the axis with step 1.
    let along_depth = depth_stride == 1;
    let (runs, length, stride) = if along_depth { (lanes, depth, lane_stride) } else { (depth, lanes, depth_stride) };
    for (run, y) in memory[..runs * length].chunks_exact_mut(length).enumerate() {
        s.prefetch(start.wrapping_add((run + AHEAD) * stride), length.min(32));
        // SAFETY: a run of the lanes, for which the caller vouches.
        let x = unsafe { std::slice::from_raw_parts(start.add(run * stride), length) };
        for at in (0..length).step_by(S::LANES) {
            s.write(y, at, activate(s, activation, closeness, s.read(x, at)));
        }
    }
    let (lane_stride, depth_stride) = if along_depth { (depth, 1) } else { (1, lanes) };
    Lanes { start: memory.as_ptr(), lane_stride, depth_stride, lanes, depth }
}

tiled! {
    /// Packs one panel of B: all columns of `b`, at most a panel's width.
    fn pack_panel<T>(tile, b: Matrix<'_>, panel: &mut [f32], memory: &mut [f32]) {
        assert!(b.columns <= T::COLUMNS && panel.len() >= T::COLUMNS * b.rows.div_ceil(T::DEPTH_PER_WORD));
        let lanes = Lanes { start: b.at(0, 0), lane_stride: b.column_stride, depth_stride: b.row_stride, lanes: b.columns, depth: b.rows };
        // SAFETY: `b` is readable by construction, the panel is long enough, and a Matrix has a stride of 1.
        unsafe {
            let lanes = through_activation(tile.level(), b, lanes, memory);
            tile.pack(lanes, T::COLUMNS, panel.as_mut_ptr());
        }
    }
}

/// Words that a job needs for its packed rows of A.
fn left_words(rows: usize, block: usize, per_word: usize, tile_rows: usize) -> usize {
    rows.next_multiple_of(tile_rows) * block.div_ceil(per_word)
}

// Vector code must not sit in a closure: closures are functions of their own, compiled without the level's instructions.
tiled! {
    /// One job: packs its rows of A block by block (into `left`) and multiplies them with the panels of B (all of `packed`).
    fn multiply_rows<T, F: Finish>(tile, product: &Product<'_, F>, packed: &[f32], left: &mut [f32], memory: &mut [f32]) {
        let (a, c) = (product.a, product.c);
        let panels = c.columns.div_ceil(T::COLUMNS);
        let mut block_start = 0;
        for depth in (0..a.columns).step_by(product.depth_block) {
            let count = product.depth_block.min(a.columns - depth);
            let words = count.div_ceil(T::DEPTH_PER_WORD);
            for row in (0..a.rows).step_by(T::ROWS) {
                let lanes = Lanes { start: a.at(row, depth), lane_stride: a.row_stride, depth_stride: a.column_stride, lanes: T::ROWS.min(a.rows - row), depth: count };
                let panel = &mut left[row * words..][..T::ROWS * words];
                // SAFETY: rows and depths are inside `a`, and the panel is as long as it must be.
                unsafe {
                    let lanes = through_activation(tile.level(), a, lanes, memory);
                    tile.pack(lanes, T::ROWS, panel.as_mut_ptr());
                }
            }
            let last = depth + count == a.columns;
            for panel in 0..panels {
                let column = panel * T::COLUMNS;
                let width = T::COLUMNS.min(c.columns - column);
                let right = &packed[block_start + panel * T::COLUMNS * words..][..T::COLUMNS * words];
                for row in (0..a.rows).step_by(T::ROWS) {
                    let rows = T::ROWS.min(a.rows - row);
                    let left = &left[row * words..][..T::ROWS * words];
                    let finish = product.finish.filter(|_| last);
                    if let Some(finish) = finish {
                        for row in row..row + rows {
                            finish.prefetch(tile.level(), product.row + row, product.column + column, width);
                        }
                    }
                    // SAFETY: both panels have `words` words a lane; rows and columns are inside C, and this job's alone.
                    unsafe { multiply_tile(tile, words, left, right, c.at(row, column), c.stride, rows, width, product.accumulate || depth > 0) }
                    if let Some(finish) = finish {
                        for row in row..row + rows {
                            // SAFETY: this part of C is this job's alone.
                            finish.row(tile.level(), product.row + row, product.column + column, unsafe { c.row(row, column, width) });
                        }
                    }
                }
            }
            block_start += panels * T::COLUMNS * words;
        }
    }
}

/// Picks the tile for this many rows and columns.
///
/// # Safety
/// As `Tile::multiply`.
#[inline(always)]
unsafe fn multiply_tile<T: Tile>(
    tile: T,
    words: usize,
    a: &[f32],
    b: &[f32],
    c: *mut f32,
    stride: usize,
    rows: usize,
    columns: usize,
    accumulate: bool,
) {
    macro_rules! by_rows {
        ($($rows:literal)*) => { match (rows, columns > T::COLUMNS / 2) {
            // SAFETY: passed on from the caller.
            $(($rows, true) => unsafe { tile.multiply::<$rows, 2>(words, a.as_ptr(), b.as_ptr(), c, stride, columns, accumulate) },
            // SAFETY: passed on from the caller.
            ($rows, false) => unsafe { tile.multiply::<$rows, 1>(words, a.as_ptr(), b.as_ptr(), c, stride, columns, accumulate) },)*
            _ => unreachable!("a tile has at most 12 rows"),
        } };
    }
    by_rows!(12 6 5 4 3 2 1 7 8 9 10 11)
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
    let precision = if processor().bfloat16 { precision } else { Precision::Float32 };
    if a.columns == 0 {
        return empty_sum(c, accumulate, finish);
    }
    let (width, per_word, tile_rows) = panel_shape(precision);
    let block = depth_block(a.columns, precision);
    // Columns and depth that are packed at a time.
    let columns = (PACKED_WORDS * per_word / block / width).max(1) * width;
    let depth = (PACKED_WORDS * per_word / c.columns.min(columns).next_multiple_of(width) / block).max(1) * block;
    for column in (0..c.columns).step_by(columns) {
        let columns = columns.min(c.columns - column);
        for start in (0..a.columns).step_by(depth) {
            let depth = depth.min(a.columns - start);
            let last = start + depth == a.columns;
            let right = block_of(b, start, depth, column, columns);
            let left = block_of(a, 0, a.rows, start, depth);
            let slab = Slab { precision, width, per_word, tile_rows, block, column, accumulate: accumulate || start > 0 };
            multiply_slab(&slab, left, right, c, last.then_some(finish));
        }
    }
}

/// Part of a matrix.
fn block_of(m: Matrix<'_>, row: usize, rows: usize, column: usize, columns: usize) -> Matrix<'_> {
    m.rows_from(row, rows).transposed().rows_from(column, columns).transposed()
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

/// What the jobs over one packed part of B have in common.
struct Slab {
    precision: Precision,
    width: usize,
    per_word: usize,
    tile_rows: usize,
    block: usize,
    column: usize,
    accumulate: bool,
}

fn multiply_slab<F: Finish>(slab: &Slab, a: Matrix<'_>, b: Matrix<'_>, c: &MatrixMut<'_>, finish: Option<&F>) {
    let panels = b.columns.div_ceil(slab.width);
    let blocks = b.rows.div_ceil(slab.block);
    // Words of the panels of a full block, one panel's first.
    let panel_words = slab.width * slab.block.div_ceil(slab.per_word);
    let block_words = panels * panel_words;
    with_scratch(blocks * block_words, |packed| {
        let parts = Parts::new(packed, 1);
        let bundle = (4096 / slab.block.max(1)).max(1);
        let bundles = panels.div_ceil(bundle);
        parallel(blocks * bundles, |job| {
            let (index, first) = (job / bundles, job % bundles * bundle);
            let rows = slab.block.min(b.rows - index * slab.block);
            let words = slab.width * rows.div_ceil(slab.per_word);
            for panel in first..(first + bundle).min(panels) {
                let columns = slab.width.min(b.columns - panel * slab.width);
                let start = index * block_words + panel * words;
                // SAFETY: panels follow one another without overlap: every panel is one job's.
                let target = unsafe { parts.range(start, start + words) };
                let part = block_of(b, index * slab.block, rows, panel * slab.width, columns);
                with_scratch(activated_floats(b, slab.width, slab.block), |memory| pack_panel(slab.precision, part, target, memory));
            }
        });
        let packed = &*packed;
        let threads = thread_count();
        let rows = a.rows.div_ceil(4 * threads).next_multiple_of(slab.tile_rows).clamp(4 * slab.tile_rows, ROWS_PER_JOB);
        let row_jobs = a.rows.div_ceil(rows);
        // Few rows: the columns are shared out as well, in whole panels, where one block holds all of K.
        let shares = if blocks == 1 && threads > 1 { (2 * threads).div_ceil(row_jobs).min(panels) } else { 1 };
        let share = panels.div_ceil(shares);
        parallel(row_jobs * shares, |job| {
            let (row, panel) = (job / shares * rows, job % shares * share);
            let column = panel * slab.width;
            if column >= b.columns {
                return;
            }
            let count = rows.min(a.rows - row);
            let columns = (share * slab.width).min(b.columns - column);
            // SAFETY: jobs have disjoint rows and columns of C.
            let target = unsafe { c.part(row, count, slab.column + column, columns) };
            let product = Product {
                a: a.rows_from(row, count),
                c: &target,
                row,
                column: slab.column + column,
                depth_block: slab.block,
                accumulate: slab.accumulate,
                finish,
            };
            let start = panel * slab.width * b.rows.min(slab.block).div_ceil(slab.per_word);
            with_scratch(left_words(count, slab.block, slab.per_word, slab.tile_rows), |left| {
                with_scratch(activated_floats(a, slab.tile_rows, slab.block), |memory| {
                    multiply_rows(slab.precision, &product, &packed[start..], left, memory);
                });
            });
        });
    });
}

#[cfg(test)]
mod tests;
