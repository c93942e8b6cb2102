"""What HW-NAS-Bench calls its devices, metrics and spaces."""

from __future__ import annotations

__all__ = ["COLUMNS", "DEVICES", "METRICS", "OPS", "SPACES"]

#: The targets behind the published devices; one that is ``None`` or has no numbers gives NaN.
DEVICES: dict[str, str | None] = {
    "edgegpu": "jetson-tx2", "raspi4": "raspberry-pi-4", "edgetpu": "edge-tpu",
    "pixel3": "pixel-3", "eyeriss": "eyeriss-like", "fpga": None,
}
#: The metrics of each search space, in the order of the published class.
METRICS: dict[str, list[str]] = {
    "nasbench201": [
        "edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency", "pixel3_latency",
        "eyeriss_latency", "eyeriss_energy", "eyeriss_arithmetic_intensity", "fpga_latency",
        "fpga_energy"],
    "fbnet": [
        "edgegpu_latency", "edgegpu_energy", "raspi4_latency", "pixel3_latency", "eyeriss_latency",
        "eyeriss_energy", "fpga_latency", "fpga_energy"],
}
#: By search space and dataset, the name of our space and the classes.
SPACES: dict[str, dict[str, tuple[str, int]]] = {
    "nasbench201": {
        "cifar10": ("nasbench201-cifar10", 10), "cifar100": ("nasbench201-cifar100", 100),
        "ImageNet16-120": ("nasbench201-imagenet16-120", 120)},
    "fbnet": {"cifar100": ("fbnet-cifar100", 100), "ImageNet": ("fbnet-imagenet", 1000)},
}
#: The blocks of FBNet by choice.
OPS = ["k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip"]
#: Our column of each published figure.
COLUMNS = {"latency": "latency_ms", "energy": "energy_mj"}
