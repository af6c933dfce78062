//! Working memory that a thread keeps between kernels, aligned to cache lines.

use std::cell::RefCell;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code, reason = "read through the slice of floats")] [f32; 16]);

thread_local! {
    /// The pieces that are not in use, the latest last.
    static IDLE: RefCell<Vec<Vec<Line>>> = const { RefCell::new(Vec::new()) };
}

/// A new piece. Panics where there is no memory for it: an error for the caller, where Rust would end the process.
fn fresh(lines: usize) -> Vec<Line> {
    let mut piece = Vec::new();
    assert!(piece.try_reserve_exact(lines).is_ok(), "memory: no {lines} cache lines are left for a kernel's work");
    // While it is tested: what is read before it is written shows in the result.
    piece.resize(lines, Line([if cfg!(debug_assertions) { f32::NAN } else { 0.0 }; 16]));
    piece
}

/// Calls `use_it` with `length` floats of working memory. What they hold at first is unspecified: earlier results, or anything.
/// Calls may nest.
pub fn with_scratch<R>(length: usize, use_it: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut lines = IDLE.with_borrow_mut(Vec::pop).unwrap_or_default();
    let wanted = length.div_ceil(16);
    // While it is tested, a piece is no longer than asked for: a sanitizer sees what lies beyond.
    if lines.len() < wanted || cfg!(debug_assertions) {
        lines = fresh(wanted);
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
    #[should_panic(expected = "no 288230376151711744 cache lines are left")]
    fn memory_that_is_not_there_is_a_panic() {
        with_scratch(1 << 62, |_| ());
    }

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
