//! The two halves of a transformer block.

use crate::exclusive;
use crate::network::sizes;
use crate::process::precision;
use crate::values::{Input, Output, refuse};
use kernels::attention_block::{self, AttentionBlock};
use kernels::block::{Gradients, Norm, Normalized};
use kernels::layer_norm::Normalization;
use kernels::mlp_block::{self, MlpBlock};
use napi::Result;
use napi_derive::napi;

/// The arrays that the gradient reads or the forward pass keeps: all or none.
fn all<const N: usize, T>(arrays: [Option<T>; N]) -> Result<Option<[T; N]>> {
    if arrays.iter().all(Option::is_none) {
        return Ok(None);
    }
    let given: Vec<T> = arrays.into_iter().flatten().collect();
    given.try_into().map(Some).map_err(|_| refuse("block: expected all arrays that are kept, or none"))
}

/// In the order in which both kernels return them.
fn gradients<'a>([dx, scale, offset, first_weight, first_bias, last_weight, last_bias]: [&'a mut [f32]; 7]) -> Gradients<'a> {
    Gradients { dx, scale, offset, first_weight, first_bias, last_weight, last_bias }
}

#[napi(catch_unwind)]
pub fn mlp_block(
    x: Input<f32>,
    scale: Input<f32>,
    offset: Input<f32>,
    epsilon: f64,
    weight1: Input<f32>,
    bias1: Input<f32>,
    weight2: Input<f32>,
    bias2: Input<f32>,
    factors: Option<Input<f32>>,
    tokens: u32,
    mut y: Output<f32>,
    mut means: Option<Output<f32>>,
    mut inverses: Option<Output<f32>>,
    mut hidden: Option<Output<f32>>,
) -> Result<()> {
    exclusive!([y, means, inverses, hidden], [x, scale, offset, weight1, bias1, weight2, bias2, factors]);
    let block = MlpBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: epsilon as f32 },
        weights: [&weight1, &weight2],
        biases: [&bias1, &bias2],
        factors: factors.as_deref(),
        tokens: tokens as usize,
        precision: precision(),
    };
    let kept = all([means.as_deref_mut(), inverses.as_deref_mut(), hidden.as_deref_mut()])?
        .map(|[means, inverses, hidden]| mlp_block::Kept { means, inverses, hidden });
    mlp_block::mlp_block(&block, &x, &mut y, kept);
    Ok(())
}

#[napi(catch_unwind)]
pub fn mlp_block_gradient(
    x: Input<f32>,
    scale: Input<f32>,
    offset: Input<f32>,
    weight1: Input<f32>,
    bias1: Input<f32>,
    weight2: Input<f32>,
    bias2: Input<f32>,
    means: Input<f32>,
    inverses: Input<f32>,
    hidden: Input<f32>,
    dy: Input<f32>,
    d_branch: Input<f32>,
    mut work: Output<f32>,
    mut dx: Output<f32>,
    mut d_scale: Output<f32>,
    mut d_offset: Output<f32>,
    mut d_weight1: Output<f32>,
    mut d_bias1: Output<f32>,
    mut d_weight2: Output<f32>,
    mut d_bias2: Output<f32>,
) -> Result<()> {
    exclusive!(
        [work, dx, d_scale, d_offset, d_weight1, d_bias1, d_weight2, d_bias2],
        [x, scale, offset, weight1, bias1, weight2, bias2, means, inverses, hidden, dy, d_branch]
    );
    let block = MlpBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: 0.0 },
        weights: [&weight1, &weight2],
        biases: [&bias1, &bias2],
        factors: None,
        tokens: 1,
        precision: precision(),
    };
    let of = Normalization { scale: &scale, offset: &offset, means: &means, inverses: &inverses };
    let inputs = mlp_block::Backward { normalized: Normalized { x: &x, of }, hidden: &hidden, dy: &dy, d_branch: &d_branch };
    let gradients = gradients([&mut dx, &mut d_scale, &mut d_offset, &mut d_weight1, &mut d_bias1, &mut d_weight2, &mut d_bias2]);
    mlp_block::mlp_block_gradient(&block, &inputs, &mut work, gradients);
    Ok(())
}

#[napi(catch_unwind)]
pub fn attention_block(
    x: Input<f32>,
    scale: Input<f32>,
    offset: Input<f32>,
    epsilon: f64,
    qkv_weight: Input<f32>,
    qkv_bias: Option<Input<f32>>,
    weight: Input<f32>,
    bias: Input<f32>,
    factors: Option<Input<f32>>,
    batch: u32,
    tokens: u32,
    heads: u32,
    depth: u32,
    mut y: Output<f32>,
    mut means: Option<Output<f32>>,
    mut inverses: Option<Output<f32>>,
    mut qkv: Option<Output<f32>>,
    mut attended: Option<Output<f32>>,
    mut log_sums: Option<Output<f32>>,
) -> Result<()> {
    exclusive!([y, means, inverses, qkv, attended, log_sums], [x, scale, offset, qkv_weight, qkv_bias, weight, bias, factors]);
    let block = AttentionBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: epsilon as f32 },
        sizes: sizes([batch, tokens, heads, depth]),
        scale: 1.0 / (depth as f32).sqrt(),
        weights: [&qkv_weight, &weight],
        qkv_bias: qkv_bias.as_deref(),
        bias: &bias,
        factors: factors.as_deref(),
        precision: precision(),
    };
    let arrays = [means.as_deref_mut(), inverses.as_deref_mut(), qkv.as_deref_mut(), attended.as_deref_mut(), log_sums.as_deref_mut()];
    let kept =
        all(arrays)?.map(|[means, inverses, qkv, attended, log_sums]| attention_block::Kept { means, inverses, qkv, attended, log_sums });
    attention_block::attention_block(&block, &x, &mut y, kept);
    Ok(())
}

#[napi(catch_unwind)]
pub fn attention_block_gradient(
    x: Input<f32>,
    scale: Input<f32>,
    offset: Input<f32>,
    qkv_weight: Input<f32>,
    weight: Input<f32>,
    bias: Input<f32>,
    batch: u32,
    tokens: u32,
    heads: u32,
    depth: u32,
    means: Input<f32>,
    inverses: Input<f32>,
    qkv: Input<f32>,
    attended: Input<f32>,
    log_sums: Input<f32>,
    dy: Input<f32>,
    d_branch: Input<f32>,
    mut work: Output<f32>,
    mut dx: Output<f32>,
    mut d_scale: Output<f32>,
    mut d_offset: Output<f32>,
    mut d_qkv_weight: Output<f32>,
    mut d_qkv_bias: Output<f32>,
    mut d_weight: Output<f32>,
    mut d_bias: Output<f32>,
) -> Result<()> {
    exclusive!(
        [work, dx, d_scale, d_offset, d_qkv_weight, d_qkv_bias, d_weight, d_bias],
        [x, scale, offset, qkv_weight, weight, bias, means, inverses, qkv, attended, log_sums, dy, d_branch]
    );
    let block = AttentionBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: 0.0 },
        sizes: sizes([batch, tokens, heads, depth]),
        scale: 1.0 / (depth as f32).sqrt(),
        weights: [&qkv_weight, &weight],
        qkv_bias: None,
        bias: &bias,
        factors: None,
        precision: precision(),
    };
    let of = Normalization { scale: &scale, offset: &offset, means: &means, inverses: &inverses };
    let inputs = attention_block::Backward {
        normalized: Normalized { x: &x, of },
        qkv: &qkv,
        attended: &attended,
        log_sums: &log_sums,
        dy: &dy,
        d_branch: &d_branch,
    };
    let gradients = gradients([&mut dx, &mut d_scale, &mut d_offset, &mut d_qkv_weight, &mut d_qkv_bias, &mut d_weight, &mut d_bias]);
    attention_block::attention_block_gradient(&block, &inputs, &mut work, gradients);
    Ok(())
}
