//! Convolution of images with a filter, and its gradients: the patches under the filter become the rows of a matrix, block by block,
//! and the rest is the matrix product's.

use crate::activation::Activation;
use crate::gemm::{Done, Matrix, MatrixMut, Precision, gemm};
use crate::linear::Epilogue;
use crate::product;
use crate::scratch::with_scratch;
use crate::threads::parallel_parts;
use std::ops::Range;

/// Sizes of a convolution: x [batch, height, width, channels] under a filter [filter_height, filter_width, channels, outputs] gives
/// y [batch, out_height, out_width, outputs]. Beyond the images' edges are zeros.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub filter_height: usize,
    pub filter_width: usize,
    pub outputs: usize,
    pub out_height: usize,
    pub out_width: usize,
    pub stride_y: usize,
    pub stride_x: usize,
    pub dilation_y: usize,
    pub dilation_x: usize,
    pub pad_top: usize,
    pub pad_left: usize,
}

/// Floats of the patches that are in memory at a time, and how many patches there are at least, for the product's sake.
const BLOCK: usize = 1 << 21;
const LEAST: usize = 256;
/// Floats of the patches that one job writes, about.
const PIECE: usize = 1 << 14;

impl Window {
    /// Values of x, of the filter and of y.
    fn lengths(&self) -> (usize, usize, usize) {
        let x = product(&[self.batch, self.height, self.width, self.channels]);
        let filter = product(&[self.filter_height, self.filter_width, self.channels, self.outputs]);
        (x, filter, product(&[self.batch, self.out_height, self.out_width, self.outputs]))
    }

    /// Panics unless the arrays have the lengths of x, the filter and y.
    fn check(&self, x: usize, filter: usize, y: usize) {
        assert_eq!((x, filter, y), self.lengths(), "convolution: lengths");
        assert!(self.stride_y.min(self.stride_x).min(self.dilation_y).min(self.dilation_x) > 0, "convolution: strides and dilations");
    }

    /// Values of one patch.
    fn patch(&self) -> usize {
        self.filter_height * self.filter_width * self.channels
    }

    fn patches(&self) -> usize {
        self.batch * self.out_height * self.out_width
    }

    /// Whether x itself is the matrix of its patches: one pixel each.
    fn is_plain(&self) -> bool {
        (self.filter_height, self.filter_width, self.stride_y, self.stride_x, self.pad_top, self.pad_left) == (1, 1, 1, 1, 0, 0)
            && (self.height, self.width) == (self.out_height, self.out_width)
    }

    /// The blocks of patches; they depend on the sizes alone.
    fn blocks(&self) -> impl Iterator<Item = Range<usize>> {
        let (patches, size) = (self.patches(), (BLOCK / self.patch().max(1)).max(LEAST));
        (0..patches).step_by(size).map(move |start| start..(start + size).min(patches))
    }

    /// The row of the image that row `down` of the filter meets for the patches in row `row`.
    fn row_inside(&self, row: usize, down: usize) -> Option<usize> {
        (row * self.stride_y + down * self.dilation_y).checked_sub(self.pad_top).filter(|&place| place < self.height)
    }

    /// The columns of the filter that lie inside the images for the patches in column `column`.
    fn columns_inside(&self, column: usize) -> Range<usize> {
        let up_to = |edge: usize| edge.saturating_sub(column * self.stride_x).div_ceil(self.dilation_x).min(self.filter_width);
        up_to(self.pad_left)..up_to(self.width + self.pad_left)
    }

    /// The column of the image under column `across` of the filter, one of `columns_inside`.
    fn column_of(&self, column: usize, across: usize) -> usize {
        column * self.stride_x + across * self.dilation_x - self.pad_left
    }
}

/// patches[p, :] = what the filter meets at patch `first + p`: rows of the filter, columns, channels.
fn unfold(of: &Window, x: &[f32], first: usize, patches: &mut [f32]) {
    let (size, line) = (of.patch(), of.filter_width * of.channels);
    if size == 0 {
        return;
    }
    let bundle = (PIECE / size).max(1);
    parallel_parts(patches, bundle * size, |part, patches| {
        for (index, patch) in patches.chunks_exact_mut(size).enumerate() {
            let place = first + part * bundle + index;
            let (column, row, image) = (place % of.out_width, place / of.out_width % of.out_height, place / of.out_width / of.out_height);
            let columns = of.columns_inside(column);
            for (down, patch) in patch.chunks_exact_mut(line).enumerate() {
                let Some(from) = of.row_inside(row, down).filter(|_| !columns.is_empty()) else {
                    patch.fill(0.0);
                    continue;
                };
                let pixels = &x[(image * of.height + from) * of.width * of.channels..][..of.width * of.channels];
                let (before, after) = (columns.start * of.channels, columns.end * of.channels);
                patch[..before].fill(0.0);
                patch[after..].fill(0.0);
                if of.dilation_x == 1 {
                    // Neighbours in the filter are neighbours in the image.
                    let start = of.column_of(column, columns.start) * of.channels;
                    patch[before..after].copy_from_slice(&pixels[start..][..after - before]);
                } else {
                    for across in columns.clone() {
                        let pixel = &pixels[of.column_of(column, across) * of.channels..][..of.channels];
                        patch[across * of.channels..][..of.channels].copy_from_slice(pixel);
                    }
                }
            }
        }
    });
}

/// y += x, in runs too short to be worth a choice of instructions each.
#[inline(always)]
fn add_run(x: &[f32], y: &mut [f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
}

crate::simd! {
    /// Adds to row `to` of an image (`pixels`) what lies on it in the patches of numbers `block`.
    fn fold_row<S>(_s, of: &Window, patches: &[f32], block: Range<usize>, image: usize, to: usize, pixels: &mut [f32]) {
        let line = of.filter_width * of.channels;
        for down in 0..of.filter_height {
            let Some(row) = (to + of.pad_top).checked_sub(down * of.dilation_y).filter(|place| place % of.stride_y == 0) else { continue };
            let row = row / of.stride_y;
            if row >= of.out_height {
                continue;
            }
            let start = (image * of.out_height + row) * of.out_width;
            for place in start.max(block.start)..(start + of.out_width).min(block.end) {
                let column = place - start;
                let columns = of.columns_inside(column);
                let patch = &patches[(place - block.start) * of.patch() + down * line..][..line];
                if columns.is_empty() {
                    continue;
                }
                if of.dilation_x == 1 {
                    let patch = &patch[columns.start * of.channels..columns.end * of.channels];
                    add_run(patch, &mut pixels[of.column_of(column, columns.start) * of.channels..][..patch.len()]);
                } else {
                    for across in columns {
                        let patch = &patch[across * of.channels..][..of.channels];
                        add_run(patch, &mut pixels[of.column_of(column, across) * of.channels..][..of.channels]);
                    }
                }
            }
        }
    }
}

/// dx += the patches of numbers `block`, each at its place. Every row of dx is one job's, and its sums are built in a fixed order.
fn fold(of: &Window, patches: &[f32], block: Range<usize>, dx: &mut [f32]) {
    let (per_image, line) = (of.out_height * of.out_width, of.width * of.channels);
    let images = block.start / per_image..(block.end - 1) / per_image + 1;
    parallel_parts(&mut dx[images.start * of.height * line..images.end * of.height * line], line, |row, pixels| {
        fold_row(of, patches, block.clone(), images.start + row / of.height, row % of.height, pixels);
    });
}

/// Calls `use_it` with the patches of every block, in order.
fn for_patches(of: &Window, x: &[f32], mut use_it: impl FnMut(Range<usize>, Matrix<'_>)) {
    let size = of.patch();
    if of.is_plain() {
        return use_it(0..of.patches(), Matrix::new(x, of.patches(), size, size));
    }
    for block in of.blocks() {
        with_scratch(block.len() * size, |patches| {
            unfold(of, x, block.start, patches);
            use_it(block.clone(), Matrix::new(patches, block.len(), size, size));
        });
    }
}

/// y = the convolution of x, then bias and activation.
pub fn convolve(precision: Precision, of: &Window, x: &[f32], filter: &[f32], bias: Option<&[f32]>, activation: Activation, y: &mut [f32]) {
    of.check(x.len(), filter.len(), y.len());
    assert!(bias.is_none_or(|bias| bias.len() == of.outputs), "convolution: length of the bias");
    if y.is_empty() {
        return;
    }
    let filter = Matrix::new(filter, of.patch(), of.outputs, of.outputs);
    let epilogue = Epilogue { bias, activation, precision, before: None };
    for_patches(of, x, |block, patches| {
        let y = &mut y[block.start * of.outputs..block.end * of.outputs];
        gemm(precision, patches, filter, &MatrixMut::new(y, block.len(), of.outputs, of.outputs), false, &epilogue);
    });
}

/// dx from dy.
pub fn input_gradient(precision: Precision, of: &Window, dy: &[f32], filter: &[f32], dx: &mut [f32]) {
    of.check(dx.len(), filter.len(), dy.len());
    let size = of.patch();
    if of.is_plain() && !filter.is_empty() {
        let filter = Matrix::new(filter, size, of.outputs, of.outputs).transposed();
        let dy = Matrix::new(dy, of.patches(), of.outputs, of.outputs);
        return gemm(precision, dy, filter, &MatrixMut::new(dx, of.patches(), size, size), false, &Done);
    }
    dx.fill(0.0);
    if dx.is_empty() || dy.is_empty() || filter.is_empty() {
        return;
    }
    let filter = Matrix::new(filter, size, of.outputs, of.outputs).transposed();
    for block in of.blocks() {
        let dy = Matrix::new(&dy[block.start * of.outputs..], block.len(), of.outputs, of.outputs);
        with_scratch(block.len() * size, |patches| {
            gemm(precision, dy, filter, &MatrixMut::new(patches, block.len(), size, size), false, &Done);
            fold(of, patches, block.clone(), dx);
        });
    }
}

/// The filter's gradient from x and dy.
pub fn filter_gradient(precision: Precision, of: &Window, x: &[f32], dy: &[f32], d_filter: &mut [f32]) {
    of.check(x.len(), d_filter.len(), dy.len());
    if d_filter.is_empty() {
        return;
    }
    d_filter.fill(0.0);
    let d_filter = MatrixMut::new(d_filter, of.patch(), of.outputs, of.outputs);
    for_patches(of, x, |block, patches| {
        let dy = Matrix::new(&dy[block.start * of.outputs..], block.len(), of.outputs, of.outputs);
        gemm(precision, patches.transposed(), dy, &d_filter, true, &Done);
    });
}
