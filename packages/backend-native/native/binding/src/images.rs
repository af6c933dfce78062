//! Convolution and resizing.

use crate::exclusive;
use crate::process::precision;
use crate::products::activation;
use crate::values::{Input, Output, refuse};
use kernels::convolution::{self, Window};
use kernels::resize::{self, Grid, Sizes};
use napi::Result;
use napi_derive::napi;

/// The numbers as sizes; an error unless there are `N` and none is negative.
fn sizes<const N: usize>(numbers: &[i32]) -> Result<[usize; N]> {
    let sizes = numbers.iter().map(|&number| usize::try_from(number).ok()).collect::<Option<Vec<_>>>();
    let wrong = || refuse(format_args!("sizes: expected {N} numbers that are not negative"));
    sizes.and_then(|sizes| <[usize; N]>::try_from(sizes).ok()).ok_or_else(wrong)
}

/// The numbers in the order of `Window`.
fn window(numbers: &[i32]) -> Result<Window> {
    let [batch, height, width, channels, filter_height, filter_width, outputs, out_height, out_width, rest @ ..] = sizes::<15>(numbers)?;
    let [stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left] = rest;
    Ok(Window {
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
    })
}

#[napi(catch_unwind)]
pub fn convolve(
    numbers: Input<i32>,
    x: Input<f32>,
    filter: Input<f32>,
    bias: Option<Input<f32>>,
    code: u32,
    mut y: Output<f32>,
) -> Result<()> {
    exclusive!([y], [numbers, x, filter, bias]);
    convolution::convolve(precision(), &window(&numbers)?, &x, &filter, bias.as_deref(), activation(code)?, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn convolve_input_gradient(numbers: Input<i32>, dy: Input<f32>, filter: Input<f32>, mut dx: Output<f32>) -> Result<()> {
    exclusive!([dx], [numbers, dy, filter]);
    convolution::input_gradient(precision(), &window(&numbers)?, &dy, &filter, &mut dx);
    Ok(())
}

#[napi(catch_unwind)]
pub fn convolve_filter_gradient(numbers: Input<i32>, x: Input<f32>, dy: Input<f32>, mut d_filter: Output<f32>) -> Result<()> {
    exclusive!([d_filter], [numbers, x, dy]);
    convolution::filter_gradient(precision(), &window(&numbers)?, &x, &dy, &mut d_filter);
    Ok(())
}

/// The numbers in the order of `Sizes`.
fn images(numbers: &[i32]) -> Result<Sizes> {
    let [batch, height, width, channels, new_height, new_width] = sizes(numbers)?;
    Ok(Sizes { batch, height, width, channels, new_height, new_width })
}

#[napi(catch_unwind)]
pub fn resize(numbers: Input<i32>, align_corners: bool, half_pixel_centers: bool, x: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [numbers, x]);
    resize::resize(&images(&numbers)?, Grid { align_corners, half_pixel_centers }, &x, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn resize_gradient(
    numbers: Input<i32>,
    align_corners: bool,
    half_pixel_centers: bool,
    dy: Input<f32>,
    mut dx: Output<f32>,
) -> Result<()> {
    exclusive!([dx], [numbers, dy]);
    resize::resize_gradient(&images(&numbers)?, Grid { align_corners, half_pixel_centers }, &dy, &mut dx);
    Ok(())
}
