//! Vectors of floats. A kernel is written once against `Simd` and compiled for every level by the `simd!` macro.
//!
//! A value of a type that implements `Simd` is a proof that the processor has its instructions: it can only be had from
//! `detect`, so the methods that touch no memory are safe to call.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{first as first_lanes, transpose_lanes};
pub use portable::Portable;

/// Stand-ins, so that the names exist everywhere; without a constructor.
#[cfg(not(target_arch = "x86_64"))]
pub type Avx512 = Portable;
#[cfg(not(target_arch = "x86_64"))]
pub type Avx2 = Portable;

/// A level's vector operations. `min`, `max` and the comparisons follow x86: `min(a, b)` is `a < b ? a : b`, so a NaN in
/// either gives `b`; comparisons with NaN are false.
pub trait Simd: Copy + Send + Sync + 'static {
    /// Floats in a vector.
    const LANES: usize;
    /// Rows of the matrix product's register tile; its width is two vectors.
    const TILE_ROWS: usize;
    type F: Copy;
    type M: Copy;

    fn splat(self, x: f32) -> Self::F;
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// a · b + c, rounded once where the level has such an instruction.
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn sqrt(self, a: Self::F) -> Self::F;
    fn abs(self, a: Self::F) -> Self::F;
    /// To the nearest whole number, ties to even.
    fn round(self, a: Self::F) -> Self::F;
    /// a · 2^n for whole n in [-252, 252].
    fn scale(self, a: Self::F, n: Self::F) -> Self::F;
    fn lt(self, a: Self::F, b: Self::F) -> Self::M;
    fn le(self, a: Self::F, b: Self::F) -> Self::M;
    fn eq(self, a: Self::F, b: Self::F) -> Self::M;
    /// mask ? a : b.
    fn select(self, mask: Self::M, a: Self::F, b: Self::F) -> Self::F;
    /// The lanes below `count`, which is at most `LANES`.
    fn first(self, count: usize) -> Self::M;
    /// One bit a lane, the first lane lowest.
    fn bits(self, mask: Self::M) -> u32;
    fn sum(self, a: Self::F) -> f32;

    /// The `LANES` floats at `source`.
    ///
    /// # Safety
    /// They must be readable.
    unsafe fn load_from(self, source: *const f32) -> Self::F;
    /// # Safety
    /// `LANES` floats at `target` must be writable.
    unsafe fn store_to(self, target: *mut f32, value: Self::F);
    /// As `store_to`, past the caches: for what is not read again soon. `target` must be aligned to the vector's size. `fence` must follow
    /// before another thread may read it.
    ///
    /// # Safety
    /// As `store_to`, and aligned.
    #[inline(always)]
    unsafe fn stream_to(self, target: *mut f32, value: Self::F) {
        // SAFETY: passed on from the caller.
        unsafe { self.store_to(target, value) }
    }
    /// Makes what was streamed visible to other threads.
    #[inline(always)]
    fn fence(self) {}
    /// The first `count` < `LANES` floats at `source`, then zeros.
    ///
    /// # Safety
    /// The first `count` must be readable.
    unsafe fn load_first(self, source: *const f32, count: usize) -> Self::F;
    /// # Safety
    /// `count` < `LANES` floats at `target` must be writable.
    unsafe fn store_first(self, target: *mut f32, value: Self::F, count: usize);

    /// Writes the transpose of `rows` × `columns` floats (both at most `LANES`): target[c · target_stride + r] = source[r · source_stride + c],
    /// and zeros for r in rows..width (width at most `LANES`).
    ///
    /// # Safety
    /// The named floats must be readable and writable.
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
        for column in 0..columns {
            for row in 0..width {
                // SAFETY: exactly the floats that the caller vouches for.
                unsafe {
                    *target.add(column * target_stride + row) = if row < rows { *source.add(row * source_stride + column) } else { 0.0 }
                };
            }
        }
    }

    /// Asks for the cache lines of `count` floats that will be used soon. Only a hint: any address will do.
    #[inline(always)]
    fn prefetch(self, _start: *const f32, _count: usize) {}

    /// As `prefetch`, into the second-level cache only: for what is used later.
    #[inline(always)]
    fn prefetch_later(self, _start: *const f32, _count: usize) {}

    #[inline(always)]
    fn load(self, x: &[f32], at: usize) -> Self::F {
        assert!(at + Self::LANES <= x.len());
        // SAFETY: the floats are inside the slice, as just checked.
        unsafe { self.load_from(x.as_ptr().add(at)) }
    }

    #[inline(always)]
    fn store(self, y: &mut [f32], at: usize, value: Self::F) {
        assert!(at + Self::LANES <= y.len());
        // SAFETY: the floats are inside the slice, as just checked.
        unsafe { self.store_to(y.as_mut_ptr().add(at), value) }
    }

    /// The lanes from `at` on that the slice still has, then zeros.
    #[inline(always)]
    fn read(self, x: &[f32], at: usize) -> Self::F {
        if at + Self::LANES <= x.len() {
            return self.load(x, at);
        }
        let count = x[at..].len();
        // SAFETY: `count` floats from `at` on are inside the slice.
        unsafe { self.load_first(x.as_ptr().add(at), count) }
    }

    /// As `read`, with `fill` in the lanes that the slice does not have.
    #[inline(always)]
    fn read_or(self, x: &[f32], at: usize, fill: Self::F) -> Self::F {
        if at + Self::LANES <= x.len() {
            return self.load(x, at);
        }
        self.select(self.first(x.len() - at), self.read(x, at), fill)
    }

    /// Writes the lanes from `at` on that the slice still has.
    #[inline(always)]
    fn write(self, y: &mut [f32], at: usize, value: Self::F) {
        if at + Self::LANES <= y.len() {
            return self.store(y, at, value);
        }
        let count = y[at..].len();
        // SAFETY: `count` floats from `at` on are inside the slice.
        unsafe { self.store_first(y.as_mut_ptr().add(at), value, count) }
    }

    /// As `write`, past the caches where the place is aligned. `fence` must follow before another thread may read it.
    #[inline(always)]
    fn stream(self, y: &mut [f32], at: usize, value: Self::F) {
        // Miri knows neither this write nor the fence.
        if cfg!(miri) || at + Self::LANES > y.len() || !(y[at..].as_ptr() as usize).is_multiple_of(4 * Self::LANES) {
            return self.write(y, at, value);
        }
        // SAFETY: inside the slice and aligned, as just checked.
        unsafe { self.stream_to(y[at..].as_mut_ptr(), value) }
    }

    /// The lanes one by one, for functions that have no vector form here.
    #[inline(always)]
    fn by_lane(self, a: Self::F, f: fn(f32) -> f32) -> Self::F {
        let mut lanes = [0f32; 16];
        self.store(&mut lanes, 0, a);
        for lane in &mut lanes[..Self::LANES] {
            *lane = f(*lane);
        }
        self.load(&lanes, 0)
    }
}

/// Compiles a function once for each level and picks the right one when it is called:
/// `simd! { pub fn double<S>(s, x: &mut [f32]) { … s.load(x, 0) … } }` becomes `pub fn double(x: &mut [f32])`.
/// The body sees the level's token under the given name and its type as the first type parameter.
#[macro_export]
macro_rules! simd {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident<$level:ident $(, $generic:ident: $bound:path)*>($token:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$attribute])*
        $visibility fn $name<$($generic: $bound),*>($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body<$level: $crate::simd::Simd $(, $generic: $bound)*>($token: $level $(, $argument: $type)*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
            fn wide<$($generic: $bound),*>(token: $crate::simd::Avx512 $(, $argument: $type)*) $(-> $result)? { body(token $(, $argument)*) }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn half<$($generic: $bound),*>(token: $crate::simd::Avx2 $(, $argument: $type)*) $(-> $result)? { body(token $(, $argument)*) }
            match $crate::level::level() {
                // SAFETY: the token was made by a detection of these features.
                #[cfg(target_arch = "x86_64")]
                $crate::level::Level::Avx512(token) => unsafe { wide(token $(, $argument)*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::level::Level::Avx2(token) => unsafe { half(token $(, $argument)*) },
                $crate::level::Level::Portable(token) => body(token $(, $argument)*),
            }
        }
    };
}
