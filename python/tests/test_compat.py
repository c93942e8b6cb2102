"""The published API's class, and the files around it."""

import csv
import importlib.util
import io
import os
import pickle
import pickletools
import subprocess
import sys
import tempfile
import unittest
import warnings
import zipfile

import numpy as np

import hwcost
from hwcost import restricted_pickle
from hwcost.compat import HWNASBenchAPI

REFERENCE = os.path.join(os.environ.get("HWCOST_REFERENCE", ""), "data")
COMMAND = os.path.join(os.path.dirname(sys.executable), "hwcost")


class FastEstimator(hwcost.Estimator):
    """Searches mappings of perfect factors only: what is tested here does not depend on them."""

    def table(self, space, target, **options):
        return super().table(space, target, factors="perfect", **options)


class CompatTests(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore")
        self.estimator = FastEstimator()

    def test_the_published_module_is_there(self):
        import hw_nas_bench_api

        self.assertIs(hw_nas_bench_api.HWNASBenchAPI, HWNASBenchAPI)

    def test_nasbench201(self):
        api = HWNASBenchAPI(search_space="nasbench201", estimator=self.estimator)
        found = api.query_by_index(7, "cifar10")
        self.assertEqual(
            list(found),
            ["edgegpu_latency", "edgegpu_energy", "raspi4_latency", "edgetpu_latency",
             "pixel3_latency", "eyeriss_latency", "eyeriss_energy", "eyeriss_arithmetic_intensity",
             "fpga_latency", "fpga_energy", "average_hw_metric"])
        # Without the numbers of the measured devices, they and the product are not known.
        self.assertTrue(np.isnan(found["raspi4_latency"]))
        self.assertTrue(np.isnan(found["average_hw_metric"]))
        report = self.estimator.cost(7, "nasbench201-cifar10", "eyeriss-like", factors="perfect")
        self.assertAlmostEqual(found["eyeriss_latency"], report.latency_ms)
        self.assertAlmostEqual(found["eyeriss_energy"], report.energy_mj)
        self.assertAlmostEqual(
            found["eyeriss_arithmetic_intensity"], report.macs / report.dram_bytes)
        config = api.get_net_config(7, "cifar10")
        self.assertEqual(config["arch_str"], report.arch)
        self.assertEqual(config["num_classes"], 10)
        by_text = api.query_by_arch(report.arch, "cifar10")
        self.assertEqual(by_text["eyeriss_energy"], found["eyeriss_energy"])
        batch = api.query_batch(range(15625), "cifar10")
        self.assertEqual(batch["eyeriss_latency"].shape, (15625,))
        self.assertEqual(batch["eyeriss_latency"][7], found["eyeriss_latency"])
        rows = api.query_batch(self.estimator.members("nasbench201-cifar10"), "cifar10")
        np.testing.assert_array_equal(rows["eyeriss_energy"], batch["eyeriss_energy"])
        with self.assertRaises(ValueError):
            api.query_by_index(7, "cifar")
        with self.assertRaises(IndexError):
            api.query_by_index(15625, "cifar10")

    def test_a_mix_of_targets_has_a_product(self):
        devices = dict.fromkeys(
            ["edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga"], "eyeriss-like")
        api = HWNASBenchAPI(devices=devices, estimator=self.estimator)
        found = api.query_by_index(7, "cifar10")
        product = np.prod([
            v for k, v in found.items()
            if k not in ("eyeriss_arithmetic_intensity", "average_hw_metric")])
        self.assertAlmostEqual(found["average_hw_metric"] / product, 1)

    def test_a_target_that_is_asked_for_has_to_answer(self):
        api = HWNASBenchAPI(devices={"raspi4": "raspberry-pi-4"}, estimator=self.estimator)
        with self.assertRaisesRegex(hwcost.HwcostError, "table import"):
            api.query_by_index(0, "cifar10")

    def test_fbnet(self):
        api = HWNASBenchAPI(search_space="fbnet", estimator=self.estimator)
        row = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3]
        found = api.query_by_index(row, "cifar100")
        self.assertEqual(found, {**found, **api.query_by_index(np.array(row), "cifar100")} | {
            k: v for k, v in found.items() if np.isnan(v)})
        table = self.estimator.table("fbnet-cifar100", "eyeriss-like")
        self.assertEqual(found["eyeriss_latency"], table.costs([row])[0, 0])
        config = api.get_net_config(row, "ImageNet")
        self.assertEqual(config["arch_str"][:2], ["k3_e1", "k3_e1_g2"])
        self.assertEqual(config["num_classes"], 1000)

    def test_a_target_whose_costs_do_not_add_up_answers_too(self):
        row = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3]
        api = HWNASBenchAPI(search_space="fbnet",
                            devices={"fpga": "hwnasbench-fpga", "eyeriss": None},
                            estimator=self.estimator)
        report = self.estimator.cost(row, "fbnet-cifar100", "hwnasbench-fpga")
        for _ in range(2):
            found = api.query_batch([[0] * 22, row], "cifar100")
            self.assertEqual(found["fpga_latency"][1], report.latency_ms)
            self.assertEqual(found["fpga_energy"][1], report.energy_mj)
        with self.assertRaisesRegex(hwcost.HwcostError, "do not add up"):
            api.get_op_lookup_tables()

    def test_look_up_tables_sum_to_queries(self):
        published = {"fbnet": {"raspi4_latency": {}}}
        keys = self.estimator.request({"op": "blocks", "space": "fbnet-cifar100"})
        choices = [term["blocks"] for term in keys["terms"]]
        for number, key in enumerate(keys["fixed"] + sum(choices, [])):
            published["fbnet"]["raspi4_latency"].setdefault(key, float(number))
        api = HWNASBenchAPI(published, search_space="fbnet", estimator=self.estimator)
        row = [8, 7, 6, 5, 4, 3, 2, 1, 0, 8, 7, 6, 5, 4, 3, 2, 1, 0, 8, 7, 6, 5]
        lut = published["fbnet"]["raspi4_latency"]
        expected = sum(lut[k] for k in keys["fixed"]) + sum(
            lut[own[c]] for own, c in zip(choices, row))
        self.assertEqual(api.query_by_index(row, "cifar100")["raspi4_latency"], expected)
        self.assertEqual(api.query_by_arch(" ".join(map(str, row)), "cifar100")["raspi4_latency"],
                         expected)


class PickleTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            pickle.dump(content, file)
        return self.path(name)

    def test_plain_values_and_arrays_are_read(self):
        content = {"a": [1, 2.5, "x"], "b": np.arange(6.0).reshape(2, 3), "c": np.float64(1.5)}
        found = restricted_pickle.load(self.write("a.pickle", content))
        self.assertEqual(found["a"], content["a"])
        np.testing.assert_array_equal(found["b"], content["b"])
        self.assertEqual(found["c"], 1.5)

    def test_nothing_in_a_file_is_run(self):
        marker = self.path("was-run")

        class Attack:
            def __reduce__(self):
                return (os.system, (f"touch {marker}",))

        with self.assertRaisesRegex(restricted_pickle.ForbiddenName, "system"):
            restricted_pickle.load(self.write("bad.pickle", {"x": Attack()}))
        self.assertFalse(os.path.exists(marker))
        for name in ("eval", "exec", "getattr", "__import__", "open"):
            data = b"c" + f"builtins\n{name}\n.".encode()
            with open(self.path("n.pickle"), "wb") as file:
                file.write(data)
            with self.assertRaises(restricted_pickle.ForbiddenName):
                restricted_pickle.load(self.path("n.pickle"))

    def test_a_torch_file_is_read_without_torch(self):
        # What torch.save writes for a tensor of three numbers, by hand: pickle protocol 2.
        numbers = np.array([1.5, 2.5, 4.0], dtype=np.float32)
        data = (
            b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
            b"ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x03tQK\x00K\x03\x85K\x01\x85"
            b"\x89ccollections\nOrderedDict\n)RtR.")
        pickletools.dis(data, out=io.StringIO())
        with zipfile.ZipFile(self.path("t.pt"), "w") as archive:
            archive.writestr("archive/data.pkl", data)
            archive.writestr("archive/data/0", numbers.tobytes())
        np.testing.assert_array_equal(restricted_pickle.load(self.path("t.pt")), numbers)

    def test_an_old_torch_file_is_read_without_torch(self):
        # What torch.save wrote before torch 1.6: pickles one after the other, then the numbers.
        numbers = np.array([1.5, 2.5, 4.0], dtype=np.float32)
        content = (
            b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
            b"ctorch\nFloatStorage\nX\x02\x00\x00\x0042X\x03\x00\x00\x00cpuK\x03NtQK\x01\x4b\x02"
            b"\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR.")
        start = b"".join(pickle.dumps(part, 2) for part in (
            0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1001}))
        end = pickle.dumps(["42"], 2) + (3).to_bytes(8, "little") + numbers.tobytes()
        with open(self.path("o.pt"), "wb") as file:
            file.write(start + content + end)
        np.testing.assert_array_equal(restricted_pickle.load(self.path("o.pt")), numbers[1:])
        for broken in (start + content, start + content + end[:-1], start + content.replace(
                b"K\x03N", b"J\xff\xff\xff\x7fN") + end, start + content.replace(
                b"K\x01\x4b\x02", b"K\x02\x4b\x02") + end):
            with open(self.path("o.pt"), "wb") as file:
                file.write(broken)
            with self.assertRaises(pickle.UnpicklingError):
                restricted_pickle.load(self.path("o.pt"))

    def test_pickles_for_python_2_are_read(self):
        content = {"a": np.arange(3.0), "b": np.float64(1.5), "c": b"\xff"}
        with open(self.path("two.pickle"), "wb") as file:
            pickle.dump(content, file, protocol=2)
        found = restricted_pickle.load(self.path("two.pickle"))
        np.testing.assert_array_equal(found["a"], content["a"])
        self.assertEqual((found["b"], found["c"]), (1.5, b"\xff"))

    @unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
    def test_what_torch_saves_is_read(self):
        import torch

        whole = torch.arange(12.0).reshape(3, 4)
        kinds = [torch.float64, torch.float16, torch.int64, torch.int8, torch.uint8, torch.bool]
        content = {"view": whole[1:, 1:3].T, "shared": [whole, whole], "empty": torch.empty(0, 3),
                   "scalar": torch.tensor(3.5), "numbers": {"a": 1, "b": [2.5, "x"]},
                   "array": np.arange(3.0), **{str(kind): whole.to(kind) for kind in kinds}}
        for is_new in (True, False):
            torch.save(content, self.path("t.pt"), _use_new_zipfile_serialization=is_new)
            found = restricted_pickle.load(self.path("t.pt"))
            self.assertEqual(found["numbers"], content["numbers"])
            np.testing.assert_array_equal(found["array"], content["array"])
            np.testing.assert_array_equal(found["shared"], [whole.numpy()] * 2)
            for name in ("view", "empty", "scalar", *map(str, kinds)):
                self.assertEqual(found[name].dtype, content[name].numpy().dtype)
                np.testing.assert_array_equal(found[name], content[name].numpy())
        torch.save(torch.nn.Linear(2, 2), self.path("t.pt"))
        with self.assertRaisesRegex(restricted_pickle.ForbiddenName, "torch.nn"):
            restricted_pickle.load(self.path("t.pt"))

    def test_import_fills_a_device_and_it_answers(self):
        numbers = np.random.default_rng(1).uniform(1, 50, 15625)
        content = {"nasbench201": {d: {"raspi4_latency": list(numbers)} for d in
                                   ("cifar10", "cifar100", "ImageNet16-120")},
                   "fbnet": {"raspi4_latency": {"FC_Cin1504_Cout100": np.float64(0.5)}}}
        run = subprocess.run(
            [COMMAND, "table", "import", self.write("p.pickle", content), "--device",
             "raspberry-pi-4", "--into", self.folder.name], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("15,625 networks of 15,625", run.stdout)
        estimator = hwcost.Estimator(self.folder.name)
        costs = estimator.batch(np.arange(15625), "nasbench201-cifar10", "raspberry-pi-4")
        np.testing.assert_allclose(costs.latency_ms, numbers, rtol=1e-15)
        del content["nasbench201"]["cifar10"]
        run = subprocess.run(
            [COMMAND, "table", "import", self.write("q.pickle", content), "--device",
             "raspberry-pi-4", "--into", self.folder.name], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("there is no 'cifar10' at '/nasbench201' of the file", run.stderr)

    def test_a_dataset_becomes_the_published_pickle(self):
        run = subprocess.run(
            [COMMAND, "dataset", "--target", "eyeriss-like", "--factors", "perfect", "--space",
             "nasbench201-cifar10", "--as", "pickle", "--name", "eyeriss=eyeriss-like",
             "--output", self.path("nb.pickle")], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.path("nb.pickle"), "rb") as file:
            content = pickle.load(file)
        metrics = content["nasbench201"]["cifar10"]
        # As the published class reads it.
        self.assertEqual(len(metrics["eyeriss_latency"]), 15625)
        self.assertEqual(metrics["config"][3]["N"], 5)
        api = HWNASBenchAPI(self.path("nb.pickle"))
        estimator = hwcost.Estimator()
        report = estimator.cost(3, "nasbench201-cifar10", "eyeriss-like", factors="perfect")
        found = api.query_by_index(3, "cifar10")
        self.assertAlmostEqual(found["eyeriss_latency"], report.latency_ms)
        self.assertEqual(api.get_net_config(3, "cifar10")["arch_str"], report.arch)

    @unittest.skipUnless(
        os.path.exists(os.path.join(REFERENCE, "nasbench201_cifar10.csv")),
        "nasbench201_cifar10.csv is not there")
    def test_the_published_measurements_answer_through_the_api(self):
        with open(os.path.join(REFERENCE, "nasbench201_cifar10.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        metrics = {"raspi4_latency": [0.0] * 15625, "pixel3_latency": [0.0] * 15625}
        for row in rows:
            for name in metrics:
                metrics[name][int(row["index"])] = float(row[name.replace("latency", "ms")])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            api = HWNASBenchAPI(
                {"nasbench201": {"cifar10": metrics}}, devices={"eyeriss": None})
            batch = api.query_batch([row["arch"] for row in rows], "cifar10")
        for name in metrics:
            np.testing.assert_array_equal(
                batch[name], [float(row[name.replace("latency", "ms")]) for row in rows])


if __name__ == "__main__":
    unittest.main()
