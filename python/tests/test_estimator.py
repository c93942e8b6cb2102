"""The package as a user calls it."""

import concurrent.futures
import contextlib
import importlib
import importlib.util
import io
import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import threading
import types
import unittest
import unittest.mock

import numpy as np

import hwcost

EXAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples")
TARGET, SPACE = "eyeriss-like", "nasbench201-cifar10"
ARCH = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
ZEROS = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
# What these tests are about does not depend on how hard the mapper searches.
FAST = {"factors": "perfect"}

estimator = hwcost.Estimator()


def _one_cost(choices):
    """Runs in another process, with the estimator that was there before the fork."""
    report = estimator.cost(ZEROS, space=SPACE, target="example")
    table = estimator.table(SPACE, TARGET, **FAST)
    return report.latency_ms, table.costs([choices])[0].tolist()


def _with_estimator(given):
    return given.cost(ZEROS, space=SPACE, target="example").latency_ms


class EstimatorTests(unittest.TestCase):
    def test_swift_is_not_there(self):
        self.assertIsNone(shutil.which("swift"))

    def test_cost_by_text_choices_and_index(self):
        report = estimator.cost(ARCH, space=SPACE, target=TARGET, per_layer=True, **FAST)
        self.assertEqual(report.arch, ARCH)
        self.assertGreater(report.latency_ms, 0)
        self.assertAlmostEqual(sum(layer.latency_ms for layer in report.layers), report.latency_ms)
        by_choices = estimator.cost([3, 0, 1, 4, 0, 2], space=SPACE, target=TARGET, **FAST)
        by_index = estimator.cost(report.index, space=SPACE, target=TARGET, **FAST)
        self.assertEqual(by_choices.energy_mj, report.energy_mj)
        self.assertEqual(by_index.energy_mj, report.energy_mj)
        with self.assertRaises(AttributeError):
            report.no_such_key

    def test_a_measured_device_tells_what_its_table_holds(self):
        self.assertEqual(estimator.cost(ZEROS, space=SPACE, target="example").latency_ms, 2.0)
        with self.assertRaisesRegex(hwcost.HwcostError, "not measured"):
            estimator.cost(ARCH, space=SPACE, target="example")

    def test_batch_by_choices_indices_and_texts(self):
        costs = estimator.batch([0, 5, 15624], space=SPACE, target=TARGET, **FAST)
        members = estimator.members(SPACE)[[0, 5, 15624]]
        again = estimator.batch(members, space=SPACE, target=TARGET, **FAST)
        texts = [estimator.cost(i, SPACE, TARGET, **FAST).arch for i in (0, 5, 15624)]
        by_text = estimator.batch(texts, space=SPACE, target=TARGET, **FAST)
        np.testing.assert_array_equal(costs.values, again.values)
        np.testing.assert_array_equal(costs.values, by_text.values)
        for index, latency in zip((0, 5, 15624), costs.latency_ms):
            report = estimator.cost(index, SPACE, TARGET, **FAST)
            self.assertAlmostEqual(latency, report.latency_ms, places=10)
        both = estimator.batch([0], SPACE, ["eyeriss-like", "eyeriss"], **FAST)
        self.assertEqual(both["eyeriss-like.latency_ms"][0], costs.latency_ms[0])
        self.assertEqual(len(estimator.batch([], SPACE, TARGET, **FAST)), 0)

    def test_a_batch_without_a_table_is_costed_one_by_one(self):
        space, target = "fbnet-cifar100", "hwnasbench-fpga"
        rows = np.random.default_rng(8).integers(0, 9, size=(3, 22))
        with self.assertRaisesRegex(hwcost.HwcostError, "do not add up"):
            estimator.table(space, target)
        costs = estimator.batch(rows, space, target)
        reports = [estimator.cost(row, space, target) for row in rows.tolist()]
        self.assertEqual(costs.latency_ms.tolist(), [r.latency_ms for r in reports])
        self.assertEqual(costs.macs.tolist(), [r.macs for r in reports])
        texts = estimator.batch([r.arch for r in reports], space, [target, TARGET],
                                columns=["energy_mj"], **FAST)
        self.assertEqual(texts.columns, (f"{target}.energy_mj", f"{TARGET}.energy_mj"))
        self.assertEqual(texts.values[:, 0].tolist(), costs.energy_mj.tolist())
        # What was measured of a device's networks is told, though the others are missing.
        index = estimator.cost(ZEROS, SPACE, "example").index
        costs = estimator.batch([index], SPACE, "example")
        self.assertEqual((costs.latency_ms.tolist(), costs.energy_mj.tolist()), ([2.0], [4.0]))
        with self.assertRaisesRegex(hwcost.HwcostError, "choice 5 is 9"):
            estimator.batch([[0, 0, 0, 0, 0, 9]], SPACE, "example")
        with self.assertRaisesRegex(hwcost.HwcostError, "not measured"):
            estimator.batch([0, index], SPACE, "example")
        with self.assertRaises(TypeError):
            estimator.batch([0.5], SPACE, "example")

    def test_map(self):
        report = estimator.map("conv c=16 k=16 h=8 r=3 pad=1", target=TARGET, **FAST)
        self.assertEqual(report.macs, 8 * 8 * 16 * 16 * 9)
        self.assertTrue(report.levels[0].name)

    def test_mistakes_are_exceptions_with_a_hint(self):
        with self.assertRaisesRegex(hwcost.HwcostError, "did you mean 'eyeriss'"):
            estimator.cost(0, SPACE, "eyeris")
        with self.assertRaisesRegex(hwcost.HwcostError, "choice 5 is 5, expected 0 to 4"):
            estimator.batch([[0, 0, 0, 0, 0, 5]], SPACE, TARGET, **FAST)
        with self.assertRaisesRegex(hwcost.HwcostError, "choice 0 is 2147483647"):
            estimator.batch([[2**40, 0, 0, 0, 0, 0]], SPACE, TARGET, **FAST)
        with self.assertRaisesRegex(hwcost.HwcostError, "5 variables"):
            estimator.batch([[0, 0, 0, 0, 0]], SPACE, TARGET, **FAST)
        with self.assertRaises(TypeError):
            estimator.batch([[0.5] * 6], SPACE, TARGET, **FAST)
        with self.assertRaisesRegex(hwcost.HwcostError, "outside"):
            estimator.batch([15625], SPACE, TARGET, **FAST)
        with self.assertRaisesRegex(hwcost.HwcostError, "no folder"):
            hwcost.Estimator("/no/such/folder")

    def test_distribution_against_finite_differences(self):
        table = estimator.table(SPACE, TARGET, **FAST)
        random = np.random.default_rng(5)
        logits = random.normal(size=(6, 5))

        def expected(values):
            p = np.exp(values)
            return table.distribution(p / p.sum(axis=1, keepdims=True)).expectation[0]

        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        gradient = table.gradient(p, "latency_ms")
        chained = p * (gradient - (p * gradient).sum(axis=1, keepdims=True))
        for place in np.ndindex(6, 5):
            step = np.zeros((6, 5))
            step[place] = 1e-5
            slope = (expected(logits + step) - expected(logits - step)) / 2e-5
            self.assertAlmostEqual(slope, chained[place], places=7)

    def test_expectation_and_variance_against_all_members(self):
        table = estimator.table(SPACE, TARGET, **FAST)
        p = np.random.default_rng(6).dirichlet(np.ones(5), size=6)
        members = estimator.members(SPACE)
        weights = np.prod(p[np.arange(6), members], axis=1)
        costs = table.costs(members)
        found = table.distribution(list(p))
        mean = weights @ costs
        np.testing.assert_allclose(found.expectation, mean, rtol=1e-9)
        np.testing.assert_allclose(found.variance, weights @ (costs - mean) ** 2, rtol=1e-7)

    def test_matrix(self):
        table = estimator.table("fbnet-cifar100", TARGET, **FAST)
        matrix = table.matrix("energy_mj")
        self.assertEqual(matrix.shape, (22, 9))
        rows = np.random.default_rng(7).integers(0, 9, size=(50, 22))
        constant = table.description()["constant"][table.columns.index("energy_mj")]
        np.testing.assert_allclose(
            constant + matrix[np.arange(22), rows].sum(axis=1),
            table.costs(rows)[:, table.columns.index("energy_mj")], rtol=1e-10)
        with self.assertRaisesRegex(ValueError, "cost together"):
            estimator.table(SPACE, TARGET, **FAST).matrix()


class ProcessTests(unittest.TestCase):
    def test_forked_processes_go_on(self):
        expected = _one_cost([3, 0, 1, 4, 0, 2])
        context = multiprocessing.get_context("fork")
        with context.Pool(4) as pool:
            found = pool.map(_one_cost, [[3, 0, 1, 4, 0, 2]] * 16)
        self.assertEqual(found, [expected] * 16)

    def test_a_forked_process_can_search(self):
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            layer = "conv c=8 k=8 h=9 r=3 pad=1"
            reports = list(pool.map(_map, [layer] * 4))
        self.assertEqual(reports, [_map(layer)] * 4)

    def test_spawned_processes_take_a_pickled_estimator(self):
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            self.assertEqual(pool.submit(_with_estimator, estimator).result(), 2.0)
        table = pickle.loads(pickle.dumps(estimator.table(SPACE, TARGET, **FAST)))
        self.assertEqual(table.choice_counts, (5,) * 6)

    def test_threads_share_an_estimator(self):
        expected = _one_cost([1, 2, 3, 4, 0, 1])
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(_one_cost([1, 2, 3, 4, 0, 1])))
            for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [expected] * 8)


def _map(layer):
    return estimator.map(layer, target=TARGET, **FAST).energy_pj


class CommandTests(unittest.TestCase):
    def test_the_wheel_brings_the_command(self):
        command = os.path.join(os.path.dirname(sys.executable), "hwcost")
        run = subprocess.run([command, "targets", "--format", "json"], capture_output=True, check=True)
        names = {target["name"] for target in json.loads(run.stdout)["targets"]}
        self.assertLessEqual({"eyeriss", "example"}, names)
        request = json.dumps({"id": 3, "op": "cost", "target": "example", "space": SPACE, "arch": ZEROS})
        run = subprocess.run(
            [command, "serve", "--stdio"], input=request + "\nnonsense\n", capture_output=True,
            check=True, text=True)
        first, second = map(json.loads, run.stdout.splitlines())
        self.assertEqual((first["id"], first["ok"]), (3, True))
        self.assertEqual(first["reports"][0]["energy_mj"], 4.0)
        self.assertFalse(second["ok"])


class ExampleTests(unittest.TestCase):
    def test_nni_profiler(self):
        from hwcost.nni import TableProfiler

        table = estimator.table(SPACE, TARGET, **FAST)
        ops = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
        labels = [f"edge{n}" for n in range(6)]
        profiler = TableProfiler(table, labels, ops, "latency_ms")
        sample = dict(zip(labels, ["nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3", "none",
                                   "nor_conv_1x1"]))
        self.assertEqual(profiler.profile(sample), table.cost(ARCH)[0])
        with self.assertRaises(KeyError):
            profiler.profile({})
        with self.assertRaises(ValueError):
            profiler.profile({**sample, "edge0": "conv"})

    def test_with_nni_the_profiler_is_one_of_its_profilers(self):
        try:
            from nni.nas.profiler import Profiler
        except ImportError:
            # Its class as of NNI 3.0, nni/nas/profiler/profiler.py: two methods to override.
            class Profiler:
                def __init__(self, model_space):
                    pass

                def profile(self, sample):
                    raise NotImplementedError

            module = types.ModuleType("nni.nas.profiler")
            module.Profiler = Profiler
            names = {"nni": types.ModuleType("nni"), "nni.nas": types.ModuleType("nni.nas"),
                     "nni.nas.profiler": module}
        else:
            names = {}
        with unittest.mock.patch.dict(sys.modules, names):
            sys.modules.pop("hwcost.nni", None)
            adapter = importlib.import_module("hwcost.nni")
            sys.modules.pop("hwcost.nni", None)
        self.assertTrue(issubclass(adapter.TableProfiler, Profiler))
        table = estimator.table(SPACE, TARGET, **FAST)
        profiler = adapter.TableProfiler(table, list("abcdef"), range(5), "energy_mj")
        sample = dict(zip("abcdef", [3, 0, 1, 4, 0, 2]))
        self.assertEqual(profiler.profile(sample), table.cost(ARCH)[1])

@unittest.skipUnless(importlib.util.find_spec("torch"), "torch is not installed")
class TorchTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Runs the example once; its names are there afterwards."""
        path = os.path.join(EXAMPLES, "torch_expected_cost.py")
        cls.names, printed = {"__name__": "__main__"}, io.StringIO()
        with open(path) as file, contextlib.redirect_stdout(printed):
            exec(compile(file.read(), path, "exec"), cls.names)
        cls.printed = printed.getvalue()

    def test_the_example_finds_the_network_of_the_least_loss(self):
        latency, choices = self.printed.splitlines()
        # What the example says of its result is what the network costs that it finds.
        row = [int(word) for word in choices.split()[2:]]
        found = estimator.batch([row], "fbnet-cifar100", TARGET, **FAST).latency_ms[0]
        self.assertAlmostEqual(float(latency.split()[2]), found, delta=0.05 * found)
        # Both parts of its loss add up over layers: the best network is the best choice of each.
        loss = 8.0 * self.names["table"].matrix("latency_ms") - self.names["weights"].numpy()
        self.assertEqual(row, loss.argmin(axis=1).tolist())

    def expectation(self, table, probabilities):
        """The table's first column, drawn by probabilities, in torch's own operations."""
        import torch

        found = table.description()
        total = torch.tensor(found["constant"][0], dtype=torch.float64)
        for term in found["terms"]:
            shape = [table.choice_counts[v] for v in term["variables"]]
            rest = torch.tensor(term["values"][::len(table.columns)], dtype=torch.float64)
            rest = rest.reshape(shape)
            for variable in reversed(term["variables"]):
                rest = rest @ probabilities[variable]
            total = total + rest
        return total

    def test_the_gradient_is_that_of_automatic_differentiation(self):
        """Over a plain matrix, and over one whose choices cost together."""
        import torch

        expected_latency, own = self.names["expected_latency"], self.names["table"]
        for table in (own, estimator.table(SPACE, TARGET, **FAST)):
            self.names["table"] = table
            self.addCleanup(self.names.__setitem__, "table", own)
            shape = (len(table.choice_counts), table.choice_counts[0])
            start = torch.randn(shape, generator=torch.manual_seed(3), dtype=torch.float64)
            for kind, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
                logits = start.detach().to(kind, copy=True).requires_grad_()
                value = expected_latency(logits.softmax(dim=1))
                value.backward()
                again = start.detach().clone().requires_grad_()
                expected = self.expectation(table, again.softmax(dim=1))
                expected.backward()
                self.assertEqual(value.dtype, kind)
                self.assertAlmostEqual(value.item() / expected.item(), 1, delta=tolerance)
                scale = again.grad.abs().max()
                difference = (logits.grad.double() - again.grad).abs().max()
                self.assertLess(difference / scale, tolerance)
            # And against finite differences.
            logits = start.detach().clone().requires_grad_()
            self.assertTrue(torch.autograd.gradcheck(
                lambda values: expected_latency(values.softmax(dim=1)), logits))

    def test_workers_of_a_data_loader_go_on(self):
        import torch.utils.data

        table = estimator.table(SPACE, TARGET, **FAST)
        data = _Costs(table)
        for context in ("fork", "spawn"):
            loader = torch.utils.data.DataLoader(
                data, batch_size=8, num_workers=2, multiprocessing_context=context)
            found = torch.cat(list(loader)).numpy()
            np.testing.assert_array_equal(found, table.costs(data.rows)[:, 0])


class _Costs:
    """A data set whose items are costs."""

    def __init__(self, table):
        self.table = table
        self.rows = np.random.default_rng(2).integers(0, 5, size=(64, 6), dtype=np.int32)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.table.costs(self.rows[index:index + 1])[0, 0]


class OnceForAllTests(unittest.TestCase):
    def test_the_table_answers_as_its_authors_ask_it(self):
        """Sums a network's blocks by the keys that MBv3LatencyTable of once-for-all writes."""
        command = os.path.join(os.path.dirname(sys.executable), "hwcost")
        run = subprocess.run(
            [command, "table", "export", "--target", TARGET, "--space", "ofa-mbv3-w1.2-236", "--as",
             "ofa", "--factors", "perfect"], capture_output=True, text=True, check=True)
        table = {}
        for line in run.stdout.splitlines():
            key, rest = line.split(": {", 1)
            fields = dict(field.split(": ") for field in rest.rstrip("}").split(", "))
            self.assertEqual(set(fields), {"count", "mean", "var"})
            table[key] = float(fields["mean"])
        # The network that once-for-all calls flops@595M_top1@80.0_finetune@75.
        kernels = [3, 5, 3, 3, 5, 5, 3, 5, 7, 5, 3, 5, 3, 5, 7, 3, 3, 3, 5, 3]
        expansions = [3, 4, 3, 3, 4, 4, 6, 3, 6, 6, 3, 4, 6, 6, 6, 4, 6, 6, 6, 3]
        depths, size = [3, 4, 4, 4, 4], 236
        stages = zip([32, 48, 96, 136, 192], [2, 2, 2, 1, 2], [0, 1, 0, 1, 1], [0, 0, 1, 1, 1])
        blocks = [(24, 24, 24, 3, 1, 0, 0)]
        for stage, (outputs, stride, squeezes, swish) in enumerate(stages):
            for index in range(depths[stage]):
                place, inputs = 4 * stage + index, blocks[-1][1]
                blocks.append((inputs, outputs, inputs * expansions[place], kernels[place],
                               stride if index == 0 else 1, squeezes, swish))
        latency = table[f"Conv-input:{size}x{size}x3-output:{size // 2}x{size // 2}x24"]
        size //= 2
        for inputs, outputs, wide, kernel, stride, squeezes, swish in blocks:
            after = (size - 1) // stride + 1
            latency += table[
                f"expanded_conv-input:{size}x{size}x{inputs}-output:{after}x{after}x{outputs}"
                f"-expand:{wide}-kernel:{kernel}-stride:{stride}"
                f"-idskip:{int(stride == 1 and inputs == outputs)}-se:{squeezes}-hs:{swish}"]
            size = after
        latency += table[f"Conv_1-input:{size}x{size}x192-output:{size}x{size}x1152"]
        latency += table[f"AvgPool2D-input:{size}x{size}x1152-output:1x1x1152"]
        latency += table["Conv_2-input:1x1x1152-output:1x1x1536"]
        latency += table["Logits-input:1x1x1536-output:1000"]
        settings = json.dumps({"ks": kernels, "e": expansions, "d": depths, "r": [236]})
        report = estimator.cost(settings, "ofa-mbv3-w1.2-236", TARGET, **FAST)
        self.assertEqual(round(report.macs / 1e6), 595)
        self.assertAlmostEqual(latency, report.latency_ms, places=9)


if __name__ == "__main__":
    unittest.main()
