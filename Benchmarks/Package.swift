// swift-tools-version:6.1
import PackageDescription

/// A package of its own, so that building hwcost needs no benchmark tool.
let package = Package(
  name: "hwcost-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "hwcost", path: ".."),
    // Without traits: the interposers for allocations are packages of their own.
    .package(
      url: "https://github.com/ordo-one/benchmark", .upToNextMinor(from: "1.38.1"), traits: []),
  ],
  targets: [
    .executableTarget(
      name: "MainJob",
      dependencies: [
        .product(name: "CostAPI", package: "hwcost"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/MainJob",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    .target(name: "CountedAllocations", path: "Benchmarks/CountedAllocations"),
    .executableTarget(
      name: "Evaluation",
      dependencies: ["CountedAllocations", .product(name: "CostAPI", package: "hwcost")],
      path: "Benchmarks/Evaluation"),
    .executableTarget(
      name: "CostTables", dependencies: [.product(name: "CostAPI", package: "hwcost")],
      path: "Benchmarks/CostTables"),
    .executableTarget(
      name: "Layers", dependencies: [.product(name: "CostAPI", package: "hwcost")],
      path: "Benchmarks/Layers"),
    .executableTarget(
      name: "Pipelines", dependencies: [.product(name: "CostAPI", package: "hwcost")],
      path: "Benchmarks/Pipelines"),
  ],
  swiftLanguageModes: [.v6]
)
