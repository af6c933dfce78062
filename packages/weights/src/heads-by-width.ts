/**
 * Attention heads of the published Vision Transformers by their width: this project's small ones, DeiT's, the original three, I-JEPA's giant, DINOv2's giant,
 * and the sizes between that timm has. MoCo v3's small one has 12 instead of 6.
 */
export const headsByWidth: ReadonlyMap<number, number> = new Map([
  [64, 2],
  [96, 3],
  [128, 4],
  [192, 3],
  [256, 4],
  [320, 5],
  [384, 6],
  [512, 8],
  [640, 10],
  [768, 12],
  [832, 13],
  [896, 14],
  [1024, 16],
  [1280, 16],
  [1408, 16],
  [1536, 24],
  [1664, 16],
]);
