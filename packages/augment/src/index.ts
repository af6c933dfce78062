export { byolViews, type ByolViewOptions } from "./byol-views.js";
export { checkViewPolicy } from "./check-view-policy.js";
export { convertChannels } from "./convert-channels.js";
export { dinoViews, type DinoViewOptions } from "./dino-views.js";
export { evaluationViews, type EvaluationViewOptions } from "./evaluation-views.js";
export { normalizeInto } from "./normalize-into.js";
export type { RawImage } from "./raw-image.js";
export { renderView } from "./render-view.js";
export { type LocalViewOptions, withLocalViews } from "./with-local-views.js";
