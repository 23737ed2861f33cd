"""SadTalker's networks as their authors define them, from an operator's own checkout and weights.

The checkout is imported with nothing but torch and PyYAML: only the files that define networks are
read. The reconstruction's is loaded by its path below an empty package, with stand-ins for kornia
and ArcFace (both serve its training loss only); plain attributes stand in for yacs.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
import types

import torch
import torch.nn.functional as F
import yaml
from torch import nn

MEL = (80, 16)
POINTS = 15


@contextlib.contextmanager
def checkout(folder):
    """Lets `src.*` of the checkout be imported, and nothing of it linger."""
    folder = os.path.abspath(folder)
    if not os.path.isdir(os.path.join(folder, "src", "facerender")):
        sys.exit(f"{folder} is no SadTalker checkout: src/facerender is missing")
    sys.path.insert(0, folder)
    try:
        yield folder
    finally:
        sys.path.remove(folder)


def reconstruction_module(folder):
    """The file that defines the ResNet-50, without kornia and ArcFace.

    Its package's __init__ pulls the training framework in, and two of its own imports serve the
    identity loss only. It is loaded by its path below an empty package, with stand-ins for these.
    """
    package = types.ModuleType("sadtalker_recon")
    package.__path__ = []
    stubs = {
        "sadtalker_recon": package,
        "sadtalker_recon.arcface_torch": types.ModuleType("arcface_torch"),
        "sadtalker_recon.arcface_torch.backbones": types.ModuleType("backbones"),
        "kornia": types.ModuleType("kornia"),
        "kornia.geometry": types.ModuleType("geometry"),
    }
    stubs["sadtalker_recon.arcface_torch.backbones"].get_model = None
    stubs["kornia.geometry"].warp_affine = None
    before = {name: sys.modules.get(name) for name in stubs}
    sys.modules.update(stubs)
    try:
        path = os.path.join(folder, "src", "face3d", "models", "networks.py")
        spec = importlib.util.spec_from_file_location("sadtalker_recon.networks", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        for name, was in before.items():
            if was is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = was


def namespace(value):
    """Nested dictionaries as attributes: stands in for yacs."""
    if isinstance(value, dict):
        return types.SimpleNamespace(**{k: namespace(v) for k, v in value.items()})
    return value


def read_yaml(folder, name):
    with open(os.path.join(folder, "src", "config", name)) as file:
        return yaml.safe_load(file)


def build(folder):
    """The networks as their authors define them; untrained."""
    load = importlib.import_module
    face = read_yaml(folder, "facerender.yaml")["model_params"]
    full = read_yaml(folder, "facerender_still.yaml")["model_params"]
    pose = namespace(read_yaml(folder, "auido2pose.yaml"))
    generator = load("src.facerender.modules.generator").OcclusionAwareSPADEGenerator
    detector = load("src.facerender.modules.keypoint_detector").KPDetector
    mapping = load("src.facerender.modules.mapping").MappingNet
    nets = {
        "audio2exp": load("src.audio2exp_models.networks").SimpleWrapperV2(),
        "audio2pose": nn.ModuleDict({
            "audio_encoder": load("src.audio2pose_models.audio_encoder").AudioEncoder(None, "cpu"),
            "netG": load("src.audio2pose_models.cvae").CVAE(pose),
        }),
        "face_3drecon": reconstruction_module(folder).define_net_recon(
            net_recon="resnet50", use_last_fc=False, init_path=""),
        "mapping_crop": mapping(**face["mapping_params"]),
        "mapping_full": mapping(**full["mapping_params"]),
        "kp_extractor": detector(**face["kp_detector_params"], **face["common_params"]),
        "generator": generator(**face["generator_params"], **face["common_params"]),
    }
    return {name: net.eval() for name, net in nets.items()}


def tensors_below(checkpoint, prefix):
    return {k[len(prefix) + 1:]: v for k, v in checkpoint.items() if k.startswith(prefix + ".")}


def load_published(nets, checkpoints, size):
    """Fills the networks from the published files; names what is missing and stops."""
    from safetensors.torch import load_file
    path = os.path.join(checkpoints, f"SadTalker_V0.0.2_{size}.safetensors")
    if not os.path.isfile(path):
        sys.exit(f"missing: {path}")
    checkpoint = load_file(path)
    for name in ("audio2exp", "face_3drecon", "kp_extractor", "generator"):
        nets[name].load_state_dict(tensors_below(checkpoint, name))
    # The discriminator of the head motion is in there too; nothing at run time asks for it.
    below = tensors_below(checkpoint, "audio2pose")
    wanted = nets["audio2pose"].state_dict()
    nets["audio2pose"].load_state_dict({k: below[k] for k in wanted})
    for name, file in (("mapping_crop", "mapping_00229-model.pth.tar"),
                       ("mapping_full", "mapping_00109-model.pth.tar")):
        path = os.path.join(checkpoints, file)
        if not os.path.isfile(path):
            print(f"skipped {name}: missing {path}")
            del nets[name]
            continue
        # weights_only: a pickle from the internet is not to run code here.
        saved = torch.load(path, map_location="cpu", weights_only=True)
        nets[name].load_state_dict(saved["mapping"])


def settle_spectral(net, rounds=30):
    """Lets the stored singular vectors of spectrally normalised weights converge."""
    for module in net.modules():
        if not hasattr(module, "weight_u"):
            continue
        matrix = module.weight_orig.detach().flatten(1)
        u, v = module.weight_u, module.weight_v
        for _ in range(rounds):
            v.copy_(F.normalize(matrix.t() @ u, dim=0))
            u.copy_(F.normalize(matrix @ v, dim=0))


def pose_motion(nets, mel, z, style, reference):
    """One stretch of 32 frames, as the variational decoder gives it."""
    chunks, frames = mel.shape[0], mel.shape[1]
    heard = nets["audio_encoder"].audio_encoder(mel.reshape(chunks * frames, 1, *MEL))
    batch = {"z": z, "class": style, "ref": reference,
             "audio_emb": heard.reshape(chunks, frames, 512)}
    return nets["netG"].decoder(batch)["pose_motion_pred"]


@torch.no_grad()
def settle_norms(net, run):
    """Sets the running statistics of batch norms to those of one run on noise.

    Untrained, a deep network's signal dies within a few layers, and any comparison of its output
    compares biases only. After this each layer passes on about unit variance.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for module in norms:
        module.momentum = 1.0
        module.train()
    run()
    for module in norms:
        module.eval()
    net.eval()


@torch.no_grad()
def fill_random(nets, seed, side=128):
    """Seeded noise instead of weights, scaled so that every output lies where a real one does."""
    # Modules were made after torch.manual_seed(seed), which gave all their weights.
    noise = torch.Generator().manual_seed(seed)

    def normal(*shape, std=1.0):
        return torch.randn(*shape, generator=noise) * std

    mel = normal(32, 1, *MEL, std=2.0).clamp(-4, 4)
    exp = nets["audio2exp"]
    settle_norms(exp, lambda: exp(mel, normal(1, 32, 64, std=0.3), torch.zeros(1, 32)))
    exp.mapping1.weight.mul_(0.5)
    pose = nets["audio2pose"]
    settle_norms(pose, lambda: pose_motion(
        pose, mel[None], normal(1, 64), torch.zeros(1, dtype=torch.long), normal(1, 6, std=0.1)))
    recon = nets["face_3drecon"]
    for layer, std in zip(recon.final_layers, (0.02, 0.01, 0.02, 0.003, 0.01, 0.003, 0.003)):
        layer.weight.copy_(normal(*layer.weight.shape, std=std))
    image = torch.rand(2, 3, 224, 224, generator=noise)
    settle_norms(recon, lambda: recon(image))
    bins = torch.arange(66.0)
    for name in ("mapping_crop", "mapping_full"):
        net = nets[name]
        for head, middle in ((net.fc_yaw, 34.0), (net.fc_pitch, 32.5), (net.fc_roll, 33.0)):
            head.weight.copy_(normal(*head.weight.shape, std=0.3))
            head.bias.copy_(-((bins - middle) ** 2) / 40)
        net.fc_exp.weight.copy_(normal(*net.fc_exp.weight.shape, std=0.03))
        net.fc_t.weight.copy_(normal(*net.fc_t.weight.shape, std=0.03))
    picture = torch.rand(1, 3, side, side, generator=noise)
    detector = nets["kp_extractor"]
    settle_norms(detector, lambda: detector(picture))
    detector.kp.weight.mul_(1.5)
    generator = nets["generator"]
    settle_spectral(generator)
    here = {"value": normal(1, POINTS, 3, std=0.3)}
    there = {"value": here["value"] + normal(1, POINTS, 3, std=0.05)}
    settle_norms(generator, lambda: generator(picture, kp_driving=there, kp_source=here))
    generator.dense_motion_network.mask.weight.mul_(1.5)
    generator.decoder.conv_img.weight.mul_(3.0)
