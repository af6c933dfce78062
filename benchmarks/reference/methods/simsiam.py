"""One training step of SimSiam in float64.

usage: python simsiam.py OUT.json      (packages/simsiam/test/golden/step.json)
needs (PyPI): torch==2.15.0, numpy==2.4.6

Written from algorithm 1 of arXiv 2011.10566 and from facebookresearch/simsiam (simsiam/builder.py, main_simsiam.py), independently of the
TypeScript.
"""
import sys

from torch.nn import functional as F

from tiny_vit import EMBED_DIM, Draws, head, head_parameters, join, part, vit_cls, vit_parameters, write_step

BATCH, OUTPUT, BOTTLENECK = 4, 10, 5


def main():
    draws = Draws(20111056)
    projector = head_parameters(draws, [EMBED_DIM, EMBED_DIM, EMBED_DIM, OUTPUT], hidden_bias=False, output_bias=False, output_norm="plain")
    predictor = head_parameters(draws, [OUTPUT, BOTTLENECK, OUTPUT], hidden_bias=False, output_bias=True, output_norm="none")
    trainable = join(encoder=vit_parameters(draws), projector=projector, predictor=predictor)
    views = draws.normal(BATCH, 8, 8, 3), draws.normal(BATCH, 8, 8, 3)
    running = {"projector": {}, "predictor": {}}

    def loss_of(parameters):
        projections = [head(part(parameters, "projector."), vit_cls(part(parameters, "encoder."), view), "plain", running["projector"])
                       for view in views]  # every view is a batch of its own for the normalisations
        predictions = [head(part(parameters, "predictor."), projection, "none", running["predictor"]) for projection in projections]
        negative_cosine = lambda p, z: -F.cosine_similarity(p, z.detach(), dim=1).mean()
        return 0.5 * (negative_cosine(predictions[0], projections[1]) + negative_cosine(predictions[1], projections[0]))

    write_step(sys.argv[1], {"outputDim": OUTPUT, "predictorDim": BOTTLENECK}, trainable, {}, [("global", view) for view in views], loss_of,
               lambda: join(**running))


if __name__ == "__main__":
    main()
