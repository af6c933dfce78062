export { createMlpHead, type MlpHead, type MlpHeadOptions } from "./create-mlp-head.js";
export { createPrototypeHead, type PrototypeHead, type PrototypeHeadOptions } from "./create-prototype-head.js";
export { projectedEncoder, type ProjectedEncoder } from "./projected-encoder.js";
export { studentAndTeacher, type StudentAndTeacher } from "./student-and-teacher.js";
