import { barlowTwins } from "@ssl-vit/barlow-twins";
import { byol } from "@ssl-vit/byol";
import { cmae } from "@ssl-vit/cmae";
import type { MethodFactory } from "@ssl-vit/core";
import { data2vec } from "@ssl-vit/data2vec";
import { dino } from "@ssl-vit/dino";
import { dinov2 } from "@ssl-vit/dinov2";
import { ibot } from "@ssl-vit/ibot";
import { ijepa } from "@ssl-vit/ijepa";
import { lejepa } from "@ssl-vit/lejepa";
import { mae } from "@ssl-vit/mae";
import { moco } from "@ssl-vit/moco";
import { msn } from "@ssl-vit/msn";
import { simclr } from "@ssl-vit/simclr";
import { simmim } from "@ssl-vit/simmim";
import { simsiam } from "@ssl-vit/simsiam";
import { swav } from "@ssl-vit/swav";
import { vicreg } from "@ssl-vit/vicreg";

export const allMethods = [
  barlowTwins,
  byol,
  cmae,
  data2vec,
  dino,
  dinov2,
  ibot,
  ijepa,
  lejepa,
  mae,
  moco,
  msn,
  simclr,
  simmim,
  simsiam,
  swav,
  vicreg,
] as unknown as readonly MethodFactory[];
