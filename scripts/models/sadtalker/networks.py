"""The networks as they are exported: plain tensors in, plain tensors out."""

import torch
import torch.nn.functional as F
from originals import pose_motion
from torch import nn


class Expressions(nn.Module):
    """mel [n,1,80,16], reference [n,64], blink [n,1] -> expressions [n,64]."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, mel, reference, blink):
        heard = self.net.audio_encoder(mel).flatten(1)
        return self.net.mapping1(torch.cat([heard, reference, blink], dim=1))


class HeadMotion(nn.Module):
    """mel [c,32,1,80,16], noise [c,64], style int64 [c], reference [c,6] -> motion [c,32,6]."""

    def __init__(self, nets):
        super().__init__()
        self.nets = nets

    def forward(self, mel, noise, style, reference):
        return pose_motion(self.nets, mel, noise, style, reference)


class FaceModel(nn.Module):
    """image [1,3,224,224], RGB 0...1 -> coefficients [1,257]."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        return self.net(image)


class Mapping(nn.Module):
    """semantics [n,70 or 73,27] -> yaw, pitch, roll [n,66], translation [n,3],
    expression [n,45]."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, semantics):
        made = self.net(semantics)
        return made["yaw"], made["pitch"], made["roll"], made["t"], made["exp"]


class Keypoints(nn.Module):
    """image [1,3,s,s] -> keypoints [1,15,3], canonical."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        return self.net(image)["value"]


def grid_of(depth, side):
    """Coordinates x, y, z of a volume's cells, -1...1 from first to last cell: [d,s,s,3]."""
    z, y = torch.linspace(-1, 1, depth), torch.linspace(-1, 1, side)
    zz, yy, xx = torch.meshgrid(z, y, y, indexing="ij")
    return torch.stack([xx, yy, zz], dim=-1)


def sample_native(volume, grid):
    return F.grid_sample(volume, grid, align_corners=False)


def sample_by_gather(volume, grid):
    """Trilinear, zeros outside, cells' centres inside: as GridSample, of plain operators only.

    volume [1,c,d,h,w], grid [1,d',h',w',3] -> [1,c,d',h',w']. One Gather a corner.
    """
    _, channels, depth, height, width = volume.shape
    shape = grid.shape[1:4]
    flat = grid.reshape(-1, 3)
    size = torch.tensor([width, height, depth], dtype=torch.float32)
    at = ((flat + 1) * size - 1) / 2
    low = torch.floor(at)
    part = at - low
    cells = volume.reshape(channels, depth * height * width)
    total = None
    for corner in range(8):
        step = torch.tensor([corner & 1, corner >> 1 & 1, corner >> 2 & 1], dtype=torch.float32)
        where = low + step
        inside = ((where >= 0) & (where < size)).to(torch.float32)
        weight = (step * part + (1 - step) * (1 - part)) * inside
        weight = weight[:, 0] * weight[:, 1] * weight[:, 2]
        index = torch.minimum(where.clamp(min=0), size - 1).to(torch.int64)
        index = (index[:, 2] * height + index[:, 1]) * width + index[:, 0]
        share = torch.index_select(cells, 1, index) * weight
        total = share if total is None else total + share
    return total.reshape(1, channels, *shape)


def without_spectral_norm(generator):
    """Folds each spectral norm into its weight: at run time it is a constant."""
    for module in generator.modules():
        if hasattr(module, "weight_u"):
            nn.utils.remove_spectral_norm(module)
    return generator
