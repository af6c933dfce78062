/** Holds values of registers and of their positions, whose sum alone has a place in transformers' form. */
export const REGISTERS_FILE = "ssl-vit.safetensors";
