/** Fields that transformers 5 refuses as whole numbers: JSON.stringify writes 1.0 as 1. */
const FLOATS = /("(?:hidden_dropout_prob|attention_probs_dropout_prob|initializer_range|layer_norm_eps|layerscale_value|drop_path_rate|mask_ratio)": -?\d+)(?=,?\n)/g;

/** A value as the text of a JSON file. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`.replace(FLOATS, "$1.0");
