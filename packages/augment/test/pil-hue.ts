/** PIL's RGB to HSV and back (libImaging/Convert.c: rgb2hsv_row, hsv2rgb) for one pixel, with the hue turned by `shift` of 256 steps. */
export function turnedByPil(red: number, green: number, blue: number, shift: number): readonly [number, number, number] {
  const largest = Math.max(red, green, blue);
  const range = largest - Math.min(red, green, blue);
  if (range === 0) return [red, green, blue];
  const [toRed, toGreen, toBlue] = [red, green, blue].map((value) => Math.fround((largest - value) / range)) as [number, number, number];
  const angle = red === largest ? toBlue - toGreen : green === largest ? 2 + toRed - toBlue : 4 + toGreen - toRed;
  const turns = (Math.fround(angle) / 6 + 1) % 1;
  const hue = (Math.trunc(Math.fround(turns) * 255) + shift) & 255;
  const saturation = Math.trunc(Math.fround(range / largest) * 255);

  const place = (hue * 6) / 255;
  const sixth = Math.floor(place);
  const fraction = Math.fround(place - sixth);
  const share = Math.fround(saturation / 255);
  const byte = (value: number): number => Math.floor(value + 0.5);
  const low = byte(largest * (1 - share));
  const falling = byte(largest * (1 - share * fraction));
  const rising = byte(largest * (1 - share * (1 - fraction)));
  const colors = [
    [largest, rising, low],
    [falling, largest, low],
    [low, largest, rising],
    [low, falling, largest],
    [rising, low, largest],
    [largest, low, falling],
  ] as const;
  return colors[sixth % 6]!;
}
