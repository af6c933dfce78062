export { blendFromLuma, blendFromValue, sumLuma } from "./adjust-color";
export { turnHue } from "./adjust-hue";
export { filterColumns, filterRows, splitWeights } from "./filter-axis";
export { flipRows } from "./flip-rows";
export { normalize } from "./normalize";
