//! B, packed: block after block of depth, in each block panel after panel of columns.

use super::tile::Lanes;
use super::{Matrix, Precision, Shape, depth_block, tiled};
use crate::scratch::with_scratch;
use crate::threads::{Parts, parallel};

/// A packed operand, to be multiplied by any number of rows.
pub struct Right<'a> {
    pub(super) shape: Shape,
    /// K and N.
    pub(super) depth: usize,
    pub(super) columns: usize,
    /// Depth of a block.
    pub(super) block: usize,
    words: &'a [f32],
}

impl Right<'_> {
    pub(super) fn panels(&self) -> usize {
        self.columns.div_ceil(self.shape.columns)
    }

    /// Panel number `panel` of the block that starts at `depth` and has `count` depths.
    #[inline(always)]
    pub(super) fn panel(&self, depth: usize, count: usize, panel: usize) -> &[f32] {
        let start = depth.div_ceil(self.shape.per_word) * self.shape.columns * self.panels();
        let words = self.shape.columns * count.div_ceil(self.shape.per_word);
        &self.words[start + panel * words..][..words]
    }
}

tiled! {
    /// Packs one panel: all columns of `b`, at most a panel's width.
    fn pack_panel<T>(tile, b: Matrix<'_>, panel: &mut [f32]) {
        assert!(b.columns <= T::COLUMNS && panel.len() >= T::COLUMNS * b.rows.div_ceil(T::DEPTH_PER_WORD));
        let lanes = Lanes { start: b.at(0, 0), lane_stride: b.column_stride, depth_stride: b.row_stride, lanes: b.columns, depth: b.rows };
        // SAFETY: `b` is readable by construction, the panel is long enough, and a Matrix has a stride of 1.
        unsafe { tile.pack(lanes, T::COLUMNS, panel.as_mut_ptr()) }
    }
}

/// Packs `b` on all threads and calls `use_it` with the result.
pub fn with_right<R>(precision: Precision, b: Matrix<'_>, use_it: impl FnOnce(&Right<'_>) -> R) -> R {
    let shape = Shape::of(precision);
    let block = depth_block(b.rows, shape.precision);
    let panels = b.columns.div_ceil(shape.columns);
    // Blocks are even, so only the last one can have half a word.
    with_scratch(b.rows.div_ceil(shape.per_word) * shape.columns * panels, |packed| {
        let parts = Parts::new(packed, 1);
        let bundle = (4096 / block.max(1)).max(1);
        let bundles = panels.div_ceil(bundle);
        parallel(b.rows.div_ceil(block) * bundles, |job| {
            let (depth, first) = (job / bundles * block, job % bundles * bundle);
            let count = block.min(b.rows - depth);
            let words = shape.columns * count.div_ceil(shape.per_word);
            let start = depth.div_ceil(shape.per_word) * shape.columns * panels;
            for panel in first..(first + bundle).min(panels) {
                // SAFETY: panels follow one another without overlap, and every one is one job's.
                let target = unsafe { parts.range(start + panel * words, start + (panel + 1) * words) };
                let column = panel * shape.columns;
                let part = b.rows_from(depth, count).columns_from(column, shape.columns.min(b.columns - column));
                pack_panel(shape.precision, part, target);
            }
        });
        use_it(&Right { shape, depth: b.rows, columns: b.columns, block, words: packed })
    })
}
