import { checkOptions, type Schedule } from "@ssl-vit/core";
import { cosine, linearWarmup } from "@ssl-vit/optim";

/** Options of DINOv2. Defaults are those of the authors' `dinov2/configs/ssl_default_config.yaml`, whose names stand behind them. */
export interface Dinov2Config {
  /** Prototypes K, of [CLS] and of patches. Default 65,536: `head_n_prototypes`; 131,072 in `vitl14.yaml`. */
  readonly prototypes: number;
  /** Width of the head's hidden layers. Default 2048: `head_hidden_dim`. */
  readonly hiddenDim: number;
  /** Size of the normalised embedding before the prototypes. Default 256: `head_bottleneck_dim`; 384 in `vitl14.yaml`. */
  readonly bottleneckDim: number;
  /** Whether [CLS] and patches have the same head. Default true: `ibot.separate_head`; false in `vitl14.yaml`. */
  readonly sharedHead: boolean;
  /** How the teacher's scores become targets: less their running mean (`"center"`), or shared out over the batch by Sinkhorn-Knopp (`"sinkhorn"`). Default `"center"`: `centering`. */
  readonly targets: "center" | "sinkhorn";
  /** Epochs at the start in which the prototypes are not updated. Default 1: `freeze_last_layer_epochs`. */
  readonly freezeLastLayerEpochs: number;
  /** Softmax temperature of the teacher. Default from 0.04 to 0.07 within 30 epochs: `warmup_teacher_temp`, `teacher_temp`. */
  readonly teacherTemperature: Schedule;
  /** Share of the teacher kept at each step. Default cosine from 0.992 to 1: `momentum_teacher`. */
  readonly teacherMomentum: Schedule;
  /** Weight of KoLeo, of each global view; 0 = none. Default 0.1: `koleo_loss_weight`. */
  readonly koleoWeight: number;
  /** Share of the global views in which patches are masked, above 0. Default 0.5: `mask_sample_probability`. */
  readonly maskProbability: number;
  /** Smallest and largest share of such a view's patches, below 1; those of a batch are spread evenly between. Default [0.1, 0.5]: `mask_ratio_min_max`. */
  readonly maskRatio: readonly [number, number];
  /** Local views per image; 0 switches multi-crop off. Default 8: `local_crops_number`. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 96 / 224: `local_crops_size`. */
  readonly localSizeRatio: number;
  /** Share of the image's area in a global view. Default [0.32, 1]: `global_crops_scale`. */
  readonly globalScale: readonly [number, number];
  /** Share of the image's area in a local view. Default [0.05, 0.32]: `local_crops_scale`. */
  readonly localScale: readonly [number, number];
}

export const defaults: Dinov2Config = {
  prototypes: 65_536,
  hiddenDim: 2048,
  bottleneckDim: 256,
  sharedHead: true,
  targets: "center",
  freezeLastLayerEpochs: 1,
  teacherTemperature: linearWarmup({ from: 0.04, to: 0.07, epochs: 30 }),
  teacherMomentum: cosine({ from: 0.992, to: 1 }),
  koleoWeight: 0.1,
  maskProbability: 0.5,
  maskRatio: [0.1, 0.5],
  localViews: 8,
  localSizeRatio: 96 / 224,
  globalScale: [0.32, 1],
  localScale: [0.05, 0.32],
};

/** Refuses options that no image can be trained with. */
export function checkConfig(config: Readonly<Dinov2Config>): void {
  const option = checkOptions("dinov2", config);
  option.whole(2, "prototypes");
  option.whole(1, "hiddenDim", "bottleneckDim");
  option.whole(0, "localViews");
  option.positive("teacherTemperature");
  option.share("teacherMomentum");
  option.atLeast(0, "freezeLastLayerEpochs", "koleoWeight");
  option.positiveShare("localSizeRatio", "maskProbability");
  option.range("globalScale", "localScale", "maskRatio");
  if (config.maskRatio[1] >= 1) option.refuse("maskRatio", "two numbers with 0 < first ≤ second < 1", "The student must see a part of each view.");
  if (!["center", "sinkhorn"].includes(config.targets)) option.refuse("targets", '"center" or "sinkhorn"');
}
