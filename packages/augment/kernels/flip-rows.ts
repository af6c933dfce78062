/**
 * Mirrors rows of RGB pixels, four at a time. What is written beyond a row, the next row overwrites. Up to 9 bytes before the input are read.
 */
export function flipRows(input: usize, width: i32, rows: i32, output: usize): void {
  const rowLength = <usize>(width * 3);
  for (let row = 0; row < rows; row++) {
    let from = input + rowLength - 12;
    for (let to: usize = 0; to < rowLength; to += 12, from -= 12) {
      v128.store(output + to, i8x16.swizzle(v128.load(from), i8x16(9, 10, 11, 6, 7, 8, 3, 4, 5, 0, 1, 2, -1, -1, -1, -1)));
    }
    input += rowLength;
    output += rowLength;
  }
}
