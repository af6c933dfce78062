//! Comparisons of two numbers, with broadcasting.

use crate::broadcast::{Broadcast, Run, for_runs, zip};

/// A comparison of two numbers. With NaN all but `NotEqual` are false.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

/// What can be compared: floats and integers.
pub trait Comparable: Copy + PartialOrd + Sync {}

impl Comparable for f32 {}
impl Comparable for i32 {}

crate::simd! {
    fn compare_run<S, T: Comparable>(_s, comparison: Comparison, a: Run<'_, T>, b: Run<'_, T>, y: &mut [u8]) {
        match comparison {
            Comparison::Equal => zip(a, b, y, |a, b| u8::from(a == b)),
            Comparison::NotEqual => zip(a, b, y, |a, b| u8::from(a != b)),
            Comparison::Greater => zip(a, b, y, |a, b| u8::from(a > b)),
            Comparison::GreaterEqual => zip(a, b, y, |a, b| u8::from(a >= b)),
            Comparison::Less => zip(a, b, y, |a, b| u8::from(a < b)),
            Comparison::LessEqual => zip(a, b, y, |a, b| u8::from(a <= b)),
        }
    }
}

/// y = 1 where the comparison holds, else 0.
pub fn compare<T: Comparable>(comparison: Comparison, layout: &Broadcast<'_>, a: &[T], b: &[T], y: &mut [u8]) {
    for_runs(layout, a, b, y, |a, b, y| compare_run(comparison, a, b, y));
}
