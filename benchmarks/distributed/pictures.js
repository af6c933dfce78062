import { createRandom } from "@ssl-vit/core";

/**
 * Pictures of a soft coloured spot before a slope of colours, in memory, the same every time.
 *
 * @param {number} count @param {number} side
 * @returns {import("@ssl-vit/data").ImageDataset}
 */
export function pictures(count, side) {
  /** @param {number} index */
  const draw = (index) => {
    const [x = 0, y = 0, radius = 0, ...colors] = createRandom(1).derive(index).uniforms(12);
    const data = new Uint8Array(side * side * 3);
    for (let place = 0; place < side * side; place++) {
      const [column, row] = [(place % side) / side, Math.floor(place / side) / side];
      const spot = Math.exp(-((column - x) ** 2 + (row - y) ** 2) / (0.01 + 0.1 * radius));
      for (let channel = 0; channel < 3; channel++) {
        const [left = 0, right = 0, middle = 0] = colors.slice(3 * channel);
        data[3 * place + channel] = Math.floor(255.99 * (spot * middle + (1 - spot) * (left + (right - left) * column)));
      }
    }
    return { width: side, height: side, channels: 3, data };
  };
  const drawn = Array.from({ length: count }, (_, index) => draw(index));
  return {
    location: "drawn pictures",
    kind: "memory",
    length: count,
    keyOf: String,
    labelOf: () => -1,
    read: (index) => Promise.resolve(/** @type {ReturnType<typeof draw>} */ (drawn[index])),
    descriptor: { kind: "memory" },
    close: () => Promise.resolve(),
  };
}
