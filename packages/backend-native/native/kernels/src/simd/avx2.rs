//! Eight lanes: AVX2 with FMA.

use super::Simd;
use std::arch::x86_64::*;

/// Proof that the processor has AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    pub fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

/// The lanes below `count`, as the masked instructions want them.
#[inline(always)]
fn first(count: usize) -> __m256i {
    const WINDOW: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(count <= 8);
    // SAFETY: eight integers from 8 - count on are inside the array; callers hold the token that proves AVX2.
    unsafe { _mm256_loadu_si256(WINDOW.as_ptr().add(8 - count).cast()) }
}

/// The methods that only compute: each is one or a few instructions that the token proves to exist.
macro_rules! compute {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty = $body:expr;)*) => { $(
        #[inline(always)]
        fn $name(self, $($argument: $type),*) -> $result {
            // SAFETY: `self` proves that the processor has AVX2 and FMA.
            unsafe { $body }
        }
    )* };
}

impl Simd for Avx2 {
    const LANES: usize = 8;
    const TILE_ROWS: usize = 6;
    type F = __m256;
    type M = __m256;

    compute! {
        splat(x: f32) -> __m256 = _mm256_set1_ps(x);
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        fma(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
        max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
        sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
        abs(a: __m256) -> __m256 = _mm256_andnot_ps(_mm256_set1_ps(-0.0), a);
        round(a: __m256) -> __m256 = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a);
        scale(a: __m256, n: __m256) -> __m256 = {
            // In two steps, because 2^n alone may be too large or too small for a float.
            let n = _mm256_cvtps_epi32(n);
            let half = _mm256_srai_epi32::<1>(n);
            let power = |n| _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_add_epi32(n, _mm256_set1_epi32(127))));
            _mm256_mul_ps(_mm256_mul_ps(a, power(half)), power(_mm256_sub_epi32(n, half)))
        };
        lt(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_LT_OQ>(a, b);
        le(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_LE_OQ>(a, b);
        eq(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b);
        select(mask: __m256, a: __m256, b: __m256) -> __m256 = _mm256_blendv_ps(b, a, mask);
        first(count: usize) -> __m256 = _mm256_castsi256_ps(first(count));
        bits(mask: __m256) -> u32 = _mm256_movemask_ps(mask).cast_unsigned();
        sum(a: __m256) -> f32 = {
            let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        };
    }

    #[inline(always)]
    fn prefetch(self, start: *const f32, count: usize) {
        for at in (0..count).step_by(16) {
            // SAFETY: a hint, which no address makes fail; every x86-64 processor has it.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(at).cast()) }
        }
    }
    #[inline(always)]
    fn prefetch_later(self, start: *const f32, count: usize) {
        for at in (0..count).step_by(16) {
            // SAFETY: a hint, which no address makes fail; every x86-64 processor has it.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(start.wrapping_add(at).cast()) }
        }
    }
    #[inline(always)]
    unsafe fn load_from(self, source: *const f32) -> __m256 {
        // SAFETY: the caller vouches for the floats; the read needs no alignment.
        unsafe { _mm256_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store_to(self, target: *mut f32, value: __m256) {
        // SAFETY: the caller vouches for the floats; the write needs no alignment.
        unsafe { _mm256_storeu_ps(target, value) }
    }
    #[inline(always)]
    unsafe fn stream_to(self, target: *mut f32, value: __m256) {
        // SAFETY: the caller vouches for the floats and their alignment.
        unsafe { _mm256_stream_ps(target, value) }
    }
    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 processor has it.
        #[cfg(not(miri))]
        unsafe {
            _mm_sfence()
        }
    }
    #[inline(always)]
    unsafe fn load_first(self, source: *const f32, count: usize) -> __m256 {
        // SAFETY: masked lanes are not touched.
        unsafe { _mm256_maskload_ps(source, first(count)) }
    }
    #[inline(always)]
    unsafe fn store_first(self, target: *mut f32, value: __m256, count: usize) {
        // SAFETY: masked lanes are not touched.
        unsafe { _mm256_maskstore_ps(target, first(count), value) }
    }

    #[inline(always)]
    unsafe fn transpose(
        self,
        source: *const f32,
        source_stride: usize,
        rows: usize,
        columns: usize,
        target: *mut f32,
        target_stride: usize,
        width: usize,
    ) {
        // SAFETY: masks keep reads inside rows × columns and writes inside columns × width, for which the caller vouches.
        unsafe {
            let mut r = [_mm256_setzero_ps(); 8];
            for (row, vector) in r.iter_mut().enumerate().take(rows) {
                *vector = if columns == 8 {
                    _mm256_loadu_ps(source.add(row * source_stride))
                } else {
                    self.load_first(source.add(row * source_stride), columns)
                };
            }
            let mut t = [_mm256_setzero_ps(); 8];
            for pair in 0..4 {
                t[2 * pair] = _mm256_unpacklo_ps(r[2 * pair], r[2 * pair + 1]);
                t[2 * pair + 1] = _mm256_unpackhi_ps(r[2 * pair], r[2 * pair + 1]);
            }
            for quad in 0..2 {
                let at = 4 * quad;
                r[at] = _mm256_shuffle_ps::<0x44>(t[at], t[at + 2]);
                r[at + 1] = _mm256_shuffle_ps::<0xee>(t[at], t[at + 2]);
                r[at + 2] = _mm256_shuffle_ps::<0x44>(t[at + 1], t[at + 3]);
                r[at + 3] = _mm256_shuffle_ps::<0xee>(t[at + 1], t[at + 3]);
            }
            for lane in 0..4 {
                t[lane] = _mm256_permute2f128_ps::<0x20>(r[lane], r[lane + 4]);
                t[lane + 4] = _mm256_permute2f128_ps::<0x31>(r[lane], r[lane + 4]);
            }
            for (column, &vector) in t.iter().enumerate().take(columns) {
                let to = target.add(column * target_stride);
                if width == 8 { _mm256_storeu_ps(to, vector) } else { self.store_first(to, vector, width) }
            }
        }
    }
}
