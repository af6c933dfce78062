/** An archive that its authors offer. */
export interface DatasetDownload {
  readonly name: string;
  readonly url: string;
  /** As the authors publish it: they give no other sum. */
  readonly md5: string;
  /** Of the archive. */
  readonly megabytes: number;
  /** The folder that it makes. */
  readonly folder: string;
  /** How to name the data then, below the folder. */
  readonly splits: readonly string[];
  readonly about: string;
}

/**
 * Data sets that `downloadDataset` knows. Sums: cs.toronto.edu/~kriz/cifar.html; torchvision's datasets/stl10.py and datasets/imagenette.py. The rights
 * in the images are their owners'.
 */
export const datasetDownloads: readonly DatasetDownload[] = [
  {
    name: "cifar10",
    url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    megabytes: 162,
    folder: "cifar-10-batches-bin",
    splits: ["#train", "#test"],
    about: "60,000 images of 32 px in 10 classes",
  },
  {
    name: "cifar100",
    url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    megabytes: 161,
    folder: "cifar-100-binary",
    splits: ["#train", "#test"],
    about: "60,000 images of 32 px in 100 classes",
  },
  {
    name: "stl10",
    url: "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    md5: "91f7769df0f17e558f3565bffb0c7dfb",
    megabytes: 2518,
    folder: "stl10_binary",
    splits: ["#unlabeled", "#train", "#test"],
    about: "100,000 unlabelled images of 96 px, 13,000 in 10 classes",
  },
  {
    name: "imagenette",
    url: "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
    md5: "e793b78cc4c9e9a4ccc0c1155377a412",
    megabytes: 94,
    folder: "imagenette2-160",
    splits: ["#train", "#val"],
    about: "13,394 photographs of ImageNet in 10 classes, shorter side 160 px",
  },
];
