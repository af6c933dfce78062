import { imagenetNormalization, type ViewPolicy } from "@ssl-vit/core";

/** Of channels without known statistics: values 0 … 1 become -2 … 2. */
const evenNormalization = { mean: [0.5], std: [0.25] } as const;

/** How images of so many channels are normalised where nothing says how. */
export const channelStatistics = (channels: number): ViewPolicy["normalize"] => (channels === 1 || channels === 3 ? imagenetNormalization : evenNormalization);
