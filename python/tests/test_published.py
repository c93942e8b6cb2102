"""The published notebook's cells over hwcost, and our pickles in the published class's way."""

import ast
import contextlib
import csv
import io
import os
import pickle
import re
import subprocess
import sys
import tempfile
import unittest
import warnings

import numpy as np

import hwcost
import published_way

CELLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "published")
COMMAND = os.path.join(os.path.dirname(sys.executable), "hwcost")
FAST = ["--factors", "perfect"]
# Published tables are not ours to hand on; tests of whole ones run where they are.
REFERENCE_TABLE = os.path.join(
    os.environ.get("HWCOST_REFERENCE", ""), "data", "nasbench201_cifar10.csv")


def text_of(name):
    with open(os.path.join(CELLS, name)) as file:
        return file.read()


class InFolder(unittest.TestCase):
    """Runs in a folder of its own: the cells name their pickle without one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)

    def run_cells(self, name):
        """What the cells of a file print, run one after the other as a notebook does."""
        printed, names = io.StringIO(), {}
        with contextlib.redirect_stdout(printed):
            for cell in text_of(name).split("# ---\n"):
                exec(compile(cell, name, "exec"), names)
        return printed.getvalue()

    def dataset(self, space, *more):
        path = space + ".pickle"
        run = subprocess.run(
            [COMMAND, "dataset", "--target", "eyeriss-like", *FAST, "--space", space, "--as",
             "pickle", "--name", "eyeriss=eyeriss-like", "--output", path, *more],
            capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(path, "rb") as file:
            return pickle.load(file)


class NotebookTests(InFolder):
    def published(self):
        """The published figures and configuration of the first network, and its printed text."""
        output = text_of("nasbench201_output.txt")
        figures = dict(re.findall(r"^(\w+): ([0-9.]+)", output, re.MULTILINE))
        self.assertEqual(list(figures), published_way.METRICS["nasbench201"] + ["average_hw_metric"])
        config = ast.literal_eval(output.splitlines()[-1])
        return {name: float(value) for name, value in figures.items()}, config, output

    def run_nasbench201(self, count, known):
        """What the cells print of a pickle of some networks, whose figures are drawn but for known
        ones: dataset, then metric, then a list of the first ones. And the figures of the pickle."""
        random = np.random.default_rng(5)
        _, config, _ = self.published()
        content = {}
        for dataset in ("cifar10", "cifar100", "ImageNet16-120"):
            content[dataset] = {"config": [config] * count}
            for metric in published_way.METRICS["nasbench201"]:
                values = random.uniform(0.1, 9, count).tolist()
                own = known.get(dataset, {}).get(metric, [])
                content[dataset][metric] = own + values[len(own):]
        with open("HW-NAS-Bench-v1_0.pickle", "wb") as file:
            pickle.dump({"nasbench201": content}, file)
        return self.run_cells("nasbench201_cells.txt"), content

    def check_nasbench201(self, printed, content):
        """That the first cell prints the pickle's figures and their product, in the published words."""
        lines = printed.splitlines()
        self.assertEqual(lines[0], "===> Example to get all the hardware metrics in the No.0,1,2 "
                                   "architectures under NAS-Bench-201's Space")
        self.assertEqual(len(lines), 1 + 9 + 12 + 1)
        wanted = [(index, dataset) for index in range(3) for dataset in content]
        for line, (index, dataset) in zip(lines[1:], wanted):
            words = (f"The HW_metrics (type: <class 'dict'>) for No.{index} @ {dataset} under "
                     "NAS-Bench-201: ")
            self.assertTrue(line.startswith(words), line)
            found = ast.literal_eval(line.removeprefix(words))
            expected = published_way.query(
                {"nasbench201": content}, "nasbench201", index, dataset)
            self.assertEqual(list(found), list(expected))
            product = expected.pop("average_hw_metric")
            self.assertAlmostEqual(found.pop("average_hw_metric") / product, 1, places=12)
            self.assertEqual(found, expected)

    def test_nasbench201_prints_what_was_published(self):
        figures, _, output = self.published()
        known = {"cifar10": {m: [v] for m, v in figures.items() if m != "average_hw_metric"}}
        printed, content = self.run_nasbench201(3, known)
        self.check_nasbench201(printed, content)
        # The product too is the published one, to the last digit.
        self.assertTrue(printed.endswith("\n" + output))
        self.assertIn(f"No.0 @ cifar10 under NAS-Bench-201: {figures}\n", printed)

    @unittest.skipUnless(
        os.path.exists(REFERENCE_TABLE),
        "there is no data/nasbench201_cifar10.csv in the folder of $HWCOST_REFERENCE")
    def test_nasbench201_prints_the_published_table(self):
        columns = {"eyeriss_ms": "eyeriss_latency", "fpga_ms": "fpga_latency",
                   "raspi4_ms": "raspi4_latency", "pixel3_ms": "pixel3_latency"}
        with open(REFERENCE_TABLE, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([int(row["index"]) for row in rows], list(range(15625)))
        known = {metric: [float(row[name]) for row in rows] for name, metric in columns.items()}
        figures, config, _ = self.published()
        self.assertEqual(config["arch_str"], rows[0]["arch"])
        for metric, values in known.items():
            self.assertEqual(values[0], figures[metric])
        self.check_nasbench201(*self.run_nasbench201(15625, {"cifar10": known}))

    def test_fbnet_prints_the_sums_of_its_blocks(self):
        random = np.random.default_rng(3)
        keys = {key for dataset in ("cifar100", "ImageNet") for choice in range(9)
                for key in published_way.fbnet_keys([choice] * 22, dataset)}
        content = {"fbnet": {metric: {key: float(random.uniform(0.1, 2)) for key in sorted(keys)}
                             for metric in published_way.METRICS["fbnet"]}}
        with open("HW-NAS-Bench-v1_0.pickle", "wb") as file:
            pickle.dump(content, file)
        lines = self.run_cells("fbnet_cells.txt").splitlines()
        found = [re.search(r"No\.(\[.*?\]) @ (\S+) under NAS-Bench-201: (\{.*\})", line).groups()
                 for line in lines[1:7]]
        for row, dataset, figures in found:
            expected = published_way.query(content, "fbnet", ast.literal_eval(row), dataset)
            figures = ast.literal_eval(figures)
            self.assertEqual(list(figures), list(expected))
            np.testing.assert_allclose(list(figures.values()), list(expected.values()), rtol=1e-12)
        config = {"dataset": "cifar100", "num_classes": 100, "op_idx_list": [0] * 22,
                  "arch_str": ["k3_e1"] * 22}
        self.assertEqual(ast.literal_eval(lines[7]), config)


class MistakeTests(InFolder):
    def mistake(self, *arguments):
        run = subprocess.run(
            [COMMAND, "dataset", "--target", "eyeriss-like", *FAST, "--as", "pickle", "--name",
             "eyeriss=eyeriss-like", *arguments],
            capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        return run.stderr

    def test_mistakes_are_one_message(self):
        self.assertEqual(
            self.mistake("--space", "nasbench201-cifar10", "--output", "no/such/a.pickle"),
            "error: cannot write 'no/such/a.pickle': No such file or directory\n")
        self.assertEqual(
            self.mistake("--space", "nasbench201-cifar10", "--output", "a.pickle", "--name",
                         "pixel4=eyeriss-like"),
            "error: HW-NAS-Bench has no device 'pixel4'; it has edgegpu, raspi4, edgetpu, pixel3, "
            "eyeriss, fpga\n")
        self.assertIn("error: HW-NAS-Bench has no 'ofa-mbv3-224'",
                      self.mistake("--space", "ofa-mbv3-224", "--output", "a.pickle"))
        with open("junk.pickle", "w") as file:
            file.write("junk\n")
        run = subprocess.run([COMMAND, "table", "import", "junk.pickle", "--device",
                              "raspberry-pi-4", "--into", "."], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, r"\Aerror: 'junk.pickle' is no pickle or torch file: .*\n\Z")


    @unittest.skipIf(sys.version_info < (3, 11), "Python before 3.11 looks in its folder first")
    def test_a_module_of_the_folder_is_not_run(self):
        for name in ("numpy.py", "junk.pickle"):
            with open(name, "w") as file:
                file.write("raise SystemExit('it was run')\n")
        run = subprocess.run([COMMAND, "table", "import", "junk.pickle", "--device",
                              "raspberry-pi-4", "--into", "."], capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("'junk.pickle' is no pickle or torch file", run.stderr)


class OwnPickleTests(InFolder):
    def test_nasbench201(self):
        content = self.dataset("nasbench201-cifar10")
        estimator = hwcost.Estimator()
        for index in (0, 7813, 15624):
            report = estimator.cost(
                index, "nasbench201-cifar10", "eyeriss-like", factors="perfect")
            found = published_way.query(content, "nasbench201", index, "cifar10")
            self.assertAlmostEqual(found["eyeriss_latency"], report.latency_ms)
            self.assertAlmostEqual(found["eyeriss_energy"], report.energy_mj)
            self.assertTrue(np.isnan(found["fpga_latency"]))
            self.assertEqual(
                content["nasbench201"]["cifar10"]["config"][index]["arch_str"], report.arch)

    def test_fbnet(self):
        content = self.dataset("fbnet-cifar100")
        table = hwcost.Estimator().table("fbnet-cifar100", "eyeriss-like", factors="perfect")
        rows = np.random.default_rng(4).integers(0, 9, size=(20, 22))
        for row, costs in zip(rows.tolist(), table.costs(rows)):
            found = published_way.query(content, "fbnet", row, "cifar100")
            self.assertAlmostEqual(found["eyeriss_latency"], costs[0], places=9)
            self.assertAlmostEqual(found["eyeriss_energy"], costs[1], places=9)

    def test_the_notebook_runs_over_our_pickle(self):
        content = {"nasbench201": {}}
        for dataset, space in (("cifar10", "nasbench201-cifar10"),
                               ("cifar100", "nasbench201-cifar100"),
                               ("ImageNet16-120", "nasbench201-imagenet16-120")):
            content["nasbench201"].update(self.dataset(space)["nasbench201"])
            self.assertIn(dataset, content["nasbench201"])
        with open("HW-NAS-Bench-v1_0.pickle", "wb") as file:
            pickle.dump(content, file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            printed = self.run_cells("nasbench201_cells.txt")
        self.assertEqual(len(printed.splitlines()), 23)
        self.assertEqual(printed.splitlines()[-1], text_of("nasbench201_output.txt").splitlines()[-1])


class ParquetTests(InFolder):
    def test_parquet_holds_what_csv_holds(self):
        try:
            import pyarrow.parquet
        except ImportError:
            self.skipTest("pyarrow is not installed")
        arguments = [COMMAND, "dataset", "--target", "eyeriss-like", *FAST, "--space",
                     "nasbench201-cifar10"]
        subprocess.run([*arguments, "--as", "parquet", "--output", "nb.parquet"], check=True)
        run = subprocess.run(arguments, capture_output=True, text=True, check=True)
        lines = [line for line in run.stdout.splitlines() if not line.startswith("#")]
        table = pyarrow.parquet.read_table("nb.parquet")
        self.assertEqual(table.num_rows, 15625)
        self.assertEqual(table.column_names, lines[0].split(","))
        row = lines[7814].split(",")
        self.assertEqual(table.column("arch")[7813].as_py(), row[1])
        self.assertEqual(table.column("eyeriss-like.latency_ms")[7813].as_py(), float(row[2]))
        self.assertIn(b"config_sha256", table.schema.metadata[b"hwcost"])

    def test_without_pyarrow_it_says_what_to_install(self):
        # Found before the installed one, if there is one.
        with open("pyarrow.py", "w") as file:
            file.write("raise ImportError\n")
        run = subprocess.run(
            [COMMAND, "dataset", "--target", "eyeriss-like", *FAST, "--space",
             "nasbench201-cifar10", "--as", "parquet", "--output", "nb.parquet"],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()})
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "error: Parquet needs the Python package pyarrow\n"
                                     "hint: pip install pyarrow\n")


if __name__ == "__main__":
    unittest.main()
