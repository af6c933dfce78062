//! Two operands whose shapes broadcast: their runs along the innermost axis, shared out among the threads.

use crate::product;
use crate::threads::{Parts, parallel};

/// Values that one piece of a loop handles: small enough to share out, large enough to be worth it.
pub(crate) const PIECE: usize = 1 << 14;

/// A run of an operand: a slice, or one value for all.
#[derive(Clone, Copy)]
pub(crate) enum Run<'a, T> {
    Slice(&'a [T]),
    Value(T),
}

/// y[i] = f(a[i], b[i]). Inlined, so that the compiler makes vectors of the caller's level of it.
#[inline(always)]
pub(crate) fn zip<T: Copy, U>(a: Run<'_, T>, b: Run<'_, T>, y: &mut [U], f: impl Fn(T, T) -> U) {
    match (a, b) {
        (Run::Slice(a), Run::Slice(b)) => y.iter_mut().zip(a.iter().zip(b)).for_each(|(y, (&a, &b))| *y = f(a, b)),
        (Run::Slice(a), Run::Value(b)) => y.iter_mut().zip(a).for_each(|(y, &a)| *y = f(a, b)),
        (Run::Value(a), Run::Slice(b)) => y.iter_mut().zip(b).for_each(|(y, &b)| *y = f(a, b)),
        (Run::Value(a), Run::Value(b)) => y.iter_mut().for_each(|y| *y = f(a, b)),
    }
}

/// How two operands meet: `shape` of the result without merged axes, and each operand's stride along it (0 where it is repeated).
pub struct Broadcast<'a> {
    pub shape: &'a [usize],
    pub a: &'a [usize],
    pub b: &'a [usize],
}

impl Broadcast<'_> {
    /// Checks that all offsets lie inside operands of these lengths and that the innermost strides are 0 or 1.
    fn check(&self, a: usize, b: usize, y: usize) {
        let rank = self.shape.len();
        assert!(rank == self.a.len() && rank == self.b.len(), "broadcast: ranks differ");
        assert_eq!(product(self.shape), y, "broadcast: length of the result");
        if y == 0 {
            return;
        }
        let last =
            |strides: &[usize]| self.shape.iter().zip(strides).map(|(&size, &stride)| (size as u128 - 1) * stride as u128).sum::<u128>();
        assert!(last(self.a) < a as u128 && last(self.b) < b as u128, "broadcast: an operand is too short");
        assert!(rank == 0 || (self.a[rank - 1] <= 1 && self.b[rank - 1] <= 1), "broadcast: innermost stride");
    }

    /// Offsets of both operands at the start of run `index` (a run is the innermost axis).
    fn offsets(&self, mut index: usize) -> (usize, usize) {
        let (mut a, mut b) = (0, 0);
        for axis in (0..self.shape.len().saturating_sub(1)).rev() {
            let coordinate = index % self.shape[axis];
            index /= self.shape[axis];
            a += coordinate * self.a[axis];
            b += coordinate * self.b[axis];
        }
        (a, b)
    }
}

/// `count` values of an operand from `offset` on, or one value where its stride is 0.
fn run_of<T: Copy>(x: &[T], offset: usize, stride: usize, count: usize) -> Run<'_, T> {
    if stride == 0 { Run::Value(x[offset]) } else { Run::Slice(&x[offset..offset + count]) }
}

/// Calls `run(a, b, part of y)` for pieces of all runs.
pub(crate) fn for_runs<T: Copy + Sync, U: Send>(
    layout: &Broadcast<'_>,
    a: &[T],
    b: &[T],
    y: &mut [U],
    run: impl Fn(Run<'_, T>, Run<'_, T>, &mut [U]) + Sync,
) {
    layout.check(a.len(), b.len(), y.len());
    if y.is_empty() {
        return;
    }
    let length = layout.shape.last().copied().unwrap_or(1);
    let strides = (layout.a.last().copied().unwrap_or(0), layout.b.last().copied().unwrap_or(0));
    // Part of run `index`, from its element `from` on.
    let visit = |index: usize, from: usize, y: &mut [U]| {
        let (at_a, at_b) = layout.offsets(index);
        run(run_of(a, at_a + from * strides.0, strides.0, y.len()), run_of(b, at_b + from * strides.1, strides.1, y.len()), y);
    };
    if length >= PIECE {
        // Long runs are cut: each job has a piece of one run.
        let pieces = length.div_ceil(PIECE);
        let (runs, parts) = (y.len() / length, Parts::new(y, length));
        parallel(runs * pieces, |job| {
            let (index, from) = (job / pieces, job % pieces * PIECE);
            let to = (from + PIECE).min(length);
            // SAFETY: the pieces of different jobs do not overlap.
            visit(index, from, unsafe { parts.range(index * length + from, index * length + to) });
        });
    } else {
        // Short runs are bundled: each job has some whole runs.
        let bundle = (PIECE / length).max(1);
        crate::threads::parallel_parts(y, bundle * length, |index, part| {
            for (run, y) in part.chunks_mut(length).enumerate() {
                visit(index * bundle + run, 0, y);
            }
        });
    }
}
