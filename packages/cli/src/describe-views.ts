import type { ViewPolicy } from "@ssl-vit/core";

/** `2 global of 96 px, 6 local of 48 px` */
export const describeViews = ({ groups }: ViewPolicy): string => groups.map(({ name, count, size }) => `${count} ${name} of ${size} px`).join(", ");
