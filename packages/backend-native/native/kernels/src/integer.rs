//! Two 32-bit integers to one, with broadcasting. What does not fit wraps around.

use crate::broadcast::{Broadcast, Run, for_runs, zip};

/// A function of two integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Integer {
    Add,
    Sub,
    Multiply,
    Maximum,
    Minimum,
}

crate::simd! {
    fn combine_run<S>(_s, operation: Integer, a: Run<'_, i32>, b: Run<'_, i32>, y: &mut [i32]) {
        match operation {
            Integer::Add => zip(a, b, y, i32::wrapping_add),
            Integer::Sub => zip(a, b, y, i32::wrapping_sub),
            Integer::Multiply => zip(a, b, y, i32::wrapping_mul),
            Integer::Maximum => zip(a, b, y, i32::max),
            Integer::Minimum => zip(a, b, y, i32::min),
        }
    }
}

/// y = f(a, b) with broadcasting.
pub fn combine(operation: Integer, layout: &Broadcast<'_>, a: &[i32], b: &[i32], y: &mut [i32]) {
    for_runs(layout, a, b, y, |a, b, y| combine_run(operation, a, b, y));
}
