//! The two halves of a transformer block.

use crate::Entry;
use crate::source::Source;
use kernels::attention::Sizes;
use kernels::attention_block::{self, AttentionBlock};
use kernels::block::{Gradients, Norm, Normalized};
use kernels::layer_norm::Normalization;
use kernels::mlp_block::{self, MlpBlock};

pub const ENTRIES: [Entry; 2] = [mlp, attention];

type Floats = Box<[f32]>;

/// Memory for the gradients of a half block: dx, scale, offset, the first layer's weight and bias, the last one's.
fn rooms(source: &mut Source<'_>, rows: usize, width: usize, first: usize, last_inputs: usize) -> [Floats; 7] {
    let sizes = [[rows, width], [width, 1], [width, 1], [first, width], [first, 1], [width, last_inputs], [width, 1]];
    sizes.map(|sizes| source.room(&sizes))
}

fn gradients([dx, scale, offset, first_weight, first_bias, last_weight, last_bias]: &mut [Floats; 7]) -> Gradients<'_> {
    Gradients { dx, scale, offset, first_weight, first_bias, last_weight, last_bias }
}

fn mlp(source: &mut Source<'_>) {
    let (samples, tokens, width, inner) = (source.small(4, 40), source.small(9, 200), source.small(9, 70), source.small(9, 90));
    let rows = samples.saturating_mul(tokens);
    let whole = [rows, width];
    let (x, scale, offset) = (source.floats(&whole), source.floats(&[width]), source.floats(&[width]));
    let (weight1, bias1) = (source.floats(&[inner, width]), source.floats(&[inner]));
    let (weight2, bias2) = (source.floats(&[width, inner]), source.floats(&[width]));
    let factors = source.maybe_floats(&[samples]);
    let block = MlpBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: 1e-6 },
        weights: [&weight1, &weight2],
        biases: [&bias1, &bias2],
        factors: factors.as_deref(),
        tokens,
        precision: source.precision(),
    };
    if source.flag() {
        let [mut means, mut inverses] = std::array::from_fn(|_| source.room(&[rows]));
        let mut hidden = source.room(&[rows, inner]);
        let kept = source.flag().then_some(mlp_block::Kept { means: &mut means, inverses: &mut inverses, hidden: &mut hidden });
        mlp_block::mlp_block(&block, &x, &mut source.room(&whole), kept);
    } else {
        let (means, inverses, hidden) = (source.floats(&[rows]), source.floats(&[rows]), source.floats(&[rows, inner]));
        let (dy, d_branch) = (source.floats(&whole), source.floats(&whole));
        let of = Normalization { scale: &scale, offset: &offset, means: &means, inverses: &inverses };
        let inputs = mlp_block::Backward { normalized: Normalized { x: &x, of }, hidden: &hidden, dy: &dy, d_branch: &d_branch };
        let (mut work, mut rooms) = (source.room(&[rows, inner]), rooms(source, rows, width, inner, inner));
        mlp_block::mlp_block_gradient(&block, &inputs, &mut work, gradients(&mut rooms));
    }
}

fn attention(source: &mut Source<'_>) {
    let (batch, tokens, heads, depth) = (source.small(4, 40), source.small(9, 200), source.small(3, 8), source.small(6, 20));
    let (rows, width) = (batch.saturating_mul(tokens), heads.saturating_mul(depth));
    let whole = [rows, width];
    let (x, scale, offset) = (source.floats(&whole), source.floats(&[width]), source.floats(&[width]));
    let (qkv_weight, qkv_bias) = (source.floats(&[3, width, width]), source.maybe_floats(&[3, width]));
    let (weight, bias, factors) = (source.floats(&[width, width]), source.floats(&[width]), source.maybe_floats(&[batch]));
    let block = AttentionBlock {
        norm: Norm { scale: &scale, offset: &offset, epsilon: 1e-6 },
        sizes: Sizes { batch, tokens, heads, depth },
        scale: 0.5,
        weights: [&qkv_weight, &weight],
        qkv_bias: qkv_bias.as_deref(),
        bias: &bias,
        factors: factors.as_deref(),
        precision: source.precision(),
    };
    if source.flag() {
        let [mut means, mut inverses] = std::array::from_fn(|_| source.room(&[rows]));
        let (mut qkv, mut attended, mut log_sums) = (source.room(&[rows, 3, width]), source.room(&whole), source.room(&[rows, heads]));
        let kept = attention_block::Kept {
            means: &mut means,
            inverses: &mut inverses,
            qkv: &mut qkv,
            attended: &mut attended,
            log_sums: &mut log_sums,
        };
        let kept = source.flag().then_some(kept);
        attention_block::attention_block(&block, &x, &mut source.room(&whole), kept);
    } else {
        let (means, inverses, qkv) = (source.floats(&[rows]), source.floats(&[rows]), source.floats(&[rows, 3, width]));
        let (attended, log_sums) = (source.floats(&whole), source.floats(&[rows, heads]));
        let (dy, d_branch) = (source.floats(&whole), source.floats(&whole));
        let of = Normalization { scale: &scale, offset: &offset, means: &means, inverses: &inverses };
        let inputs = attention_block::Backward {
            normalized: Normalized { x: &x, of },
            qkv: &qkv,
            attended: &attended,
            log_sums: &log_sums,
            dy: &dy,
            d_branch: &d_branch,
        };
        let mut work = source.room(&[rows, 3, width]);
        let mut rooms = rooms(source, rows, width, width.saturating_mul(3), width);
        attention_block::attention_block_gradient(&block, &inputs, &mut work, gradients(&mut rooms));
    }
}
