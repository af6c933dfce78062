//! The loss and the optimizer.

use crate::exclusive;
use crate::values::{Input, Output};
use kernels::optimizer::{self, AdamW};
use kernels::softmax;
use napi::Result;
use napi_derive::napi;

#[napi(catch_unwind)]
pub fn cross_entropy(logits: Input<f32>, targets: Input<f32>, width: u32, mut loss: Output<f32>, mut log_sums: Output<f32>) -> Result<()> {
    exclusive!([loss, log_sums], [logits, targets]);
    softmax::cross_entropy(&logits, &targets, width as usize, &mut loss, &mut log_sums);
    Ok(())
}

#[napi(catch_unwind)]
pub fn cross_entropy_gradient(
    logits: Input<f32>,
    targets: Input<f32>,
    width: u32,
    log_sums: Input<f32>,
    dy: Input<f32>,
    mut dx: Output<f32>,
) -> Result<()> {
    exclusive!([dx], [logits, targets, log_sums, dy]);
    softmax::cross_entropy_gradient(&logits, &targets, width as usize, &log_sums, &dy, &mut dx);
    Ok(())
}

/// One parameter's step; `first_correction` is 1 - beta1^t, `second_correction` 1 - beta2^t.
#[napi(catch_unwind)]
pub fn adamw(
    parameter: Input<f32>,
    gradient: Input<f32>,
    first: Input<f32>,
    second: Input<f32>,
    learning_rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    first_correction: f64,
    second_correction: f64,
    mut new_parameter: Output<f32>,
    mut new_first: Output<f32>,
    mut new_second: Output<f32>,
) -> Result<()> {
    exclusive!([new_parameter, new_first, new_second], [parameter, gradient, first, second]);
    let step = AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, first_correction, second_correction };
    optimizer::adamw(&step, &gradient, [&parameter, &first, &second], [&mut new_parameter, &mut new_first, &mut new_second]);
    Ok(())
}

#[napi(catch_unwind)]
pub fn moving_average(momentum: f64, average: Input<f32>, x: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [average, x]);
    optimizer::moving_average(momentum, &average, &x, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn sum_of_squares(x: Input<f32>) -> Result<f64> {
    Ok(f64::from(kernels::reduce::sum_of_squares(&x)))
}
