//! One of two values for every truth value, and rows that are 1 in one place.

use crate::threads::parallel_parts;

const PIECE: usize = 1 << 14;

/// What can be chosen: 32-bit and 8-bit values.
pub trait Choice: Copy + Send + Sync {
    /// a or b, by their bits: with a branch, nothing becomes vectors.
    fn choose(first: bool, a: Self, b: Self) -> Self;
}

impl Choice for u8 {
    #[inline(always)]
    fn choose(first: bool, a: u8, b: u8) -> u8 {
        let mask = u8::from(first).wrapping_neg();
        a & mask | b & !mask
    }
}

impl Choice for f32 {
    #[inline(always)]
    fn choose(first: bool, a: f32, b: f32) -> f32 {
        let mask = u32::from(first).wrapping_neg();
        f32::from_bits(a.to_bits() & mask | b.to_bits() & !mask)
    }
}

crate::simd! {
    fn select_piece<S, T: Choice>(_s, condition: &[u8], a: &[T], b: &[T], y: &mut [T]) {
        for (y, (&condition, (&a, &b))) in y.iter_mut().zip(condition.iter().zip(a.iter().zip(b))) {
            *y = T::choose(condition == 1, a, b);
        }
    }
}

/// y = a where the condition is 1, else b.
pub fn select<T: Choice>(condition: &[u8], a: &[T], b: &[T], y: &mut [T]) {
    assert!(condition.len() == y.len() && a.len() == y.len() && b.len() == y.len(), "select: lengths");
    parallel_parts(y, PIECE, |part, y| {
        let (from, to) = (part * PIECE, part * PIECE + y.len());
        select_piece(&condition[from..to], &a[from..to], &b[from..to], y);
    });
}

/// y[i, k] = `on` for k = indices[i], else `off`; y has rows of `depth`. An index outside makes a row of `off`.
pub fn one_hot<T: Copy + Send + Sync>(indices: &[i32], depth: usize, on: T, off: T, y: &mut [T]) {
    assert!(depth > 0 && y.len() == crate::product(&[indices.len(), depth]), "one hot: lengths");
    let bundle = (PIECE / depth).max(1);
    parallel_parts(y, bundle * depth, |part, y| {
        y.fill(off);
        for (row, &index) in y.chunks_exact_mut(depth).zip(&indices[part * bundle..]) {
            if let Some(place) = usize::try_from(index).ok().and_then(|index| row.get_mut(index)) {
                *place = on;
            }
        }
    });
}
