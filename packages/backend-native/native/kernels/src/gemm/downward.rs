//! The gradients of weights: C = Aᵀ · B, a long sum down the rows of both.
//!
//! All threads go down the rows together, a slab at a time. While they multiply a packed slab they pack the next one, a piece after
//! every tile, and ask for the pieces that come some tiles later: reading the operands costs next to nothing then, where packing first
//! and multiplying after left the processor waiting for memory a quarter of the time.

use super::tile::{Lanes, Tile, multiply_tile};
use super::{Matrix, MatrixMut, Precision, Shape, tiled};
use crate::activation::{Activation, activate, closeness};
use crate::layer_norm::Normalization;
use crate::scratch::with_scratch;
use crate::simd::Simd;
use crate::threads::{Parts, parallel};
use std::ops::Range;

/// Jobs that a slab is shared out in, at least: the threads wait for the last one.
const JOBS: usize = 24;
/// Rows of a slab, in words: a panel of B and one of A leave room in the first-level cache for what is packed meanwhile.
const BLOCK: usize = 192;
/// Rows of a piece.
const PIECE_ROWS: usize = 16;

/// Rows of tiles that one job multiplies with a panel of B while that is in the first-level cache.
const STRIPS: usize = 16;

/// What rows go through on their way into a product.
#[derive(Clone, Copy)]
pub enum Before<'a> {
    Nothing,
    Activation(Activation),
    Normalization(&'a Normalization<'a>),
}

/// An operand: rows one after another.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    pub values: Matrix<'a>,
    pub before: Before<'a>,
}

impl<'a> Rows<'a> {
    pub fn plain(values: Matrix<'a>) -> Self {
        Self { values, before: Before::Nothing }
    }

    pub fn activated(values: Matrix<'a>, activation: Activation) -> Self {
        Self { values, before: Before::Activation(activation) }
    }

    /// The output of a layer normalisation, computed once more from its input.
    pub fn normalized(values: Matrix<'a>, normalization: &'a Normalization<'a>) -> Self {
        Self { values, before: Before::Normalization(normalization) }
    }

    fn check(&self) {
        assert!(self.values.column_stride == 1 || self.values.rows <= 1, "product downward: rows");
        if let Before::Normalization(normalization) = self.before {
            normalization.check(self.values.rows, self.values.columns);
        }
    }
}

/// A slab of rows of both operands, packed: panels of A's columns, then panels of B's.
struct Slab {
    /// The rows.
    rows: Range<usize>,
    /// Words a lane.
    words: usize,
}

/// What all jobs know.
struct Task<'a> {
    a: Rows<'a>,
    b: Rows<'a>,
    c: &'a MatrixMut<'a>,
    /// Columns of A as tiles, of B as panels.
    strips: usize,
    panels: usize,
}

impl Task<'_> {
    /// Pieces that a slab is packed in: some rows of one panel each.
    fn pieces(&self, slab: &Slab) -> usize {
        slab.rows.len().div_ceil(PIECE_ROWS) * (self.strips + self.panels)
    }
}

/// Where a piece comes from and goes to.
struct Piece<'a> {
    rows: &'a Rows<'a>,
    row: usize,
    count: usize,
    column: usize,
    width: usize,
    /// First word of its place in the slab.
    place: usize,
}

#[inline(always)]
fn piece<'a, T: Tile>(task: &'a Task<'_>, slab: &Slab, index: usize) -> Piece<'a> {
    let panel = index % (task.strips + task.panels);
    let from = index / (task.strips + task.panels) * PIECE_ROWS;
    let (rows, number, width, start) = if panel < task.strips {
        (&task.a, panel, T::ROWS, 0)
    } else {
        (&task.b, panel - task.strips, T::COLUMNS, task.strips * T::ROWS * slab.words)
    };
    let place = start + (number * slab.words + from / T::DEPTH_PER_WORD) * width;
    Piece { rows, row: slab.rows.start + from, count: PIECE_ROWS.min(slab.rows.len() - from), column: number * width, width, place }
}

/// Asks for what a piece reads.
#[inline(always)]
fn prefetch_piece<T: Tile>(tile: T, piece: &Piece<'_>) {
    let values = &piece.rows.values;
    for row in piece.row..piece.row + piece.count {
        tile.level().prefetch_later(values.at(row, piece.column), piece.width.min(values.columns - piece.column));
    }
}

/// Packs a piece; `before` is done on the way.
///
/// # Safety
/// The piece's words of the slab must be in no one else's hands.
#[inline(always)]
unsafe fn pack_piece<T: Tile>(tile: T, piece: &Piece<'_>, slab: &Parts<'_, f32>) {
    let s = tile.level();
    let &Piece { rows, row, count, column, width, place } = piece;
    let live = width.min(rows.values.columns - column);
    let mut lanes =
        Lanes { start: rows.values.at(row, column), lane_stride: 1, depth_stride: rows.values.row_stride, lanes: live, depth: count };
    let place = place..place + width * count.div_ceil(T::DEPTH_PER_WORD);
    if matches!(rows.before, Before::Nothing) {
        // SAFETY: the lanes are inside the rows; the caller vouches for the slab.
        return unsafe { tile.pack(lanes, width, slab.range(place.start, place.end).as_mut_ptr()) };
    }
    let mut local = [0f32; PIECE_ROWS * 32];
    for (index, y) in local[..count * width].chunks_exact_mut(width).enumerate() {
        let x = &rows.values.row(row + index)[column..column + live];
        match rows.before {
            Before::Activation(activation) => {
                for at in (0..live).step_by(T::Level::LANES) {
                    s.write(&mut y[..live], at, activate(s, activation, closeness(T::PRECISION), s.read(x, at)));
                }
            }
            Before::Normalization(normalization) => normalization.again(s, row + index, column, x, &mut y[..live]),
            Before::Nothing => {}
        }
    }
    (lanes.start, lanes.depth_stride) = (local.as_ptr(), width);
    // SAFETY: the lanes are inside `local`; the caller vouches for the slab.
    unsafe { tile.pack(lanes, width, slab.range(place.start, place.end).as_mut_ptr()) }
}

tiled! {
    /// Packs the pieces of a range.
    fn pack_pieces<T>(tile, task: &Task<'_>, slab: &Slab, pieces: Range<usize>, target: &Parts<'_, f32>) {
        for index in pieces {
            // SAFETY: every piece is one job's.
            unsafe { pack_piece(tile, &piece::<T>(task, slab, index), target) }
        }
    }
}

/// A job: some tiles of C, and some pieces of the next slab.
struct Job<'a> {
    strips: Range<usize>,
    panels: Range<usize>,
    slab: &'a Slab,
    packed: &'a [f32],
    next: &'a Slab,
    pieces: Range<usize>,
    target: &'a Parts<'a, f32>,
}

/// Tiles between the request for a piece and its packing.
const AHEAD: usize = 3;

tiled! {
    fn multiply_and_pack<T>(tile, task: &Task<'_>, job: &Job<'_>) {
        let c = task.c;
        let (left, right) = job.packed.split_at(task.strips * T::ROWS * job.slab.words);
        let words = job.slab.words;
        let tiles = job.strips.len() * job.panels.len();
        // Pieces that are packed before tile number `index`.
        let until = |index: usize| job.pieces.start + job.pieces.len() * index.min(tiles) / tiles;
        let mut done = 0;
        for index in until(0)..until(AHEAD) {
            prefetch_piece(tile, &piece::<T>(task, job.next, index));
        }
        for panel in job.panels.clone() {
            // This panel stays in the first-level cache.
            let right = &right[panel * words * T::COLUMNS..][..words * T::COLUMNS];
            let column = panel * T::COLUMNS;
            let width = T::COLUMNS.min(c.columns - column);
            for strip in job.strips.clone() {
                for index in until(done + AHEAD)..until(done + AHEAD + 1) {
                    prefetch_piece(tile, &piece::<T>(task, job.next, index));
                }
                let row = strip * T::ROWS;
                let rows = T::ROWS.min(c.rows - row);
                let left = &left[strip * words * T::ROWS..][..words * T::ROWS];
                // SAFETY: both panels have `words` words a lane; these tiles of C are this job's alone.
                unsafe { multiply_tile(tile, words, left, right, c.at(row, column), c.stride, rows, width, job.slab.rows.start > 0) }
                for index in until(done)..until(done + 1) {
                    // SAFETY: every piece is one job's.
                    unsafe { pack_piece(tile, &piece::<T>(task, job.next, index), job.target) }
                }
                done += 1;
            }
        }
    }
}

/// C = Aᵀ · B for A [K, M] and B [K, N].
pub fn multiply_downward(precision: Precision, a: Rows<'_>, b: Rows<'_>, c: &MatrixMut<'_>) {
    let depth = a.values.rows;
    assert!(b.values.rows == depth && a.values.columns == c.rows && b.values.columns == c.columns, "product downward: sizes");
    assert!(c.rows > 0 && c.columns > 0 && depth > 0, "product downward: empty");
    a.check();
    b.check();
    let shape = Shape::of(precision);
    let block = BLOCK * shape.per_word;
    let task = Task { a, b, c, strips: c.rows.div_ceil(shape.rows), panels: c.columns.div_ceil(shape.columns) };
    let slab_at = |start: usize| {
        let rows = start.min(depth)..(start + block).min(depth);
        Slab { words: rows.len().div_ceil(shape.per_word), rows }
    };
    let length = block.min(depth).div_ceil(shape.per_word) * (task.strips * shape.rows + task.panels * shape.columns);
    let strip_groups = task.strips.div_ceil(STRIPS);
    let share = task.panels.div_ceil(JOBS.div_ceil(strip_groups).min(task.panels));
    let panel_groups = task.panels.div_ceil(share);
    let jobs = strip_groups * panel_groups;
    with_scratch(2 * length, |memory| {
        let (mut packed, mut free) = memory.split_at_mut(length);
        let first = slab_at(0);
        let pieces = task.pieces(&first);
        let target = Parts::new(packed, 1);
        parallel(jobs, |job| pack_pieces(shape.precision, &task, &first, pieces * job / jobs..pieces * (job + 1) / jobs, &target));
        for start in (0..depth).step_by(block) {
            let (slab, next) = (slab_at(start), slab_at(start + block));
            let pieces = task.pieces(&next);
            let target = Parts::new(free, 1);
            let source = &*packed;
            parallel(jobs, |job| {
                let (strip, panel) = (job / panel_groups * STRIPS, job % panel_groups * share);
                let job = Job {
                    strips: strip..(strip + STRIPS).min(task.strips),
                    panels: panel..(panel + share).min(task.panels),
                    slab: &slab,
                    packed: source,
                    next: &next,
                    pieces: pieces * job / jobs..pieces * (job + 1) / jobs,
                    target: &target,
                };
                multiply_and_pack(shape.precision, &task, &job);
            });
            std::mem::swap(&mut packed, &mut free);
        }
    });
}
