import type { AxisWeights } from "./axis-weights.js";
import { filterColumns, filterRows } from "./filter-axis.js";
import { kernels } from "./kernels.js";
import { hasWords, type RawImage } from "./raw-image.js";
import { crop, type Region } from "./region.js";

/** Input that is in the kernels' memory at a time, in bytes, so that a huge image does not have to be. */
const BAND = 1 << 20;

/** Bytes of a pair of taps in the kernels' tables. */
const PAIR = 8;

/** Weights as the kernels read them. */
interface KernelWeights {
  /** Lengths of the pieces of memory that they need. */
  readonly lengths: readonly number[];
  readonly pairs: number;
  /** Writes them into those pieces. Returns the places of each output's first input pixel, and of the table. */
  write(words: Int32Array, places: readonly number[]): { readonly firsts: number; readonly table: number };
}

function kernelWeights({ outputSize, first, count, weights, stride }: AxisWeights): KernelWeights {
  let most = 0;
  for (let output = 0; output < outputSize; output++) most = Math.max(most, count[output]!);
  const pairs = Math.ceil(most / 2);
  return {
    lengths: [first.byteLength, count.byteLength, weights.byteLength, outputSize * pairs * PAIR],
    pairs,
    write: (words, places) => {
      const [firsts, counts, whole, table] = places as [number, number, number, number];
      words.set(first, firsts / 4);
      words.set(count, counts / 4);
      words.set(weights, whole / 4);
      kernels().splitWeights(counts, whole, stride, outputSize, pairs, table);
      return { firsts, table };
    },
  };
}

const noWeights: KernelWeights = { lengths: [0, 0, 0, 0], pairs: 0, write: () => ({ firsts: 0, table: 0 }) };

/** {@link filterImage} of RGB bytes, with the kernels. */
function filterColors(image: RawImage, region: Region, alongRows: AxisWeights | undefined, alongColumns: AxisWeights | undefined): RawImage {
  const width = alongRows?.outputSize ?? region.width;
  const height = alongColumns?.outputSize ?? region.height;
  const [inputLength, rowLength] = [image.width * 3, width * 3];
  const bandRows = Math.max(1, Math.floor(BAND / inputLength));
  const rowWeights = alongRows === undefined ? noWeights : kernelWeights(alongRows);
  const columnWeights = alongColumns === undefined ? noWeights : kernelWeights(alongColumns);
  // The taps that an output does not have are read all the same.
  const lengths = [
    alongRows === undefined ? 0 : Math.min(bandRows, region.height) * inputLength + rowWeights.pairs * 6,
    (region.height + columnWeights.pairs * 2) * rowLength,
    height * rowLength,
  ];
  const { places, bytes, words } = kernels().reserve(...lengths, ...rowWeights.lengths, ...columnWeights.lengths);
  const [band, between, output] = places as [number, number, number];
  if (alongRows === undefined) {
    bytes.set(crop(image, region).data, between);
  } else {
    const { firsts, table } = rowWeights.write(words, places.slice(3, 7));
    for (let row = 0; row < region.height; row += bandRows) {
      const rows = Math.min(bandRows, region.height - row);
      const start = (region.top + row) * inputLength + region.left * 3;
      bytes.set(image.data.subarray(start, start + (rows - 1) * inputLength + region.width * 3), band);
      kernels().filterRows(band, inputLength, rows, firsts, table, rowWeights.pairs, width, between + row * rowLength);
    }
  }
  if (alongColumns === undefined) return { width, height, channels: 3, data: bytes.slice(between, between + height * rowLength) };
  const { firsts, table } = columnWeights.write(words, places.slice(7));
  kernels().filterColumns(between, rowLength, firsts, table, columnWeights.pairs, height, output);
  return { width, height, channels: 3, data: bytes.slice(output, output + height * rowLength) };
}

/** Cuts a region and filters it along its rows, then along its columns, with bytes between the two. An axis without weights stays as it is. */
export function filterImage(image: RawImage, region: Region, alongRows: AxisWeights | undefined, alongColumns: AxisWeights | undefined): RawImage {
  if (image.channels === 3 && !hasWords(image) && (alongRows ?? alongColumns) !== undefined) return filterColors(image, region, alongRows, alongColumns);
  const rows = alongRows === undefined ? crop(image, region) : filterRows(image, region, alongRows);
  return alongColumns === undefined ? rows : filterColumns(rows, alongColumns);
}
