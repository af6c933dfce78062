//! What depends on the order of values: the largest ones, their places, running sums.

use crate::exclusive;
use crate::pointwise::{names, pick};
use crate::values::{Input, Output};
use kernels::ranking::{self, Extreme};
use kernels::scan::{self, Order};
use napi::Result;
use napi_derive::napi;

/// What can be looked for along an axis, by tfjs's names.
const EXTREMES: [(&str, Extreme); 2] = [("ArgMax", Extreme::Max), ("ArgMin", Extreme::Min)];

#[napi(catch_unwind)]
pub fn extreme_names() -> Vec<String> {
    names(&EXTREMES)
}

#[napi(catch_unwind)]
pub fn find_floats(code: u32, x: Input<f32>, count: u32, inner: u32, mut y: Output<i32>) -> Result<()> {
    exclusive!([y], [x]);
    ranking::find(pick(&EXTREMES, code)?, &x, count as usize, inner as usize, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn find_integers(code: u32, x: Input<i32>, count: u32, inner: u32, mut y: Output<i32>) -> Result<()> {
    exclusive!([y], [x]);
    ranking::find(pick(&EXTREMES, code)?, &x, count as usize, inner as usize, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn top_floats(x: Input<f32>, width: u32, count: u32, sorted: bool, mut values: Output<f32>, mut places: Output<i32>) -> Result<()> {
    exclusive!([values, places], [x]);
    ranking::top(&x, width as usize, count as usize, sorted, &mut values, &mut places);
    Ok(())
}

#[napi(catch_unwind)]
pub fn top_integers(x: Input<i32>, width: u32, count: u32, sorted: bool, mut values: Output<i32>, mut places: Output<i32>) -> Result<()> {
    exclusive!([values, places], [x]);
    ranking::top(&x, width as usize, count as usize, sorted, &mut values, &mut places);
    Ok(())
}

#[napi(catch_unwind)]
pub fn cumulative_sum_floats(x: Input<f32>, count: u32, inner: u32, exclusive: bool, reverse: bool, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x]);
    scan::cumulative_sum(Order { exclusive, reverse }, &x, count as usize, inner as usize, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn cumulative_sum_integers(x: Input<i32>, count: u32, inner: u32, exclusive: bool, reverse: bool, mut y: Output<i32>) -> Result<()> {
    exclusive!([y], [x]);
    scan::cumulative_sum(Order { exclusive, reverse }, &x, count as usize, inner as usize, &mut y);
    Ok(())
}
