import { checkOptions, type Schedule } from "@ssl-vit/core";
import { cosine, linearWarmup } from "@ssl-vit/optim";

/**
 * Options of iBOT. Defaults are those of the authors' recipe for a ViT-S/16 (README.md of bytedance/ibot), and of `main_ibot.py` where the recipe says
 * nothing.
 */
export interface IbotConfig {
  /** Prototypes K, of [CLS] and of patches. Default 8192: `--out_dim`. */
  readonly prototypes: number;
  /** Width of the head's hidden layers. Default 2048: `models/head.py`. */
  readonly hiddenDim: number;
  /** Size of the normalised embedding before the prototypes. Default 256: `models/head.py`. */
  readonly bottleneckDim: number;
  /** Whether [CLS] and patches have the same prototypes. False gives patches K of their own behind the same perceptron. Default true: `--shared_head`. */
  readonly sharedHead: boolean;
  /** Fixes the norm of the prototypes at 1. Default false, the recipe's; the authors switch it on for ViT-B: `--norm_last_layer`. */
  readonly normalizeLastLayer: boolean;
  /** Epochs at the start in which the prototypes are not updated. Default 1: `--freeze_last_layer`. */
  readonly freezeLastLayerEpochs: number;
  /** Softmax temperature of the teacher's [CLS]. Default 0.04, growing to 0.07 within 30 epochs: `--teacher_temp`. */
  readonly teacherTemperature: Schedule;
  /** The same of its patches; its epochs count from `maskStartEpoch`. Default as [CLS]: `--teacher_patch_temp`. */
  readonly patchTeacherTemperature: Schedule;
  /** Share of the teacher kept at each step. Default cosine from 0.996 to 1: `--momentum_teacher`. */
  readonly teacherMomentum: Schedule;
  /**
   * Shares of a global view's patches that are masked: each view takes one of these ranges at random, and a share within it. Default no patch or 0.1 to
   * 0.5, each for half of the views: `--pred_ratio 0 0.3 --pred_ratio_var 0 0.2`. All below 1, and at least one range ends above 0.
   */
  readonly maskRatios: readonly (readonly [number, number])[];
  /** Epoch from which patches are masked. Default 0; the authors' 50 for Swin: `--pred_start_epoch`. */
  readonly maskStartEpoch: number;
  /** Local views per image; 0 switches multi-crop off. Default 10: `--local_crops_number`. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 96 / 224. */
  readonly localSizeRatio: number;
  /** Share of the image's area in a global view. Default [0.25, 1]: `--global_crops_scale`. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. Default [0.05, 0.25]: `--local_crops_scale`. */
  readonly localScale: readonly [number, number];
}

const warmTemperature = linearWarmup({ from: 0.04, to: 0.07, epochs: 30 });

export const defaults: IbotConfig = {
  prototypes: 8192,
  hiddenDim: 2048,
  bottleneckDim: 256,
  sharedHead: true,
  normalizeLastLayer: false,
  freezeLastLayerEpochs: 1,
  teacherTemperature: warmTemperature,
  patchTeacherTemperature: warmTemperature,
  teacherMomentum: cosine({ from: 0.996, to: 1 }),
  maskRatios: [[0, 0], [0.1, 0.5]],
  maskStartEpoch: 0,
  localViews: 10,
  localSizeRatio: 96 / 224,
  globalScale: [0.25, 1],
  localScale: [0.05, 0.25],
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<IbotConfig>): void {
  const option = checkOptions("ibot", config);
  option.whole(2, "prototypes");
  option.whole(1, "hiddenDim", "bottleneckDim");
  option.whole(0, "localViews");
  option.positive("teacherTemperature", "patchTeacherTemperature");
  option.share("teacherMomentum");
  option.atLeast(0, "freezeLastLayerEpochs", "maskStartEpoch");
  option.positiveShare("localSizeRatio");
  option.range("globalScale", "localScale");
  const isRange = ([low, high]: readonly [number, number]): boolean => low >= 0 && low <= high && high < 1;
  if (!config.maskRatios.every(isRange)) option.refuse("maskRatios", "ranges with 0 ≤ first ≤ second < 1", "The student must see a part of each view.");
  if (!config.maskRatios.some(([, high]) => high > 0)) option.refuse("maskRatios", "at least one range that ends above 0", "Without masked patches nothing of the patch loss is left.");
}
