/** Rows of each class, ascending; classes in the order of their first rows. Rows without a class (-1) are left out. */
export function rowsByClass(labels: Int32Array): Map<number, number[]> {
  const byClass = new Map<number, number[]>();
  labels.forEach((label, row) => {
    if (label < 0) return;
    const rows = byClass.get(label);
    if (rows === undefined) byClass.set(label, [row]);
    else rows.push(row);
  });
  return byClass;
}
