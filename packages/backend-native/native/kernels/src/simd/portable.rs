//! Four lanes of plain Rust: the compiler turns them into SSE2 or NEON.

use super::Simd;

/// Needs nothing of the processor.
#[derive(Clone, Copy)]
pub struct Portable;

type Lanes = [f32; 4];

#[inline(always)]
fn zip(a: Lanes, b: Lanes, f: impl Fn(f32, f32) -> f32) -> Lanes {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

#[inline(always)]
fn compare(a: Lanes, b: Lanes, f: impl Fn(&f32, &f32) -> bool) -> [bool; 4] {
    [f(&a[0], &b[0]), f(&a[1], &b[1]), f(&a[2], &b[2]), f(&a[3], &b[3])]
}

/// 2^n for whole n in [-126, 127].
#[inline(always)]
fn power_of_two(n: f32) -> f32 {
    f32::from_bits((((n as i32) + 127) << 23) as u32)
}

impl Simd for Portable {
    const LANES: usize = 4;
    const TILE_ROWS: usize = 6;
    type F = Lanes;
    type M = [bool; 4];

    #[inline(always)]
    fn splat(self, x: f32) -> Lanes {
        [x; 4]
    }
    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, c: Lanes) -> Lanes {
        // f32::mul_add would be a call of a library function where the instruction is missing.
        self.add(self.mul(a, b), c)
    }
    #[inline(always)]
    fn min(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, a: Lanes, b: Lanes) -> Lanes {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn sqrt(self, a: Lanes) -> Lanes {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn abs(self, a: Lanes) -> Lanes {
        a.map(f32::abs)
    }
    #[inline(always)]
    fn round(self, a: Lanes) -> Lanes {
        a.map(f32::round_ties_even)
    }
    #[inline(always)]
    fn scale(self, a: Lanes, n: Lanes) -> Lanes {
        // In two steps, because 2^n alone may be too large or too small for a float.
        zip(a, n, |a, n| {
            let half = (n * 0.5).trunc();
            a * power_of_two(half) * power_of_two(n - half)
        })
    }
    #[inline(always)]
    fn lt(self, a: Lanes, b: Lanes) -> [bool; 4] {
        compare(a, b, f32::lt)
    }
    #[inline(always)]
    fn le(self, a: Lanes, b: Lanes) -> [bool; 4] {
        compare(a, b, f32::le)
    }
    #[inline(always)]
    fn eq(self, a: Lanes, b: Lanes) -> [bool; 4] {
        compare(a, b, f32::eq)
    }
    #[inline(always)]
    fn select(self, mask: [bool; 4], a: Lanes, b: Lanes) -> Lanes {
        std::array::from_fn(|lane| if mask[lane] { a[lane] } else { b[lane] })
    }
    #[inline(always)]
    fn first(self, count: usize) -> [bool; 4] {
        std::array::from_fn(|lane| lane < count)
    }
    #[inline(always)]
    fn bits(self, mask: [bool; 4]) -> u32 {
        mask.iter().rev().fold(0, |bits, &set| bits << 1 | u32::from(set))
    }
    #[inline(always)]
    fn sum(self, a: Lanes) -> f32 {
        (a[0] + a[2]) + (a[1] + a[3])
    }
    #[inline(always)]
    unsafe fn load_from(self, source: *const f32) -> Lanes {
        // SAFETY: the caller vouches for the four floats; the read needs no alignment.
        unsafe { source.cast::<Lanes>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store_to(self, target: *mut f32, value: Lanes) {
        // SAFETY: the caller vouches for the four floats; the write needs no alignment.
        unsafe { target.cast::<Lanes>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn load_first(self, source: *const f32, count: usize) -> Lanes {
        // SAFETY: only lanes below `count` are read.
        std::array::from_fn(|lane| if lane < count { unsafe { *source.add(lane) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_first(self, target: *mut f32, value: Lanes, count: usize) {
        for (lane, &value) in value[..count].iter().enumerate() {
            // SAFETY: only lanes below `count` are written.
            unsafe { *target.add(lane) = value };
        }
    }
}
