import { convertChannels } from "./convert-channels.js";
import type { RawImage } from "./raw-image.js";

/** Every pixel's luma in all three channels (torchvision's RandomGrayscale). Images of another number of channels stay as they are. */
export function grayscale(image: RawImage): RawImage {
  return image.channels !== 3 ? image : convertChannels(convertChannels(image, 1), 3);
}
