// What a user can do wrong with views.

/** @typedef {import("@ssl-vit/core").ViewPolicy} ViewPolicy */

/** Nothing random is left of the operations: all views of an image are the whole image. @param {ViewPolicy} views @returns {ViewPolicy} */
export const withoutAugmentation = ({ groups, normalize }) => ({ groups: groups.map((group) => ({ ...group, operations: [{ kind: "resize" }] })), normalize });

/** Every operation but those. @param {readonly string[]} kinds @returns {(views: ViewPolicy) => ViewPolicy} */
export const without = (kinds) => ({ groups, normalize }) => ({ groups: groups.map((group) => ({ ...group, operations: group.operations.filter(({ kind }) => !kinds.includes(kind)) })), normalize });

/** Pixels so many times too large: a deviation in other units than the pixels. @param {number} factor @returns {(views: ViewPolicy) => ViewPolicy} */
export const largerPixels = (factor) => ({ groups, normalize: { mean, std } }) => ({ groups, normalize: { mean, std: std.map((deviation) => deviation / factor) } });
