//! Bilinear resizing of images [batch, height, width, channels], and its gradient.

use crate::product;
use crate::threads::parallel_parts;

/// Sizes before and after.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub batch: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    pub new_height: usize,
    pub new_width: usize,
}

/// How places after resizing correspond to places before.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// The outermost pixels' centers meet, not the images' edges.
    pub align_corners: bool,
    /// A pixel's center is half a pixel from its edge.
    pub half_pixel_centers: bool,
}

/// The two pixels that a new one lies between, and the second one's share.
#[derive(Clone, Copy)]
struct Between {
    first: usize,
    second: usize,
    share: f32,
}

impl Grid {
    /// For each of `count` new places along an axis of `size`.
    fn places(self, size: usize, count: usize) -> Vec<Between> {
        let inner = usize::from(self.align_corners && count > 1);
        let step = (size - inner) as f64 / (count - inner) as f64;
        let place = |index: usize| {
            let place = if self.half_pixel_centers { (index as f64 + 0.5) * step - 0.5 } else { index as f64 * step };
            // Before the first pixel's center the place is negative; both pixels are the first, so the share does not matter.
            let first = place.floor().max(0.0);
            Between { first: (first as usize).min(size - 1), second: (place.ceil() as usize).min(size - 1), share: (place - first) as f32 }
        };
        (0..count).map(place).collect()
    }
}

impl Sizes {
    /// Panics unless the lengths are those of the images before and after.
    fn check(&self, before: usize, after: usize) {
        let &Sizes { batch, height, width, channels, new_height, new_width } = self;
        assert!(
            before == product(&[batch, height, width, channels]) && after == product(&[batch, new_height, new_width, channels]),
            "resize: lengths"
        );
    }
}

#[inline(always)]
fn blend(channels: usize, top: &[f32], bottom: &[f32], down: f32, columns: &[Between], y: &mut [f32]) {
    for (y, column) in y.chunks_exact_mut(channels).zip(columns) {
        let (left, right) = (column.first * channels, column.second * channels);
        let pixel = |row: &[f32], at: usize, channel: usize| row[at..][..channels][channel];
        for (channel, y) in y.iter_mut().enumerate() {
            let (a, b) = (pixel(top, left, channel), pixel(bottom, left, channel));
            let a = a + (pixel(top, right, channel) - a) * column.share;
            let b = b + (pixel(bottom, right, channel) - b) * column.share;
            *y = a + (b - a) * down;
        }
    }
}

crate::simd! {
    /// One new row, between two old ones.
    fn blend_row<S>(_s, channels: usize, top: &[f32], bottom: &[f32], down: f32, columns: &[Between], y: &mut [f32]) {
        // The usual numbers of channels by themselves, so that the inner loop is unrolled.
        match channels {
            1 => blend(1, top, bottom, down, columns, y),
            3 => blend(3, top, bottom, down, columns, y),
            4 => blend(4, top, bottom, down, columns, y),
            _ => blend(channels, top, bottom, down, columns, y),
        }
    }
}

/// y = x resized.
pub fn resize(sizes: &Sizes, grid: Grid, x: &[f32], y: &mut [f32]) {
    sizes.check(x.len(), y.len());
    if y.is_empty() {
        return;
    }
    assert!(!x.is_empty(), "resize: the images have no pixels");
    let &Sizes { height, width, channels, new_height, new_width, .. } = sizes;
    let (rows, columns) = (grid.places(height, new_height), grid.places(width, new_width));
    let line = width * channels;
    parallel_parts(y, new_width * channels, |index, y| {
        let (image, row) = (index / new_height * height, rows[index % new_height]);
        let line_of = |row: usize| &x[(image + row) * line..][..line];
        blend_row(channels, line_of(row.first), line_of(row.second), row.share, &columns, y);
    });
}

#[inline(always)]
fn spread(channels: usize, dy: &[f32], weight: f32, columns: &[Between], dx: &mut [f32]) {
    for (dy, column) in dy.chunks_exact(channels).zip(columns) {
        for (at, share) in [(column.first, 1.0 - column.share), (column.second, column.share)] {
            let dx = &mut dx[at * channels..][..channels];
            dx.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += dy * (weight * share));
        }
    }
}

crate::simd! {
    /// dx += `weight` times what one new row owes to an old one.
    fn spread_row<S>(_s, channels: usize, dy: &[f32], weight: f32, columns: &[Between], dx: &mut [f32]) {
        match channels {
            1 => spread(1, dy, weight, columns, dx),
            3 => spread(3, dy, weight, columns, dx),
            4 => spread(4, dy, weight, columns, dx),
            _ => spread(channels, dy, weight, columns, dx),
        }
    }
}

/// dx from dy: every old row collects from the new rows that lie beside it, in their order.
pub fn resize_gradient(sizes: &Sizes, grid: Grid, dy: &[f32], dx: &mut [f32]) {
    sizes.check(dx.len(), dy.len());
    if dx.is_empty() {
        return;
    }
    let &Sizes { height, width, channels, new_height, new_width, .. } = sizes;
    if dy.is_empty() {
        return dx.fill(0.0);
    }
    let columns = grid.places(width, new_width);
    let mut owed: Vec<Vec<(usize, f32)>> = vec![Vec::new(); height];
    for (row, between) in grid.places(height, new_height).into_iter().enumerate() {
        owed[between.first].push((row, 1.0 - between.share));
        owed[between.second].push((row, between.share));
    }
    let line = new_width * channels;
    parallel_parts(dx, width * channels, |index, dx| {
        dx.fill(0.0);
        for &(row, weight) in &owed[index % height] {
            spread_row(channels, &dy[(index / height * new_height + row) * line..][..line], weight, &columns, dx);
        }
    });
}
