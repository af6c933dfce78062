//! The register tile of the matrix product and the packing of its operands.
//!
//! Operands are copied into panels first: a panel holds `width` lanes (rows of A or columns of B), depth after depth, so that the tile
//! reads both operands straight through. Panels are padded with zeros, never with what the memory held before.

use super::Precision;
use crate::simd::Simd;

/// Rows to ask for ahead where a panel takes a short piece of each of many rows, which the processor does not foresee.
pub const AHEAD: usize = 12;

/// Where a panel's numbers come from: lane l at depth d lies at start + l · lane_stride + d · depth_stride.
#[derive(Clone, Copy)]
pub struct Lanes {
    pub start: *const f32,
    pub lane_stride: usize,
    pub depth_stride: usize,
    pub lanes: usize,
    pub depth: usize,
}

/// How panels look and are multiplied.
pub trait Tile: Copy + Send + Sync + 'static {
    type Level: Simd;
    const ROWS: usize = Self::Level::TILE_ROWS;
    const COLUMNS: usize = 2 * Self::Level::LANES;
    const PRECISION: Precision;
    /// Depths that share one 32-bit word of a panel.
    const DEPTH_PER_WORD: usize;

    fn level(self) -> Self::Level;

    /// Writes a panel of `width` lanes: width · ceil(depth / DEPTH_PER_WORD) words.
    ///
    /// # Safety
    /// `source` must be readable and `target` writable to that extent; one of the strides of `source` must be 1.
    unsafe fn pack(self, source: Lanes, width: usize, target: *mut f32);

    /// C (+)= A · B for `R` rows and `V` vectors of columns, of which the first `columns` exist.
    ///
    /// # Safety
    /// `a` and `b` must be panels of `words` words a lane, and R rows of `columns` floats at `c` must be writable.
    unsafe fn multiply<const R: usize, const V: usize>(
        self,
        words: usize,
        a: *const f32,
        b: *const f32,
        c: *mut f32,
        stride: usize,
        columns: usize,
        accumulate: bool,
    );
}

/// Adds accumulators to C, or puts them there.
///
/// # Safety
/// As `Tile::multiply`.
#[inline(always)]
pub unsafe fn write_tile<S: Simd, const R: usize, const V: usize>(
    s: S,
    sums: &[[S::F; V]; R],
    c: *mut f32,
    stride: usize,
    columns: usize,
    accumulate: bool,
) {
    for (row, sums) in sums.iter().enumerate() {
        for (vector, &sum) in sums.iter().enumerate() {
            let count = columns.saturating_sub(vector * S::LANES).min(S::LANES);
            // SAFETY: only the first `columns` floats of the row are touched.
            unsafe {
                let to = c.add(row * stride + vector * S::LANES);
                if count == S::LANES {
                    s.store_to(to, if accumulate { s.add(sum, s.load_from(to)) } else { sum });
                } else {
                    s.store_first(to, if accumulate { s.add(sum, s.load_first(to, count)) } else { sum }, count);
                }
            }
        }
    }
}

/// Float32 panels and products.
#[derive(Clone, Copy)]
pub struct Float<S>(pub S);

impl<S: Simd> Tile for Float<S> {
    type Level = S;
    const PRECISION: Precision = Precision::Float32;
    const DEPTH_PER_WORD: usize = 1;

    #[inline(always)]
    fn level(self) -> S {
        self.0
    }

    #[inline(always)]
    unsafe fn pack(self, source: Lanes, width: usize, target: *mut f32) {
        let s = self.0;
        for lane in (0..width).step_by(S::LANES) {
            let block = S::LANES.min(width - lane);
            let live = source.lanes.saturating_sub(lane).min(block);
            // SAFETY: reads stay inside lanes × depth, writes inside width × depth. (Where no lane is live, `from` may lie beyond both.)
            unsafe {
                let from = source.start.wrapping_add(lane * source.lane_stride);
                let to = target.add(lane);
                if source.lane_stride == 1 {
                    for depth in 0..source.depth {
                        let (from, to) = (from.wrapping_add(depth * source.depth_stride), to.add(depth * width));
                        s.prefetch(from.wrapping_add(AHEAD * source.depth_stride), live);
                        let value = if live == S::LANES { s.load_from(from) } else { s.load_first(from, live) };
                        if block == S::LANES { s.store_to(to, value) } else { s.store_first(to, value, block) }
                    }
                } else {
                    for depth in (0..source.depth).step_by(S::LANES) {
                        let count = S::LANES.min(source.depth - depth);
                        s.transpose(from.wrapping_add(depth), source.lane_stride, live, count, to.add(depth * width), width, block);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply<const R: usize, const V: usize>(
        self,
        words: usize,
        mut a: *const f32,
        mut b: *const f32,
        c: *mut f32,
        stride: usize,
        columns: usize,
        accumulate: bool,
    ) {
        let s = self.0;
        let mut sums = [[s.splat(0.0); V]; R];
        for _ in 0..words {
            // SAFETY: the panels have `words` words a lane.
            unsafe {
                let mut right = [s.splat(0.0); V];
                for (vector, value) in right.iter_mut().enumerate() {
                    *value = s.load_from(b.add(vector * S::LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = s.splat(*a.add(row));
                    for (sum, &right) in sums.iter_mut().zip(&right) {
                        *sum = s.fma(left, right, *sum);
                    }
                }
                a = a.add(Self::ROWS);
                b = b.add(Self::COLUMNS);
            }
        }
        // SAFETY: the caller vouches for C.
        unsafe { write_tile(s, &sums, c, stride, columns, accumulate) }
    }
}

/// Picks the tile for this many rows and columns.
///
/// # Safety
/// As `Tile::multiply`.
#[inline(always)]
pub unsafe fn multiply_tile<T: Tile>(
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
