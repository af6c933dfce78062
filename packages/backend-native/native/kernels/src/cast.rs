//! From one type of number to another.

use crate::threads::parallel_parts;

/// Numbers that become another type's.
pub trait Cast<T>: Copy + Sync {
    fn cast(self) -> T;

    /// y = x.
    #[inline(always)]
    fn cast_all(x: &[Self], y: &mut [T]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = x.cast();
        }
    }
}

impl Cast<i32> for f32 {
    /// Towards 0; what does not fit wraps around and NaN becomes 0, as in JavaScript's integer arrays.
    #[inline(always)]
    fn cast(self) -> i32 {
        // From 2^63 on a float is a multiple of 2^40, so nothing of it is left in 32 bits.
        if self.abs() < 9.2e18 { self as i64 as i32 } else { 0 }
    }

    #[inline(always)]
    fn cast_all(x: &[f32], y: &mut [i32]) {
        for (x, y) in x.chunks(64).zip(y.chunks_mut(64)) {
            // Floats without their sign are in the order of their bits, NaN last.
            let mut largest = 0;
            for x in x {
                largest = largest.max(x.abs().to_bits());
            }
            if largest < 2_147_483_648f32.to_bits() {
                for (y, &x) in y.iter_mut().zip(x) {
                    // SAFETY: it is a number, and less than 2^31 from 0.
                    *y = unsafe { x.to_int_unchecked() };
                }
            } else {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = x.cast();
                }
            }
        }
    }
}

impl Cast<u8> for f32 {
    #[inline(always)]
    fn cast(self) -> u8 {
        u8::from(self != 0.0)
    }
}

impl Cast<f32> for i32 {
    #[inline(always)]
    fn cast(self) -> f32 {
        self as f32
    }
}

impl Cast<u8> for i32 {
    #[inline(always)]
    fn cast(self) -> u8 {
        u8::from(self != 0)
    }
}

impl Cast<f32> for u8 {
    #[inline(always)]
    fn cast(self) -> f32 {
        f32::from(self)
    }
}

impl Cast<i32> for u8 {
    #[inline(always)]
    fn cast(self) -> i32 {
        i32::from(self)
    }
}

crate::simd! {
    fn cast_piece<S, T: Cast<U>, U: Copy>(_s, x: &[T], y: &mut [U]) {
        T::cast_all(x, y);
    }
}

const PIECE: usize = 1 << 14;

/// y = x in y's type; to a truth value (a byte): whether x is not 0.
pub fn cast<T: Cast<U>, U: Copy + Send>(x: &[T], y: &mut [U]) {
    assert_eq!(x.len(), y.len(), "cast: lengths");
    parallel_parts(y, PIECE, |part, y| cast_piece(&x[part * PIECE..][..y.len()], y));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_beyond_the_integers_wrap_around() {
        let x =
            [1.9, -1.9, 2147483648.0, -2147483904.0, 4294967296.0, 6442450944.0, 1e19, -3e38, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        let mut y = [7; 11];
        cast::<f32, i32>(&x, &mut y);
        assert_eq!(y, [1, -1, i32::MIN, 2147483392, 0, i32::MIN, 0, 0, 0, 0, 0]);
    }
}
