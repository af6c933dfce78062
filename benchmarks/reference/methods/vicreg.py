"""One training step of VICReg in float64.

usage: python vicreg.py OUT.json      (packages/vicreg/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from equations 1 to 6 of arXiv 2105.04906 and from facebookresearch/vicreg (main_vicreg.py), independently of the TypeScript.
"""
import sys

import torch

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, HIDDEN, OUTPUT = 6, 10, 7
INVARIANCE, VARIANCE, COVARIANCE = 25.0, 25.0, 1.0


def main():
    draws = Draws(21050490)
    projector = head_parameters(draws, [EMBED_DIM, HIDDEN, HIDDEN, OUTPUT], hidden_bias=True, output_bias=False, output_norm="none")
    trainable = join(encoder=vit_parameters(draws), projector=projector)
    views = [draws.normal(BATCH, 8, 8, 3) for _ in range(2)]

    running = {}

    def loss_of(parameters):
        # Each view has its own pass through the expander, and so its own statistics.
        encoder, expander = part(parameters, "encoder."), part(parameters, "projector.")
        embeddings = [head(expander, vit_cls(encoder, view), "none", running) for view in views]
        loss = INVARIANCE * ((embeddings[0] - embeddings[1]) ** 2).mean()
        below = []
        for z in embeddings:
            z = z - z.mean(0)
            covariance = z.T @ z / (BATCH - 1)
            deviation = torch.sqrt(torch.diagonal(covariance) + 1e-4)
            below.append((deviation < 1).float().mean().item())
            off_diagonal = covariance - torch.diag(torch.diagonal(covariance))
            # The hinge is averaged over the two views, the covariances are summed.
            loss = loss + VARIANCE * torch.clamp(1 - deviation, min=0).mean() / 2 + COVARIANCE * (off_diagonal**2).sum() / OUTPUT
        assert all(0 < share < 1 for share in below), f"the hinge is not on both sides: {below}"
        return loss

    options = {"hiddenDim": HIDDEN, "outputDim": OUTPUT}
    write_step(sys.argv[1], options, trainable, {}, [("global", view) for view in views], loss_of, lambda: join(projector=running))


if __name__ == "__main__":
    main()
