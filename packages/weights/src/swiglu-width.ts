/** Width of DINOv2's SwiGLU in place of a GELU perceptron: ⅔ of it, rounded up to a multiple of 8. */
export const swiGluWidth = (hiddenDim: number): number => Math.floor((Math.floor((hiddenDim * 2) / 3) + 7) / 8) * 8;
