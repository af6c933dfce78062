//! Sixteen lanes: AVX-512 (F, VL, BW, DQ).

use super::Simd;
use std::arch::x86_64::*;

/// Proof that the processor has AVX-512 F, VL, BW and DQ, AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma");
        found.then_some(Self(()))
    }
}

/// The lanes below `count`.
#[inline(always)]
pub(crate) fn first(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}

/// The 16 × 16 transpose of 32-bit lanes.
///
/// # Safety
/// The processor must have AVX-512 F.
#[inline(always)]
pub(crate) unsafe fn transpose_lanes(r: &mut [__m512; 16]) {
    // SAFETY: register shuffles only; the caller vouches for the instructions.
    unsafe {
        let mut t = [_mm512_setzero_ps(); 16];
        for pair in 0..8 {
            t[2 * pair] = _mm512_unpacklo_ps(r[2 * pair], r[2 * pair + 1]);
            t[2 * pair + 1] = _mm512_unpackhi_ps(r[2 * pair], r[2 * pair + 1]);
        }
        for quad in 0..4 {
            let at = 4 * quad;
            r[at] = _mm512_shuffle_ps::<0x44>(t[at], t[at + 2]);
            r[at + 1] = _mm512_shuffle_ps::<0xee>(t[at], t[at + 2]);
            r[at + 2] = _mm512_shuffle_ps::<0x44>(t[at + 1], t[at + 3]);
            r[at + 3] = _mm512_shuffle_ps::<0xee>(t[at + 1], t[at + 3]);
        }
        for lane in 0..4 {
            t[lane] = _mm512_shuffle_f32x4::<0x88>(r[lane], r[lane + 4]);
            t[lane + 4] = _mm512_shuffle_f32x4::<0xdd>(r[lane], r[lane + 4]);
            t[lane + 8] = _mm512_shuffle_f32x4::<0x88>(r[lane + 8], r[lane + 12]);
            t[lane + 12] = _mm512_shuffle_f32x4::<0xdd>(r[lane + 8], r[lane + 12]);
        }
        for lane in 0..8 {
            r[lane] = _mm512_shuffle_f32x4::<0x88>(t[lane], t[lane + 8]);
            r[lane + 8] = _mm512_shuffle_f32x4::<0xdd>(t[lane], t[lane + 8]);
        }
    }
}

/// The methods that only compute: each is one or a few instructions that the token proves to exist.
macro_rules! compute {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty = $body:expr;)*) => { $(
        #[inline(always)]
        fn $name(self, $($argument: $type),*) -> $result {
            // SAFETY: `self` proves that the processor has these instructions.
            #[allow(unused_unsafe, reason = "some bodies call no intrinsic")]
            unsafe { $body }
        }
    )* };
}

impl Simd for Avx512 {
    const LANES: usize = 16;
    const TILE_ROWS: usize = 12;
    type F = __m512;
    type M = __mmask16;

    compute! {
        splat(x: f32) -> __m512 = _mm512_set1_ps(x);
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        fma(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
        max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
        sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
        abs(a: __m512) -> __m512 = _mm512_abs_ps(a);
        round(a: __m512) -> __m512 = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a);
        scale(a: __m512, n: __m512) -> __m512 = _mm512_scalef_ps(a, n);
        lt(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b);
        le(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b);
        eq(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b);
        select(mask: __mmask16, a: __m512, b: __m512) -> __m512 = _mm512_mask_blend_ps(mask, b, a);
        first(count: usize) -> __mmask16 = first(count);
        bits(mask: __mmask16) -> u32 = u32::from(mask);
        sum(a: __m512) -> f32 = _mm512_reduce_add_ps(a);
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
    unsafe fn load_from(self, source: *const f32) -> __m512 {
        // SAFETY: the caller vouches for the floats; the read needs no alignment.
        unsafe { _mm512_loadu_ps(source) }
    }
    #[inline(always)]
    unsafe fn store_to(self, target: *mut f32, value: __m512) {
        // SAFETY: the caller vouches for the floats; the write needs no alignment.
        unsafe { _mm512_storeu_ps(target, value) }
    }
    #[inline(always)]
    unsafe fn stream_to(self, target: *mut f32, value: __m512) {
        // SAFETY: the caller vouches for the floats and their alignment.
        unsafe { _mm512_stream_ps(target, value) }
    }
    #[inline(always)]
    fn fence(self) {
        // SAFETY: every x86-64 processor has it.
        unsafe { _mm_sfence() }
    }
    #[inline(always)]
    unsafe fn load_first(self, source: *const f32, count: usize) -> __m512 {
        // SAFETY: masked lanes are not touched.
        unsafe { _mm512_maskz_loadu_ps(first(count), source) }
    }
    #[inline(always)]
    unsafe fn store_first(self, target: *mut f32, value: __m512, count: usize) {
        // SAFETY: masked lanes are not touched.
        unsafe { _mm512_mask_storeu_ps(target, first(count), value) }
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
        let (read, write) = (first(columns), first(width));
        // SAFETY: masks keep reads inside rows × columns and writes inside columns × width, for which the caller vouches.
        unsafe {
            let mut r = [_mm512_setzero_ps(); 16];
            for (row, vector) in r.iter_mut().enumerate() {
                if row < rows {
                    *vector = _mm512_maskz_loadu_ps(read, source.add(row * source_stride));
                }
            }
            transpose_lanes(&mut r);
            for (column, &vector) in r.iter().enumerate() {
                if column < columns {
                    _mm512_mask_storeu_ps(target.add(column * target_stride), write, vector);
                }
            }
        }
    }
}
