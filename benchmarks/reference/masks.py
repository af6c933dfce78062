"""Golden file of @ssl-vit/masking: what the authors' samplers of masks draw, as means over many draws.

Samplers use random numbers in an order of their own, so that masks can be compared in distribution only. Each sampler is restated here in NumPy from the
papers and the authors' files, independently of the TypeScript; the authors' code itself is not run. The files: MAE's random masks (facebookresearch/mae,
models_mae.py), SimMIM's units (microsoft/SimMIM, data/data_simmim.py), the block-wise masks of BEiT (microsoft/unilm, beit/masking_generator.py), data2vec
(facebookresearch/data2vec_vision, beit/masking_generator.py), iBOT (bytedance/ibot, loader.py), DINOv2 and DINOv3 (dinov2/data/masking.py,
dinov3/data/masking.py), and I-JEPA's blocks (facebookresearch/ijepa, src/masks/multiblock.py).

    pip install numpy==2.4.6
    python benchmarks/reference/masks.py packages/masking/test/golden/masks.json

Per case: the number of draws, and of each statistic of a draw the mean and the standard deviation. `maps` hold the same for each patch, row by row.
"""
import json
import math
import sys

import numpy as np

DRAWS = 20_000
rng = np.random.default_rng(20_220_607)


def random_mask(grid, keep):
    """The `keep` patches with the lowest noise stay."""
    noise = rng.random(grid[0] * grid[1])
    return (noise > np.sort(noise)[keep - 1]).reshape(grid)


def unit_mask(grid, unit, ratio):
    """Squares of `unit` × `unit` patches, ⌈ratio⌉ of them, each as often."""
    rows, columns = grid[0] // unit, grid[1] // unit
    chosen = rng.permutation(rows * columns) < math.ceil(ratio * rows * columns)
    return chosen.reshape(rows, columns).repeat(unit, 0).repeat(unit, 1)


def block_mask(grid, wanted, smallest, largest=math.inf, complete=False):
    """Rectangles of random area, log-aspect and place until `wanted` patches are masked or ten in a row do not fit."""
    mask = np.zeros(grid, bool)
    misses = 0
    while mask.sum() < wanted and misses < 10:
        room = min(wanted - mask.sum(), largest)
        area = smallest + (room - smallest) * rng.random()
        root = math.exp(rng.uniform(math.log(0.3), -math.log(0.3)) / 2)
        height, width = round(math.sqrt(area) * root), round(math.sqrt(area) / root)
        misses += 1
        if height >= grid[0] or width >= grid[1]:
            continue
        top, left = rng.integers(grid[0] - height, endpoint=True), rng.integers(grid[1] - width, endpoint=True)
        with_block = mask.copy()
        with_block[top : top + height, left : left + width] = True
        if 0 < with_block.sum() - mask.sum() <= room:
            mask, misses = with_block, 0
    if complete:
        free = np.flatnonzero(~mask)
        mask.flat[rng.choice(free, wanted - mask.sum(), replace=False)] = True
    return mask


def multi_block_batch(grid, images, min_keep=10):
    """Targets [images, 4, rows, columns] and contexts, cut in raster order to the smallest, with the height and width of a target."""

    def size(scale, aspect):
        draw = rng.random()  # one for both
        area, ratio = int(grid[0] * grid[1] * (scale[0] + draw * (scale[1] - scale[0]))), aspect[0] + draw * (aspect[1] - aspect[0])
        return min(grid[0] - 1, round(math.sqrt(area * ratio))), min(grid[1] - 1, round(math.sqrt(area / ratio)))

    def place(block):
        mask = np.zeros(grid, bool)
        top, left = rng.integers(grid[0] - block[0]), rng.integers(grid[1] - block[1])  # never the last place
        mask[top : top + block[0], left : left + block[1]] = True
        return mask

    target_size, context_size = size((0.15, 0.2), (0.75, 1.5)), size((0.85, 1.0), (1.0, 1.0))
    targets, contexts = [], []
    for _ in range(images):
        blocks = [place(target_size) for _ in range(4)]
        tries = 0
        while True:
            avoided = blocks[: max(0, 4 - tries // 20)]
            context = place(context_size) & ~np.any([np.zeros(grid, bool), *avoided], axis=0)
            if context.sum() > min_keep:
                break
            tries += 1
        targets.append(blocks)
        contexts.append(np.flatnonzero(context))
    shortest = min(map(len, contexts))
    cut = np.zeros((images, grid[0] * grid[1]), bool)
    for row, patches in zip(cut, contexts):
        row[patches[:shortest]] = True
    return np.array(targets), cut.reshape(images, *grid), target_size


def shape_statistics(mask):
    """Count, islands (components minus holes: vertices − edges + faces), mean width and height of the runs."""
    count = mask.sum()
    across, down = mask[:, 1:] & mask[:, :-1], mask[1:] & mask[:-1]
    islands = count - across.sum() - down.sum() + (across[1:] & across[:-1]).sum()
    return {"masked": count, "islands": islands, "width": count / (count - across.sum()), "height": count / (count - down.sum())}


def summary(draws):
    """Statistics of each draw → mean and standard deviation."""
    values = np.array(draws, float)
    return {"mean": rounded(values.mean(0)), "deviation": rounded(values.std(0))}


def rounded(values):
    return float(f"{values:.6g}") if values.ndim == 0 else [float(f"{value:.4g}") for value in values.flat]


def case(options, draw):
    """`draw()` gives (statistics, maps) of one draw."""
    drawn = [draw() for _ in range(DRAWS)]
    collect = lambda part: {name: summary([one[part][name] for one in drawn]) for name in drawn[0][part]}
    return {"options": options, "draws": DRAWS, "statistics": collect(0), "maps": collect(1)}


def mask_case(options, sampler):
    def draw():
        mask = sampler()
        return shape_statistics(mask), {"masked": mask}

    return case(options, draw)


def multi_block_case(grid, images):
    """A draw is a batch: its images share their sizes and the length of their contexts."""

    def draw():
        targets, contexts, (height, width) = multi_block_batch(grid, images)
        union = targets.any(1)
        statistics = {"targetHeight": height, "targetWidth": width, "targetUnion": union.sum((1, 2)).mean(), "context": contexts[0].sum()}
        return statistics, {"target": union.mean(0), "context": contexts.mean(0)}

    return case({"gridSize": grid, "batchSize": images}, draw)


def main():
    ratio = lambda low, high: rng.uniform(low, high)
    cases = {
        "mae": mask_case({"gridSize": [14, 14], "maskRatio": 0.75}, lambda: random_mask((14, 14), 49)),
        "beit": mask_case({"gridSize": [14, 14], "masked": [75, 75], "minBlock": 16}, lambda: block_mask((14, 14), 75, 16)),
        # iBOT's smallest block is (min(rows, columns) // 3)²; `masked` is a range, with fractions.
        "ibot": mask_case({"gridSize": [14, 14], "masked": [19.6, 98]}, lambda: block_mask((14, 14), 196 * ratio(0.1, 0.5), 16)),
        "ibot-small": mask_case({"gridSize": [8, 8], "masked": [19.2, 19.2]}, lambda: block_mask((8, 8), 19.2, 4)),
        "dinov2": mask_case({"gridSize": [16, 16], "masked": [96, 96], "minBlock": 4, "maxBlock": 32}, lambda: block_mask((16, 16), 96, 4, 32)),
        "dinov3": mask_case({"gridSize": [14, 14], "masked": [75, 75], "minBlock": 4, "exact": True}, lambda: block_mask((14, 14), 75, 4, complete=True)),
        "ijepa": multi_block_case([14, 14], 1),
        "ijepa-batch": multi_block_case([14, 14], 8),
        # Last, so that the draws of the others stay as they are.
        "simmim": mask_case({"gridSize": [14, 14], "maskRatio": 0.6, "maskUnit": 2}, lambda: unit_mask((14, 14), 2, 0.6)),
        "data2vec": mask_case({"gridSize": [14, 14], "masked": [120, 120], "minBlock": 16}, lambda: block_mask((14, 14), 120, 16)),
    }
    with open(sys.argv[1], "w") as file:
        json.dump(cases, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
