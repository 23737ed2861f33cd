"""The picture networks, restated so that a CPU does less for the same result.

Every step is algebra on the published weights; nothing is approximated (parity.py compares):

1. Volumes are kept as slices, depth in the place of the batch: [d,c,h,w]. A three-dimensional
   convolution is then a two-dimensional one over the slices above, at and below, side by side as
   channels. ONNX Runtime has blocked kernels for two dimensions only; its three-dimensional path
   is five times slower for the same products.
2. A 3x3 convolution of a picture enlarged by repeating pixels needs few different values: they are
   computed at the small size and laid out. (The maps that steer the decoder's last two blocks.)
3. Nothing nonlinear stands between a shortcut's offset and its 1x1 convolution: they become one.
4. A shift that is the same everywhere is a product with a matrix along each axis, no sampling.
5. A wide kernel with one output is a product of matrices and a sum of shifted maps.
6. A spectral norm is a constant; batch norms behind a convolution are part of it.
"""

import torch
import torch.nn.functional as F
from torch import nn


def folded(conv, norm=None):
    """Weight and bias of a convolution with the batch norm that follows it."""
    weight, bias = conv.weight.detach(), conv.bias
    bias = torch.zeros(weight.shape[0]) if bias is None else bias.detach()
    if norm is None:
        return weight.clone(), bias.clone()
    gain = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    shape = (-1,) + (1,) * (weight.dim() - 1)
    return weight * gain.reshape(shape), (bias - norm.running_mean) * gain + norm.bias.detach()


class SliceConv(nn.Module):
    """A convolution over a volume that lies in slices: [d,c,h,w] -> [d,o,h,w]."""

    def __init__(self, conv, norm=None):
        super().__init__()
        weight, bias = folded(conv, norm)
        outputs, inputs, taps, height, width = weight.shape
        weight = weight.permute(0, 2, 1, 3, 4).reshape(outputs, taps * inputs, height, width)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.taps, self.padding = taps, height // 2

    def forward(self, slices):
        if self.taps > 1:
            depth = slices.shape[0]
            edge = torch.zeros_like(slices[:1])
            edges = [edge] * (self.taps // 2)
            tall = torch.cat([*edges, slices, *edges], dim=0)
            slices = torch.cat([tall[i:i + depth] for i in range(self.taps)], dim=1)
        return F.conv2d(slices, self.weight, self.bias, padding=self.padding)


class SpreadConv(nn.Module):
    """As SliceConv, for few outputs: what a slice gives to each of its neighbours, then the sum.

    Sixteen outputs alone leave the blocked kernels half empty; sixteen for each of seven
    neighbours fill them.
    """

    def __init__(self, conv):
        super().__init__()
        weight, bias = folded(conv)
        self.outputs, inputs, self.taps, height, width = weight.shape
        weight = weight.permute(2, 0, 1, 3, 4).reshape(-1, inputs, height, width)
        self.weight, self.bias = nn.Parameter(weight.contiguous()), nn.Parameter(bias)
        self.padding = height // 2

    def forward(self, slices):
        given = F.conv2d(slices, self.weight, padding=self.padding)
        depth, reach = slices.shape[0], self.taps // 2
        edge = torch.zeros_like(given[:1, :self.outputs]).expand(reach, -1, -1, -1)
        total = self.bias[:, None, None]
        for tap in range(self.taps):
            share = given[:, tap * self.outputs:(tap + 1) * self.outputs]
            total = total + torch.cat([edge, share, edge], dim=0)[tap:tap + depth]
        return total


class LoneConv(nn.Module):
    """A wide kernel with one output over all slices: [d,c,h,w] -> [1,1,h,w].

    First what each cell gives to each place of its surroundings, a product of matrices; then the
    sum, by a kernel of zeros and ones.
    """

    def __init__(self, conv, depth):
        super().__init__()
        weight, bias = folded(conv)
        size = weight.shape[-1]
        weight = weight[0].reshape(-1, depth, size * size).permute(2, 1, 0)
        self.weight = nn.Parameter(weight.reshape(size * size, -1, 1, 1).contiguous())
        gather = torch.eye(size * size).reshape(1, size * size, size, size)
        self.gather, self.bias = nn.Parameter(gather), nn.Parameter(bias)
        self.padding = size // 2

    def forward(self, slices):
        height, width = slices.shape[-2:]
        given = F.conv2d(slices.reshape(1, -1, height, width), self.weight)
        return F.conv2d(given, self.gather, self.bias, padding=self.padding)


class PlainConv(nn.Module):
    """A two-dimensional convolution with what can be folded into it."""

    def __init__(self, weight, bias, padding):
        super().__init__()
        self.weight, self.bias, self.padding = nn.Parameter(weight), nn.Parameter(bias), padding

    def forward(self, picture):
        return F.conv2d(picture, self.weight, self.bias, padding=self.padding)


def plain(conv, norm=None):
    weight, bias = folded(conv, norm)
    return PlainConv(weight, bias, conv.padding)


class Hourglass(nn.Module):
    """The motion network's trunk on slices."""

    def __init__(self, hourglass):
        super().__init__()
        self.down = nn.ModuleList(SliceConv(b.conv, b.norm) for b in hourglass.encoder.down_blocks)
        self.up = nn.ModuleList(SliceConv(b.conv, b.norm) for b in hourglass.decoder.up_blocks)
        self.last = SliceConv(hourglass.decoder.conv, hourglass.decoder.norm)

    def forward(self, slices):
        levels = [slices]
        for conv in self.down:
            levels.append(F.avg_pool2d(F.relu(conv(levels[-1])), 2))
        out = levels.pop()
        for conv in self.up:
            out = F.relu(conv(F.interpolate(out, scale_factor=2.0, mode="nearest")))
            out = torch.cat([out, levels.pop()], dim=1)
        return F.relu(self.last(out))


class EnlargedConv(nn.Module):
    """relu(3x3 convolution of the picture enlarged `factor` times by repeating pixels)."""

    def __init__(self, conv, factor):
        super().__init__()
        self.factor = factor
        weight, bias = folded(conv)
        # Along one axis, pixel p of a block sees the blocks (p-1)//f, p//f, (p+1)//f.
        self.kinds = [0, 1] if factor == 2 else [0] + [1] * (factor - 2) + [2]
        reach = [[(p + d) // factor for d in (-1, 0, 1)] for p in range(factor)]
        kinds = []
        for kind in sorted(set(self.kinds)):
            kinds.append(reach[self.kinds.index(kind)])
        self.parts = nn.ModuleList()
        self.pads = []
        for rows in kinds:
            for columns in kinds:
                tall, wide = sorted(set(rows)), sorted(set(columns))
                small = torch.zeros(*weight.shape[:2], len(tall), len(wide))
                for i, row in enumerate(rows):
                    for j, column in enumerate(columns):
                        small[:, :, tall.index(row), wide.index(column)] += weight[:, :, i, j]
                self.parts.append(PlainConv(small, bias.clone(), 0))
                self.pads.append((-wide[0], wide[-1], -tall[0], tall[-1]))
        self.count = len(kinds)

    def forward(self, picture):
        made = [F.relu(part(F.pad(picture, pad))) for part, pad in zip(self.parts, self.pads)]
        # Depth to space with some of the planes used twice: rows first, then columns.
        channels, height, width = made[0].shape[1:]
        rows = []
        for i in range(self.count):
            line = torch.stack([made[i * self.count + k] for k in self.kinds], dim=-1)
            rows.append(line.reshape(1, channels, height, width * self.factor))
        out = torch.stack([rows[k] for k in self.kinds], dim=3)
        return out.reshape(1, channels, height * self.factor, width * self.factor)


class Steering(nn.Module):
    """What a SPADE norm computes from the map: gain and offset."""

    def __init__(self, spade, factor, shortcut=None):
        super().__init__()
        shared = spade.mlp_shared[0]
        self.shared = EnlargedConv(shared, factor) if factor > 1 else plain(shared)
        self.factor = factor
        self.gain = plain(spade.mlp_gamma)
        weight, bias = folded(spade.mlp_beta)
        if shortcut is not None:
            through = shortcut.weight.detach()[:, :, 0, 0]
            weight, bias = torch.einsum("oi,ickl->ockl", through, weight), through @ bias
        self.offset = PlainConv(weight, bias, 1)

    def forward(self, guide):
        felt = self.shared(guide)
        if self.factor == 1:
            felt = F.relu(felt)
        return self.gain(felt), self.offset(felt)


class Block(nn.Module):
    """A SPADE residual block."""

    def __init__(self, block, factor):
        super().__init__()
        self.first, self.second = plain(block.conv_0), plain(block.conv_1)
        self.norm_0, self.norm_1 = Steering(block.norm_0, factor), Steering(block.norm_1, factor)
        self.has_shortcut = block.learned_shortcut
        if self.has_shortcut:
            self.norm_s = Steering(block.norm_s, factor, block.conv_s)
            self.shortcut = plain(block.conv_s)

    def forward(self, x, guide):
        even = F.instance_norm(x)
        gain, offset = self.norm_0(guide)
        out = self.first(F.leaky_relu(even + even * gain + offset, 0.2))
        gain, offset = self.norm_1(guide)
        level = F.instance_norm(out)
        out = self.second(F.leaky_relu(level + level * gain + offset, 0.2))
        if not self.has_shortcut:
            return x + out
        gain, offset = self.norm_s(guide)
        return self.shortcut(even + even * gain) + offset + out


class Decoder(nn.Module):
    """The SPADE decoder: map [1,256,h,w] -> picture [1,3,4h,4w]."""

    def __init__(self, decoder):
        super().__init__()
        self.first = plain(decoder.fc)
        middle = [getattr(decoder, f"G_middle_{i}") for i in range(6)]
        self.middle = nn.ModuleList(Block(b, 1) for b in middle)
        self.up_0, self.up_1 = Block(decoder.up_0, 2), Block(decoder.up_1, 4)
        self.last = plain(decoder.conv_img)

    def forward(self, guide):
        x = self.first(guide)
        for block in self.middle:
            x = block(x, guide)
        x = self.up_0(F.interpolate(x, scale_factor=2.0, mode="nearest"), guide)
        x = self.up_1(F.interpolate(x, scale_factor=2.0, mode="nearest"), guide)
        return torch.sigmoid(self.last(F.leaky_relu(x, 0.2)))


class FastAppearance(nn.Module):
    """image [1,3,s,s] -> volume [1,32,16,s/4,s/4], thin [1,4,16,s/4,s/4]: once a portrait."""

    def __init__(self, generator):
        super().__init__()
        g = generator
        self.first = plain(g.first.conv, g.first.norm)
        self.down = nn.ModuleList(plain(b.conv, b.norm) for b in g.down_blocks)
        self.second = plain(g.second)
        self.depth = g.reshape_depth
        self.norms = nn.ModuleList()
        self.convs = nn.ModuleList()
        for block in g.resblocks_3d:
            # The norm stands before the ramp: it cannot be folded, but is one gain a channel.
            self.norms.append(block.norm1)
            self.convs.append(SliceConv(block.conv1, block.norm2))
            self.convs.append(SliceConv(block.conv2))
        motion = g.dense_motion_network
        self.thin = SliceConv(motion.compress, motion.norm)

    def forward(self, image):
        out = F.relu(self.first(image))
        for conv in self.down:
            out = F.avg_pool2d(F.relu(conv(out)), 2)
        out = self.second(out)
        side = out.shape[-1]
        slices = out.reshape(-1, self.depth, side, side).transpose(0, 1)
        for i, norm in enumerate(self.norms):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            offset = norm.bias - norm.running_mean * gain
            ramp = F.relu(slices * gain[:, None, None] + offset[:, None, None])
            slices = slices + self.convs[2 * i + 1](F.relu(self.convs[2 * i](ramp)))
        thin = F.relu(self.thin(slices))
        return slices.transpose(0, 1)[None], thin.transpose(0, 1)[None]


class FastRenderer(nn.Module):
    """volume, thin, source [1,15,3], driving [1,15,3] -> image [1,3,s,s], RGB 0...1."""

    def __init__(self, generator, grid, sample):
        super().__init__()
        g, motion = generator, generator.dense_motion_network
        self.sample = sample
        self.register_buffer("grid", grid)
        self.trunk = Hourglass(motion.hourglass)
        self.mask = SpreadConv(motion.mask)
        self.occlusion = LoneConv(motion.occlusion, grid.shape[0])
        self.third, self.fourth = plain(g.third.conv, g.third.norm), plain(g.fourth)
        self.slope = 0.01
        self.decoder = Decoder(g.decoder)

    def shifted(self, thin, shifts):
        """The thin volume [c,d,h,w] moved by each shift [k,3]: [k,c,d,h,w].

        A shift is the same everywhere, so that its trilinear sample is a product with a matrix of
        two diagonals along each axis; what lies outside is zero, as there.
        """
        channels, depth, side, _ = thin.shape
        count = shifts.shape[0]

        def blend(axis, length):
            cells = torch.arange(float(length))
            # The grid's ends are cells' centres to the authors, and cells' edges to the sampler.
            where = cells * (length / (length - 1)) - 0.5
            at = where[None] + shifts[:, axis:axis + 1] * (length / 2)
            return F.relu(1 - (at[:, :, None] - cells).abs())

        x, y, z = blend(0, side), blend(1, side), blend(2, depth)
        out = torch.matmul(thin.reshape(1, -1, side), x.transpose(1, 2))
        out = torch.matmul(y[:, None], out.reshape(count, channels * depth, side, side))
        out = torch.matmul(z[:, None], out.reshape(count, channels, depth, side * side))
        return out.reshape(count, channels, depth, side, side)

    def warp(self, thin, source, driving):
        depth, side = self.grid.shape[:2]
        shifts = torch.cat([torch.zeros_like(source[0, :1]), (source - driving)[0]], dim=0)
        moved = self.shifted(thin[0], shifts).permute(2, 0, 1, 3, 4)

        def bumps(at):
            # A Gaussian of three coordinates is a product of three of one.
            axes = (self.grid[0, 0, :, 0], self.grid[0, :, 0, 1], self.grid[:, 0, 0, 2])
            x, y, z = (torch.exp(-50.0 * (axis[None] - at[0, :, i:i + 1]) ** 2)
                       for i, axis in enumerate(axes))
            return z.t()[:, :, None, None] * (y[:, :, None] * x[:, None, :])[None]

        heat = bumps(driving) - bumps(source)
        heat = torch.cat([torch.zeros_like(heat[:, :1]), heat], dim=1)[:, :, None]
        felt = self.trunk(torch.cat([heat, moved], dim=2).reshape(depth, -1, side, side))
        mask = torch.softmax(self.mask(felt), dim=1)
        mask = torch.where(mask < 1e-3, torch.zeros_like(mask), mask)        # [d,k+1,h,w]
        # The field is the resting grid times all shares plus each shift times its own.
        spread = torch.einsum("dkhw,kc->dhwc", mask, shifts)
        field = self.grid * mask.sum(dim=1)[..., None] + spread
        hidden = torch.sigmoid(self.occlusion(felt))
        return field[None], hidden

    def forward(self, volume, thin, source, driving):
        field, hidden = self.warp(thin, source, driving)
        moved = self.sample(volume, field)
        side = moved.shape[-1]
        out = F.leaky_relu(self.third(moved.reshape(1, -1, side, side)), self.slope)
        return self.decoder(self.fourth(out) * hidden)
