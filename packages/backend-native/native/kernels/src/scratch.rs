//! Working memory that a thread keeps between kernels, aligned to cache lines.

use std::cell::RefCell;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "read through the slice of floats")] [f32; 16]);

thread_local! {
    /// The pieces that are not in use, the latest last.
    static IDLE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `use_it` with `length` floats of working memory. What they hold at first is unspecified: earlier results, or zeros.
/// Calls may nest.
pub fn with_scratch<R>(length: usize, use_it: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut lines = IDLE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let wanted = length.div_ceil(16);
    if lines.len() < wanted {
        // A fresh piece, not a copy of the old one.
        lines = vec![Line([0.0; 16]); wanted];
    }
    // SAFETY: a Line is 16 floats without padding, and `lines` has at least `length` of them.
    let floats = unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast::<f32>(), length) };
    let result = use_it(floats);
    IDLE.with_borrow_mut(|idle| idle.push(lines));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_pieces_are_distinct_and_aligned() {
        with_scratch(100, |outer| {
            outer.fill(1.0);
            with_scratch(200, |inner| {
                inner.fill(2.0);
                assert_eq!(inner.as_ptr() as usize % 64, 0);
            });
            assert!(outer.iter().all(|&x| x == 1.0));
        });
    }
}
