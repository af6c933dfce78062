"""SimCLR, DINO, MAE and BYOL of timm's Vision Transformer and lightly's heads, decoders and losses.

What a run's options say is handed to those libraries. What they have no word for is set here: a start of weights, two directions of a loss that are added and not averaged.
"""
import copy

import torch
from lightly.loss import DINOLoss, NegativeCosineSimilarity, NTXentLoss
from lightly.models import utils
from lightly.models.modules import DINOProjectionHead, MaskedVisionTransformerDecoderTIMM, MaskedVisionTransformerTIMM
from lightly.models.modules.heads import ProjectionHead
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from peer_recipe import rate_at


def vision_transformer(config):
    """timm's ViT of a run's encoder, started timm's way. `dynamic_img_size`: local views are smaller."""
    expected = {"prefixPositions": True, "dropPathRate": 0, "layerNormEpsilon": 1e-6}
    differing = {name: config[name] for name, value in expected.items() if config[name] != value}
    if differing or "mlp" in config or "positionInterpolation" in config:
        raise ValueError(f"encoder: expected {expected} and no mlp or positionInterpolation, received {config}")
    return VisionTransformer(
        img_size=tuple(config["imageSize"]),
        patch_size=config["patchSize"],
        in_chans=config["channels"],
        embed_dim=config["embedDim"],
        depth=config["depth"],
        num_heads=config["numHeads"],
        mlp_ratio=config["mlpRatio"],
        qkv_bias=config["qkvBias"],
        class_token=config["clsToken"],
        reg_tokens=config["registerTokens"],
        init_values=config.get("layerScale"),
        num_classes=0,
        dynamic_img_size=True,
    )


def start_linear(module, start):
    """Sets every linear layer's weight by `start`, its bias to 0."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            start(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def class_tokens(vit, images):
    return vit.forward_features(images)[:, 0]


def frozen_copy(module):
    return copy.deepcopy(module).requires_grad_(False)


class Method(nn.Module):
    """What training asks of a method. `encoder` is the ViT that is judged."""

    initialization, positions = "timm", "learned"

    def __init__(self, encoder_config):
        super().__init__()
        given = (encoder_config["initialization"], encoder_config["positionEmbedding"])
        if given != (self.initialization, self.positions):
            raise ValueError(f"encoder: expected {(self.initialization, self.positions)}, received {given}")
        self.vit = vision_transformer(encoder_config)

    @property
    def encoder(self):
        return self.vit

    def start_teacher(self):
        """The student has its start weights."""

    def before_update(self, progress):
        """Gradients are there."""

    def after_step(self, progress):
        """Weights have moved."""


class SimCLR(Method):
    def __init__(self, encoder_config, options):
        super().__init__(encoder_config)
        width = self.vit.embed_dim
        hidden, outputs = options["hiddenDim"] or width, options["outputDim"]
        dims = [width, *[hidden] * (options["projectorLayers"] - 1), outputs]
        hidden_blocks = [(before, after, nn.BatchNorm1d(after), nn.ReLU()) for before, after in zip(dims[:-2], dims[1:-1])]
        # No layer has a bias beside its BatchNorm: ProjectionHead's own habit. The last BatchNorm has no shift.
        self.projector = ProjectionHead([*hidden_blocks, (dims[-2], outputs, nn.BatchNorm1d(outputs), None)])
        self.projector.layers[-1].bias.requires_grad_(False)
        start_linear(self.projector, lambda weight: nn.init.normal_(weight, std=0.01))
        self.criterion = NTXentLoss(temperature=options["temperature"])

    def loss(self, views, progress):
        first, second = self.projector(class_tokens(self.vit, torch.cat(views))).chunk(2)
        # The paper's authors add both directions; lightly takes their mean.
        return 2 * self.criterion(first, second)


class BYOL(Method):
    def __init__(self, encoder_config, options):
        super().__init__(encoder_config)
        hidden, outputs = options["hiddenDim"], options["outputDim"]

        def head(inputs):
            made = ProjectionHead([(inputs, hidden, nn.BatchNorm1d(hidden), nn.ReLU(), True), (hidden, outputs, None, None, False)])
            start_linear(made, lambda weight: nn.init.normal_(weight, std=weight.shape[1] ** -0.5))
            return made

        self.projector, self.predictor = head(self.vit.embed_dim), head(outputs)
        self.target_vit, self.target_projector = frozen_copy(self.vit), frozen_copy(self.projector)
        self.momentum = options["teacherMomentum"]
        self.criterion = NegativeCosineSimilarity()

    def start_teacher(self):
        self.target_vit.load_state_dict(self.vit.state_dict())
        self.target_projector.load_state_dict(self.projector.state_dict())

    def loss(self, views, progress):
        predictions = [self.predictor(self.projector(class_tokens(self.vit, view))) for view in views]
        with torch.no_grad():
            first, second = (self.target_projector(class_tokens(self.target_vit, view)) for view in views)
        # The squared distance of unit vectors, both directions added.
        return sum(2 + 2 * self.criterion(prediction, target) for prediction, target in zip(predictions, (second, first)))

    def after_step(self, progress):
        momentum = rate_at(self.momentum, progress)
        utils.update_momentum(self.vit, self.target_vit, momentum)
        utils.update_momentum(self.projector, self.target_projector, momentum)


class DINO(Method):
    def __init__(self, encoder_config, options):
        super().__init__(encoder_config)

        def head():
            return DINOProjectionHead(
                self.vit.embed_dim,
                options["hiddenDim"],
                options["bottleneckDim"],
                options["prototypes"],
                freeze_last_layer=options["freezeLastLayerEpochs"],
                norm_last_layer=options["normalizeLastLayer"],
            )

        self.head, self.teacher_head, self.teacher_vit = head(), head().requires_grad_(False), frozen_copy(self.vit)
        self.start_teacher()
        self.options = options
        self.criterion = DINOLoss(options["prototypes"], student_temp=options["studentTemperature"], center_momentum=options["centerMomentum"])

    @property
    def encoder(self):
        return self.teacher_vit

    def start_teacher(self):
        self.teacher_vit.load_state_dict(self.vit.state_dict())
        self.teacher_head.load_state_dict(self.head.state_dict())

    def loss(self, views, progress):
        views_of_a_size = [views[:2], views[2:]] if len(views) > 2 else [views]
        student = [score for group in views_of_a_size for score in self.head(class_tokens(self.vit, torch.cat(group))).chunk(len(group))]
        with torch.no_grad():
            teacher = self.teacher_head(class_tokens(self.teacher_vit, torch.cat(views[:2]))).chunk(2)
        return self.criterion(list(teacher), student, teacher_temp=rate_at(self.options["teacherTemperature"], progress))

    def before_update(self, progress):
        self.head.cancel_last_layer_gradients(progress.epoch)

    def after_step(self, progress):
        momentum = rate_at(self.options["teacherMomentum"], progress)
        utils.update_momentum(self.vit, self.teacher_vit, momentum)
        utils.update_momentum(self.head, self.teacher_head, momentum)


class MAE(Method):
    initialization, positions = "mae", "sincos2d"

    def __init__(self, encoder_config, options):
        super().__init__(encoder_config)
        # Starts the ViT again, MAE's way, with fixed positions.
        self.masked = MaskedVisionTransformerTIMM(self.vit)
        # For methods that show the encoder masked patches.
        self.masked.mask_token.requires_grad_(False)
        width, self.patch_size = options["decoderDim"], encoder_config["patchSize"]
        self.decoder_embed = nn.Linear(self.vit.embed_dim, width)
        self.decoder = MaskedVisionTransformerDecoderTIMM(
            num_patches=self.vit.patch_embed.num_patches,
            embed_dim=width,
            depth=options["decoderDepth"],
            num_heads=options["decoderHeads"],
            num_prefix_tokens=self.vit.num_prefix_tokens,
            mlp_ratio=options["decoderMlpRatio"],
        )
        self.prediction = nn.Linear(width, self.patch_size**2 * encoder_config["channels"])
        for layer in (self.decoder_embed, self.prediction):
            start_linear(layer, nn.init.xavier_uniform_)
        self.options = options

    def draw_masks(self, tokens):
        """Places of the tokens that the encoder sees, [B, 1 + M], [CLS] first, and of the others."""
        return utils.random_token_mask(tokens, mask_ratio=self.options["maskRatio"])

    def loss(self, views, progress):
        (images,) = views
        tokens = (len(images), self.masked.sequence_length)
        kept, removed = self.draw_masks(tokens)
        visible = self.decoder_embed(self.masked.encode(images, idx_keep=kept))
        everywhere = utils.set_at_index(utils.repeat_token(self.decoder.mask_token, tokens), kept, visible)
        predicted = self.prediction(utils.get_at_index(self.decoder(everywhere), removed))
        # [CLS] is the first token, and no patch.
        target = utils.get_at_index(utils.patchify(images, self.patch_size), removed - 1)
        if self.options["normalizeTarget"]:
            target = utils.normalize_mean_var(target)
        return nn.functional.mse_loss(predicted, target)


METHODS = {"simclr": SimCLR, "dino": DINO, "mae": MAE, "byol": BYOL}
