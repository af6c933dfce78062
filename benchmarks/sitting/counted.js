/** `1 round`, `10,000 steps`. @param {number} count @param {string} what one of them */
export const counted = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
