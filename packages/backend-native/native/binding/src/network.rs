//! Normalisation, attention, softmax and the residual connection.

use crate::exclusive;
use crate::process::precision;
use crate::values::{Input, Output};
use kernels::attention::{self, Sizes};
use kernels::layer_norm;
use kernels::residual::{self, Branch};
use napi::Result;
use napi_derive::napi;

#[napi(catch_unwind)]
pub fn layer_norm(
    x: Input<f32>,
    scale: Input<f32>,
    offset: Input<f32>,
    epsilon: f64,
    mut y: Output<f32>,
    mut means: Output<f32>,
    mut inverses: Output<f32>,
) -> Result<()> {
    exclusive!([y, means, inverses], [x, scale, offset]);
    layer_norm::layer_norm(&x, &scale, &offset, epsilon as f32, &mut y, &mut means, &mut inverses);
    Ok(())
}

#[napi(catch_unwind)]
pub fn layer_norm_gradient(
    x: Input<f32>,
    scale: Input<f32>,
    means: Input<f32>,
    inverses: Input<f32>,
    dy: Input<f32>,
    mut dx: Output<f32>,
    mut d_scale: Output<f32>,
    mut d_offset: Output<f32>,
) -> Result<()> {
    exclusive!([dx, d_scale, d_offset], [x, scale, means, inverses, dy]);
    let inputs = layer_norm::Backward { x: &x, scale: &scale, means: &means, inverses: &inverses, dy: &dy };
    layer_norm::layer_norm_gradient(&inputs, &mut dx, &mut d_scale, &mut d_offset);
    Ok(())
}

/// Batch, tokens, heads, depth.
pub fn sizes([batch, tokens, heads, depth]: [u32; 4]) -> Sizes {
    Sizes { batch: batch as usize, tokens: tokens as usize, heads: heads as usize, depth: depth as usize }
}

#[napi(catch_unwind)]
pub fn attention(
    qkv: Input<f32>,
    batch: u32,
    tokens: u32,
    heads: u32,
    depth: u32,
    scale: f64,
    mut out: Output<f32>,
    mut log_sums: Output<f32>,
) -> Result<()> {
    exclusive!([out, log_sums], [qkv]);
    attention::attention(precision(), sizes([batch, tokens, heads, depth]), scale as f32, &qkv, &mut out, &mut log_sums);
    Ok(())
}

#[napi(catch_unwind)]
pub fn attention_gradient(
    qkv: Input<f32>,
    out: Input<f32>,
    log_sums: Input<f32>,
    d_out: Input<f32>,
    batch: u32,
    tokens: u32,
    heads: u32,
    depth: u32,
    scale: f64,
    mut d_qkv: Output<f32>,
) -> Result<()> {
    exclusive!([d_qkv], [qkv, out, log_sums, d_out]);
    let inputs = attention::Backward { qkv: &qkv, out: &out, log_sums: &log_sums, d_out: &d_out };
    attention::attention_gradient(precision(), sizes([batch, tokens, heads, depth]), scale as f32, &inputs, &mut d_qkv);
    Ok(())
}

#[napi(catch_unwind)]
pub fn softmax(x: Input<f32>, width: u32, logarithm: bool, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x]);
    if logarithm {
        kernels::softmax::log_softmax(&x, width as usize, &mut y);
    } else {
        kernels::softmax::softmax(&x, width as usize, &mut y);
    }
    Ok(())
}

/// The branch of a residual connection.
fn branch<'a>(
    values: &'a Input<f32>,
    scale: &'a Option<Input<f32>>,
    factors: &'a Option<Input<f32>>,
    tokens: u32,
    width: u32,
) -> Branch<'a> {
    Branch { values, scale: scale.as_deref(), factors: factors.as_deref(), tokens: tokens as usize, width: width as usize }
}

#[napi(catch_unwind)]
pub fn scale_add(
    x: Input<f32>,
    values: Input<f32>,
    scale: Option<Input<f32>>,
    factors: Option<Input<f32>>,
    tokens: u32,
    width: u32,
    mut y: Output<f32>,
) -> Result<()> {
    exclusive!([y], [x, values, scale, factors]);
    residual::scale_add(&x, branch(&values, &scale, &factors, tokens, width), &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn scale_add_gradient(
    values: Input<f32>,
    scale: Option<Input<f32>>,
    factors: Option<Input<f32>>,
    dy: Input<f32>,
    tokens: u32,
    width: u32,
    mut d_values: Output<f32>,
    mut d_scale: Option<Output<f32>>,
) -> Result<()> {
    exclusive!([d_values, d_scale], [values, scale, factors, dy]);
    residual::scale_add_gradient(branch(&values, &scale, &factors, tokens, width), &dy, &mut d_values, d_scale.as_deref_mut());
    Ok(())
}
