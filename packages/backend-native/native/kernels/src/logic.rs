//! Truth values in bytes: anything but 0 is true, results are 0 and 1.

use crate::broadcast::{Broadcast, PIECE, Run, for_runs, zip};
use crate::product;
use crate::threads::{Parts, parallel, parallel_parts};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A function of two truth values, and of many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Connective {
    And,
    Or,
}

crate::simd! {
    fn combine_run<S>(_s, connective: Connective, a: Run<'_, u8>, b: Run<'_, u8>, y: &mut [u8]) {
        match connective {
            Connective::And => zip(a, b, y, |a, b| u8::from((a != 0) & (b != 0))),
            Connective::Or => zip(a, b, y, |a, b| u8::from(a | b != 0)),
        }
    }
}

/// y = a and b, or a or b, with broadcasting.
pub fn combine(connective: Connective, layout: &Broadcast<'_>, a: &[u8], b: &[u8], y: &mut [u8]) {
    for_runs(layout, a, b, y, |a, b, y| combine_run(connective, a, b, y));
}

crate::simd! {
    fn not_piece<S>(_s, x: &[u8], y: &mut [u8]) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = u8::from(x == 0));
    }
}

/// y = not x.
pub fn not(x: &[u8], y: &mut [u8]) {
    assert_eq!(x.len(), y.len(), "not: lengths");
    parallel_parts(y, PIECE, |part, y| not_piece(&x[part * PIECE..][..y.len()], y));
}

crate::simd! {
    /// Whether the values settle the matter: one that is false for `And`, one that is true for `Or`.
    fn settles<S>(_s, connective: Connective, x: &[u8]) -> bool {
        // Over all values, without a way out: that is what becomes vectors.
        match connective {
            Connective::And => x.iter().fold(false, |found, &x| found | (x == 0)),
            Connective::Or => x.iter().fold(false, |found, &x| found | (x != 0)),
        }
    }
}

crate::simd! {
    /// y = y and x, or y or x.
    fn join_row<S>(_s, connective: Connective, x: &[u8], y: &mut [u8]) {
        match connective {
            Connective::And => y.iter_mut().zip(x).for_each(|(y, &x)| *y &= u8::from(x != 0)),
            Connective::Or => y.iter_mut().zip(x).for_each(|(y, &x)| *y |= u8::from(x != 0)),
        }
    }
}

/// y[o, i] = whether all (or any) of x[o, c, i] over c are true, for x of shape [y.len() / inner, count, inner].
pub fn reduce(connective: Connective, x: &[u8], count: usize, inner: usize, y: &mut [u8]) {
    assert!(inner > 0 && count > 0 && y.len().is_multiple_of(inner) && x.len() == product(&[y.len(), count]), "reduce: lengths");
    let neutral = u8::from(connective == Connective::And);
    if inner == 1 && count >= 2 * PIECE {
        for (row, y) in x.chunks_exact(count).zip(y.iter_mut()) {
            let settled = AtomicBool::new(false);
            parallel(count.div_ceil(PIECE), |piece| {
                let from = piece * PIECE;
                if !settled.load(Relaxed) && settles(connective, &row[from..(from + PIECE).min(count)]) {
                    settled.store(true, Relaxed);
                }
            });
            *y = neutral ^ u8::from(settled.into_inner());
        }
    } else if inner == 1 {
        let bundle = (PIECE / count).max(1);
        parallel_parts(y, bundle, |part, y| {
            for (row, y) in x[part * bundle * count..].chunks_exact(count).zip(y) {
                *y = neutral ^ u8::from(settles(connective, row));
            }
        });
    } else {
        // Columns are shared out as well, for few outer blocks.
        let cuts = inner.div_ceil(PIECE);
        let (blocks, parts) = (y.len() / inner, Parts::new(y, 1));
        parallel(blocks * cuts, |job| {
            let (block, from) = (job / cuts, job % cuts * PIECE);
            let to = (from + PIECE).min(inner);
            // SAFETY: every block's columns are one job's.
            let y = unsafe { parts.range(block * inner + from, block * inner + to) };
            y.fill(neutral);
            for row in x[block * count * inner..][..count * inner].chunks_exact(inner) {
                join_row(connective, &row[from..to], y);
            }
        });
    }
}
