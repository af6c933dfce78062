export { type Center, createCenter } from "./create-center.js";
export { createMlpHead, type MlpHead, type MlpHeadOptions } from "./create-mlp-head.js";
export { createPrototypeHead, type PrototypeHead, type PrototypeHeadOptions } from "./create-prototype-head.js";
export { createPrototypes, type Prototypes, type PrototypesOptions } from "./create-prototypes.js";
export { createTargets, type Targets, type TargetsOptions } from "./create-targets.js";
export { type DistillationPair, distillationPair, type EncoderWithHeads } from "./distillation-pair.js";
export { encodeMaskedViews, type MaskedViewTokens, type ViewsWithHoles } from "./encode-masked-views.js";
export { projectedEncoder, type ProjectedEncoder } from "./projected-encoder.js";
export { studentAndTeacher, type StudentAndTeacher } from "./student-and-teacher.js";
