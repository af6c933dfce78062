/**
 * What a table was measured on.
 *
 * @param {ReturnType<typeof import("@ssl-vit/sitting/machine.js").machine>} where
 * @param {string} [more] what else it depends on
 */
export const sittingLine = (where, more) => `${where.cpu}, ${where.cores} cores, ${where.memory_gb} GB; Node ${where.node}, commit ${where.commit}${more === undefined ? "" : `; ${more}`}.`;
