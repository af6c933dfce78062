//! Convolution and resizing.

use crate::Entry;
use crate::pointwise::activation;
use crate::source::Source;
use kernels::convolution::{self, Window};
use kernels::resize::{self, Grid, Sizes};

pub const ENTRIES: [Entry; 3] = [convolve, convolve, resize];

/// Mostly the window of an image that can be had; now and then any.
fn window(source: &mut Source<'_>) -> Window {
    let [batch, channels, outputs] = std::array::from_fn(|_| source.small(5, 40));
    let [filter_height, filter_width] = std::array::from_fn(|_| source.small(4, 9));
    let [stride_y, stride_x, dilation_y, dilation_x] = std::array::from_fn(|_| source.small(3, 20));
    let [pad_top, pad_left, pad_bottom, pad_right] = std::array::from_fn(|_| if source.flag() { 0 } else { source.small(4, 30) });
    let [height, width] = std::array::from_fn(|_| source.small(12, 40));
    // As many places as the filter has; sometimes another number.
    let mut places = |size: usize, before: usize, after: usize, filter: usize, dilation: usize, stride: usize| {
        let reach = filter.saturating_sub(1).saturating_mul(dilation).saturating_add(1);
        let room = size.saturating_add(before).saturating_add(after).checked_sub(reach);
        if source.below(15) == 0 { source.small(6, 40) } else { room.map_or(0, |room| room / stride.max(1) + 1) }
    };
    let out_height = places(height, pad_top, pad_bottom, filter_height, dilation_y, stride_y);
    let out_width = places(width, pad_left, pad_right, filter_width, dilation_x, stride_x);
    Window {
        batch,
        height,
        width,
        channels,
        filter_height,
        filter_width,
        outputs,
        out_height,
        out_width,
        stride_y,
        stride_x,
        dilation_y,
        dilation_x,
        pad_top,
        pad_left,
    }
}

fn convolve(source: &mut Source<'_>) {
    let (precision, of) = (source.precision(), window(source));
    let x = [of.batch, of.height, of.width, of.channels];
    let filter = [of.filter_height, of.filter_width, of.channels, of.outputs];
    let y = [of.batch, of.out_height, of.out_width, of.outputs];
    match source.below(2) {
        0 => {
            let (bias, activation) = (source.maybe_floats(&[of.outputs]), activation(source));
            let (x, filter, mut y) = (source.floats(&x), source.floats(&filter), source.room(&y));
            convolution::convolve(precision, &of, &x, &filter, bias.as_deref(), activation, &mut y);
        }
        1 => convolution::input_gradient(precision, &of, &source.floats(&y), &source.floats(&filter), &mut source.room(&x)),
        _ => convolution::filter_gradient(precision, &of, &source.floats(&x), &source.floats(&y), &mut source.room(&filter)),
    }
}

fn resize(source: &mut Source<'_>) {
    let [batch, channels] = std::array::from_fn(|_| source.small(4, 20));
    let [height, width, new_height, new_width] = std::array::from_fn(|_| source.small(20, 300));
    let (sizes, grid) = (
        Sizes { batch, height, width, channels, new_height, new_width },
        Grid { align_corners: source.flag(), half_pixel_centers: source.flag() },
    );
    let (before, after) = ([batch, height, width, channels], [batch, new_height, new_width, channels]);
    if source.flag() {
        resize::resize(&sizes, grid, &source.floats(&before), &mut source.room(&after));
    } else {
        resize::resize_gradient(&sizes, grid, &source.floats(&after), &mut source.room(&before));
    }
}
