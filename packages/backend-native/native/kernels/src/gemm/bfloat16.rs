//! Products of bfloat16 added in float32: AVX-512-BF16. A word of a panel holds two consecutive depths of a lane, the earlier one low.

use super::Precision;
use super::tile::{AHEAD, Lanes, Tile, write_tile};
use crate::simd::{Avx512, Simd};
use std::arch::x86_64::*;

/// Proof that the processor has AVX-512-BF16 besides the rest.
#[derive(Clone, Copy)]
pub struct Bfloat16(Avx512);

impl Bfloat16 {
    /// # Safety
    /// The processor must have AVX-512-BF16.
    pub unsafe fn new(level: Avx512) -> Self {
        Self(level)
    }
}

/// Two rows of 16 floats as 16 words: the low half from `low`, the high half from `high`.
///
/// # Safety
/// The processor must have AVX-512 BW and BF16.
#[inline(always)]
unsafe fn interleave(low: __m512, high: __m512) -> __m512i {
    // SAFETY: conversions and shuffles only; the caller vouches for the instructions.
    unsafe {
        // The conversion puts all of `low` before all of `high`; the permutation brings the pairs together.
        let order = _mm512_set_epi16(
            31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0,
        );
        _mm512_permutexvar_epi16(order, std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low)))
    }
}

impl Bfloat16 {
    /// The lanes lie side by side: pairs of rows are woven together.
    ///
    /// # Safety
    /// As `Tile::pack`, for a block of at most 16 lanes of which `live` exist.
    #[inline(always)]
    unsafe fn pack_rows(self, source: Lanes, live: usize, block: usize, width: usize, target: *mut f32) {
        let (read, write) = (crate::simd::first_lanes(live), crate::simd::first_lanes(block));
        for word in 0..source.depth.div_ceil(2) {
            // SAFETY: masks keep reads inside the live lanes and writes inside the block; an odd last depth is paired with zeros.
            unsafe {
                let low = source.start.wrapping_add(2 * word * source.depth_stride);
                self.0.prefetch(low.wrapping_add(AHEAD * source.depth_stride), live);
                self.0.prefetch(low.wrapping_add((AHEAD + 1) * source.depth_stride), live);
                let low_row = _mm512_maskz_loadu_ps(read, low);
                let high_row = if 2 * word + 1 < source.depth {
                    _mm512_maskz_loadu_ps(read, low.wrapping_add(source.depth_stride))
                } else {
                    _mm512_setzero_ps()
                };
                _mm512_mask_storeu_epi32(target.add(word * width).cast(), write, interleave(low_row, high_row));
            }
        }
    }

    /// Each lane lies along its depth: 32 depths become 16 words, and blocks of 16 × 16 words are transposed.
    ///
    /// # Safety
    /// As `pack_rows`.
    #[inline(always)]
    unsafe fn pack_columns(self, source: Lanes, live: usize, block: usize, width: usize, target: *mut f32) {
        let write = crate::simd::first_lanes(block);
        for depth in (0..source.depth).step_by(32) {
            let count = (source.depth - depth).min(32);
            let (low_mask, high_mask) = (crate::simd::first_lanes(count.min(16)), crate::simd::first_lanes(count.saturating_sub(16)));
            // SAFETY: masks keep reads inside lanes × depth and writes inside the block.
            unsafe {
                let mut words = [_mm512_setzero_ps(); 16];
                for (lane, words) in words.iter_mut().enumerate() {
                    if lane < live {
                        let from = source.start.add(lane * source.lane_stride + depth);
                        let low = _mm512_maskz_loadu_ps(low_mask, from);
                        let high = _mm512_maskz_loadu_ps(high_mask, from.wrapping_add(16));
                        *words = std::mem::transmute::<__m512bh, __m512>(_mm512_cvtne2ps_pbh(high, low));
                    }
                }
                crate::simd::transpose_lanes(&mut words);
                for (word, &value) in words.iter().enumerate() {
                    if word < count.div_ceil(2) {
                        _mm512_mask_storeu_ps(target.add((depth / 2 + word) * width), write, value);
                    }
                }
            }
        }
    }
}

impl Tile for Bfloat16 {
    type Level = Avx512;
    const PRECISION: Precision = Precision::Bfloat16;
    const DEPTH_PER_WORD: usize = 2;

    #[inline(always)]
    fn level(self) -> Avx512 {
        self.0
    }

    #[inline(always)]
    unsafe fn pack(self, source: Lanes, width: usize, target: *mut f32) {
        for lane in (0..width).step_by(16) {
            let block = (width - lane).min(16);
            let live = source.lanes.saturating_sub(lane).min(block);
            let from = Lanes { start: source.start.wrapping_add(lane * source.lane_stride), ..source };
            // SAFETY: a block of the panel that the caller vouches for.
            unsafe {
                if source.lane_stride == 1 {
                    self.pack_rows(from, live, block, width, target.add(lane));
                } else {
                    self.pack_columns(from, live, block, width, target.add(lane));
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
            // SAFETY: the panels have `words` words a lane; the token proves the instructions. A __m512bh is 512 plain bits.
            unsafe {
                let mut right = [_mm512_setzero_si512(); V];
                for (vector, value) in right.iter_mut().enumerate() {
                    *value = _mm512_loadu_si512(b.add(vector * 16).cast());
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let left = std::mem::transmute::<__m512i, __m512bh>(_mm512_set1_epi32(*a.add(row).cast::<i32>()));
                    for (sum, &right) in sums.iter_mut().zip(&right) {
                        *sum = _mm512_dpbf16_ps(*sum, left, std::mem::transmute::<__m512i, __m512bh>(right));
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
