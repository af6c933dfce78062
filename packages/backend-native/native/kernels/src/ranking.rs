//! The largest values of a row and their places.

use crate::product;
use crate::threads::{Parts, parallel, parallel_parts};

/// What can be ranked: floats and integers.
pub trait Ranked: Copy + PartialOrd + Send + Sync {
    /// A number that is larger for larger values; the same for 0 and -0, 0 for NaN.
    fn key(self) -> u32;
    /// A number that is larger for smaller values; 0 for NaN too.
    fn reverse_key(self) -> u32;
}

impl Ranked for f32 {
    #[inline(always)]
    fn key(self) -> u32 {
        // Adding 0 makes 0 of -0. The bits of negative floats fall as the floats rise.
        let bits = (self + 0.0).to_bits();
        let key = bits ^ ((bits as i32 >> 31) as u32 | 1 << 31);
        if self.is_nan() { 0 } else { key }
    }

    #[inline(always)]
    fn reverse_key(self) -> u32 {
        (-self).key()
    }
}

impl Ranked for i32 {
    #[inline(always)]
    fn key(self) -> u32 {
        self as u32 ^ 1 << 31
    }

    #[inline(always)]
    fn reverse_key(self) -> u32 {
        !self.key()
    }
}

/// Which end of the order is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extreme {
    Max,
    Min,
}

/// Values that are looked at together.
const GROUP: usize = 64;

/// Whether one of the values has this key.
#[inline(always)]
fn has_key<T: Ranked>(x: &[T], wanted: u32, key: impl Fn(T) -> u32) -> bool {
    let mut found = false;
    for &value in x {
        found |= key(value) == wanted;
    }
    found
}

/// The place of the first value with the largest key: passes without a way out, which become vectors.
#[inline(always)]
fn first_largest<T: Ranked>(x: &[T], key: impl Fn(T) -> u32 + Copy) -> usize {
    let mut largest = 0;
    for &value in x {
        largest = key(value).max(largest);
    }
    for (index, chunk) in x.chunks(GROUP).enumerate() {
        if has_key(chunk, largest, key) {
            return index * GROUP + chunk.iter().position(|&value| key(value) == largest).unwrap_or(0);
        }
    }
    unreachable!("the largest key is one of the keys")
}

crate::simd! {
    /// The place of the first of the best values. NaN is not better than anything, and nothing is better than a NaN in the first place.
    fn find_in_row<S, T: Ranked>(_s, extreme: Extreme, x: &[T]) -> usize {
        // Only NaN has no order with itself.
        if x[0].partial_cmp(&x[0]).is_none() {
            return 0;
        }
        match extreme {
            Extreme::Max => first_largest(x, T::key),
            Extreme::Min => first_largest(x, T::reverse_key),
        }
    }
}

/// Columns whose best values one job keeps.
const COLUMNS: usize = 256;

#[inline(always)]
fn replace_better<T: Ranked>(x: &[T], row: i32, best: &mut [T], y: &mut [i32], better: impl Fn(T, T) -> bool) {
    for (&value, (best, y)) in x.iter().zip(best.iter_mut().zip(y)) {
        let wins = better(value, *best);
        *best = if wins { value } else { *best };
        *y = if wins { row } else { *y };
    }
}

crate::simd! {
    /// Puts the row's number wherever its value is better than the best so far.
    fn join_row<S, T: Ranked>(_s, extreme: Extreme, x: &[T], row: i32, best: &mut [T], y: &mut [i32]) {
        match extreme {
            Extreme::Max => replace_better(x, row, best, y, |a, b| a > b),
            Extreme::Min => replace_better(x, row, best, y, |a, b| a < b),
        }
    }
}

/// Values of one job, about.
const PIECE: usize = 1 << 14;

/// y[o, i] = the first c whose x[o, c, i] is the largest (or smallest), for x of shape [y.len() / inner, count, inner].
pub fn find<T: Ranked>(extreme: Extreme, x: &[T], count: usize, inner: usize, y: &mut [i32]) {
    assert!(inner > 0 && y.len().is_multiple_of(inner) && x.len() == product(&[y.len(), count]), "find: lengths");
    assert!(count > 0 && i32::try_from(count).is_ok(), "find: values along the axis");
    if inner == 1 {
        let bundle = (PIECE / count).max(1);
        parallel_parts(y, bundle, |part, y| {
            for (row, y) in x[part * bundle * count..].chunks_exact(count).zip(y) {
                *y = find_in_row(extreme, row) as i32;
            }
        });
        return;
    }
    let cuts = inner.div_ceil(COLUMNS);
    let (blocks, parts) = (y.len() / inner, Parts::new(y, 1));
    parallel(blocks * cuts, |job| {
        let (block, first) = (job / cuts, job % cuts * COLUMNS);
        let end = (first + COLUMNS).min(inner);
        // SAFETY: every block's columns are one job's.
        let y = unsafe { parts.range(block * inner + first, block * inner + end) };
        y.fill(0);
        let rows = &x[block * count * inner..][..count * inner];
        let mut memory = [rows[0]; COLUMNS];
        let best = &mut memory[..end - first];
        best.copy_from_slice(&rows[first..end]);
        for (row, x) in rows.chunks_exact(inner).enumerate().skip(1) {
            join_row(extreme, &x[first..end], row as i32, best, y);
        }
    });
}

/// Keeps the `count` best candidates, in any order, and returns the worst of them (0 where there are not so many).
fn keep_best(kept: &mut Vec<u64>, count: usize) -> u64 {
    if kept.len() < count {
        return 0;
    }
    let worst = *kept.select_nth_unstable_by(count - 1, |a, b| b.cmp(a)).1;
    kept.truncate(count);
    worst
}

crate::simd! {
    /// Fills `kept` with the `count` best candidates of a row. A candidate is a value's key and its place in one number: the larger, the
    /// better, and of equal values the earlier is better.
    fn best_of_row<S, T: Ranked>(_s, x: &[T], count: usize, kept: &mut Vec<u64>) {
        kept.clear();
        let room = count + count / 4 + 8;
        let (mut worst, mut keys) = (0, [0; GROUP]);
        for (group, values) in x.chunks(GROUP).enumerate() {
            let keys = &mut keys[..values.len()];
            let mut most = 0;
            for (key, value) in keys.iter_mut().zip(values) {
                *key = value.key();
                most = most.max(*key);
            }
            // Most groups of a long row have nothing to offer.
            if u64::from(most) < worst >> 32 {
                continue;
            }
            for (at, &key) in keys.iter().enumerate() {
                let candidate = u64::from(key) << 32 | u64::from(!((group * GROUP + at) as u32));
                if candidate > worst {
                    kept.push(candidate);
                }
            }
            if kept.len() >= room {
                worst = keep_best(kept, count);
            }
        }
        keep_best(kept, count);
    }
}

/// The `count` largest values of each row of `width` and their places, largest first, of equal ones the earlier first; in the order of
/// their places where `sorted` is false. NaN comes behind all numbers.
pub fn top<T: Ranked>(x: &[T], width: usize, count: usize, sorted: bool, values: &mut [T], places: &mut [i32]) {
    assert!(width > 0 && i32::try_from(width).is_ok() && x.len().is_multiple_of(width) && count <= width, "top: lengths");
    assert!(values.len() == places.len() && places.len() == product(&[x.len() / width, count]), "top: lengths of the results");
    if count == 0 {
        return;
    }
    let bundle = (PIECE / width).max(1);
    let all = Parts::new(values, bundle * count);
    parallel_parts(places, bundle * count, |part, places| {
        // SAFETY: every part is one job's.
        let values = unsafe { all.take(part) };
        let mut kept = Vec::new();
        for (row, (places, values)) in places.chunks_exact_mut(count).zip(values.chunks_exact_mut(count)).enumerate() {
            let x = &x[(part * bundle + row) * width..][..width];
            best_of_row(x, count, &mut kept);
            if sorted {
                kept.sort_unstable_by(|a, b| b.cmp(a));
            } else {
                kept.sort_unstable_by_key(|&candidate| !(candidate as u32));
            }
            for ((place, value), &candidate) in places.iter_mut().zip(values).zip(&kept) {
                let at = !(candidate as u32);
                *place = at as i32;
                *value = x[at as usize];
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_rise_with_the_values() {
        let ascending = [f32::NAN, f32::NEG_INFINITY, -3e38, -1.0, -1e-40, -0.0, 1e-40, 1.0, 3e38, f32::INFINITY];
        assert!(ascending.windows(2).all(|pair| pair[0].key() < pair[1].key()));
        assert_eq!((-0f32).key(), 0f32.key());
        assert!([i32::MIN, -1, 0, 1, i32::MAX].windows(2).all(|pair| pair[0].key() < pair[1].key()));
    }

    #[test]
    fn nan_comes_last_and_the_earlier_of_equals_first() {
        let (mut values, mut places) = ([0.0; 4], [0; 4]);
        top(&[f32::NAN, 1.0, -0.0, 0.0, f32::NAN], 5, 4, true, &mut values, &mut places);
        assert_eq!(places, [1, 2, 3, 0]);
        assert!(values[3].is_nan());
    }
}
