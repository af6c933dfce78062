//! The optimizer.

use crate::Entry;
use crate::source::Source;
use kernels::optimizer::{self, AdamW};

pub const ENTRIES: [Entry; 1] = [optimize];

fn optimize(source: &mut Source<'_>) {
    let size = source.size();
    let [parameter, gradient, first, second] = std::array::from_fn(|_| source.floats(&[size]));
    let [mut y, mut new_first, mut new_second] = std::array::from_fn(|_| source.room(&[size]));
    if source.flag() {
        let step = AdamW {
            learning_rate: 0.1,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.1,
            first_correction: 0.1,
            second_correction: 0.01,
        };
        optimizer::adamw(&step, &gradient, [&parameter, &first, &second], [&mut y, &mut new_first, &mut new_second]);
    } else {
        optimizer::moving_average(0.9, &parameter, &gradient, &mut y);
    }
}
