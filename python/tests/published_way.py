"""Queries the content of a pickle in the way of the published HWNASBenchAPI: for NAS-Bench-201 by index
into its lists, for FBNet by the sum over keys that are written for each block."""

import math

METRICS = {
    "nasbench201": ["edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency",
                    "pixel3_latency", "eyeriss_latency", "eyeriss_energy",
                    "eyeriss_arithmetic_intensity", "fpga_latency", "fpga_energy"],
    "fbnet": ["edgegpu_latency", "edgegpu_energy", "raspi4_latency", "pixel3_latency",
              "eyeriss_latency", "eyeriss_energy", "fpga_latency", "fpga_energy"],
}
_CHANNELS, _REPEATS = [16, 24, 32, 64, 112, 184, 352], [1, 4, 4, 4, 4, 4, 1]
# Image size, stride of the stem, of each stage's first block, channels of the head, classes.
_DATASETS = {"cifar100": (32, 1, [1, 1, 2, 2, 1, 2, 1], 1504, 100),
             "ImageNet": (224, 2, [1, 2, 2, 2, 1, 2, 1], 1984, 1000)}
# Expansion, kernel and groups by choice; the last choice is a skip.
_BLOCKS = [(1, 3, 1), (1, 3, 2), (3, 3, 1), (6, 3, 1), (1, 5, 1), (1, 5, 2), (3, 5, 1), (6, 5, 1)]


def fbnet_keys(row, dataset):
    """The keys of a network's blocks."""
    size, stem, strides, head, classes = _DATASETS[dataset]
    keys = [f"ConvNorm_H{size}_W{size}_Cin3_Cout16_kernel3_stride{stem}_group1"]
    size, channels, place = size // stem, 16, 0
    for outputs, repeats, first in zip(_CHANNELS, _REPEATS, strides):
        for stride in [first] + [1] * (repeats - 1):
            shape = f"H{size}_W{size}_Cin{channels}_Cout{outputs}"
            if row[place] == 8:
                keys.append(f"Skip_{shape}_stride{stride}")
            else:
                expansion, kernel, groups = _BLOCKS[row[place]]
                keys.append(f"ConvBlock_{shape}_exp{expansion}_kernel{kernel}_stride{stride}"
                            f"_group{groups}")
            size, channels, place = size // stride, outputs, place + 1
    keys.append(f"ConvNorm_H{size}_W{size}_Cin{channels}_Cout{head}_kernel1_stride1_group1")
    keys.append(f"AvgP_H{size}_W{size}_Cin{head}_Cout{head}_kernel{size}_stride1")
    return [*keys, f"FC_Cin{head}_Cout{classes}"]


def query(content, space, arch, dataset):
    """Every metric of a network, and their product."""
    found = {}
    for metric in METRICS[space]:
        if space == "nasbench201":
            found[metric] = float(content[space][dataset][metric][arch])
        else:
            table = content[space][metric]
            found[metric] = sum(table[key] for key in fbnet_keys(arch, dataset))
    found["average_hw_metric"] = math.prod(
        v for k, v in found.items() if k != "eyeriss_arithmetic_intensity")
    return found
