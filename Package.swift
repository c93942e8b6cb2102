// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// One line a target, grouped by floor: a module imports only modules of lower floors.
let package = Package(
  name: "hwcost",
  products: [
    .executable(name: "hwcost", targets: ["hwcost"]),
    .library(name: "hwcostc", type: .dynamic, targets: ["CostCABI"]),
    .library(
      name: "CostAPI",
      targets: ["Accelerators", "CostAPI", "Dataflow", "Mapper", "Networks", "Ops"]),
  ],
  dependencies: [
    .package(
      url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2"))
  ],
  targets: [
    // Floor 0
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .yum(["libyaml-devel"]), .brew(["libyaml"])]),
    .target(name: "CLibrary", swiftSettings: settings),
    .target(name: "CostDiagnostics", path: "Sources/Diagnostics", swiftSettings: settings),
    .target(name: "CostUnits", path: "Sources/Units", swiftSettings: settings),
    .target(name: "Ops", swiftSettings: settings),
    // Floor 1
    .target(
      name: "CostYAML", dependencies: ["CYAML", "CostDiagnostics", "CostUnits"],
      path: "Sources/YAML", swiftSettings: settings),
    .target(name: "Dataflow", dependencies: ["Ops"], swiftSettings: settings),
    .target(name: "Networks", dependencies: ["CostDiagnostics", "Ops"], swiftSettings: settings),
    // Floor 2
    .target(
      name: "Accelerators", dependencies: ["Dataflow", "Networks", "Ops"], swiftSettings: settings),
    // Floor 3
    .target(
      name: "HardwareConfigs",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostUnits", "CostYAML", "Dataflow", "Networks", "Ops",
      ],
      swiftSettings: settings),
    .target(
      name: "Mapper", dependencies: ["Accelerators", "Dataflow", "Networks", "Ops"],
      swiftSettings: settings),
    .target(
      name: "MeasuredTables",
      dependencies: ["Accelerators", "CostDiagnostics", "CostYAML", "Networks", "Ops"],
      swiftSettings: settings),
    .target(
      name: "TimeloopFiles",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostYAML", "Dataflow", "HardwareConfigs", "Ops",
      ],
      swiftSettings: settings),
    // Floor 4
    .target(
      name: "CostAPI",
      dependencies: [
        "Accelerators", "CLibrary", "CostDiagnostics", "CostYAML", "Dataflow", "HardwareConfigs",
        "Mapper", "MeasuredTables", "Networks", "Ops", "TimeloopFiles",
      ],
      swiftSettings: settings),
    // Floor 6
    .target(
      name: "CostCABI", dependencies: ["CLibrary", "CostAPI"], exclude: ["exports.map"],
      swiftSettings: settings),
    .executableTarget(
      name: "hwcost",
      dependencies: [
        "Accelerators", "CLibrary", "CostAPI", "Dataflow", "HardwareConfigs", "Mapper",
        "MeasuredTables", "Networks", "Ops",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    // Tests
    .testTarget(
      name: "AcceleratorsTests", dependencies: ["Accelerators", "Dataflow", "Ops"],
      swiftSettings: settings),
    .testTarget(
      name: "ConfigTests",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostUnits", "CostYAML", "Dataflow", "HardwareConfigs",
        "Ops", "TestSupport",
      ],
      exclude: ["Fixtures"],
      swiftSettings: settings),
    .testTarget(
      name: "CostAPITests",
      dependencies: ["Accelerators", "CostAPI", "Dataflow", "Networks", "Ops"],
      swiftSettings: settings),
    .testTarget(
      name: "CostCABITests", dependencies: ["CostCABI"], swiftSettings: settings),
    .testTarget(
      name: "DataflowTests", dependencies: ["Dataflow", "Ops", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "DiagnosticsTests", dependencies: ["CostDiagnostics"], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests", dependencies: ["hwcost"], exclude: ["Golden"], swiftSettings: settings),
    .testTarget(
      name: "MapperTests",
      dependencies: [
        "Accelerators", "Dataflow", "HardwareConfigs", "Mapper", "Networks", "Ops", "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MeasuredTests",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostYAML", "MeasuredTables", "Networks", "Ops",
        "TestSupport",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "NetworkFileTests",
      dependencies: ["CostDiagnostics", "HardwareConfigs", "Networks", "Ops"],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "NetworksTests", dependencies: ["Networks", "Ops", "TestSupport"],
      swiftSettings: settings),
    .testTarget(name: "OpsTests", dependencies: ["Ops"], swiftSettings: settings),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostYAML", "HardwareConfigs", "Networks", "Ops",
        "TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: settings),
    .target(
      name: "TestSupport", dependencies: ["CostDiagnostics", "Dataflow", "Ops"],
      path: "Tests/_TestSupport", swiftSettings: settings),
    .testTarget(
      name: "TimeloopTests",
      dependencies: [
        "Accelerators", "CostDiagnostics", "CostYAML", "Dataflow", "HardwareConfigs", "Ops",
        "TimeloopFiles",
      ],
      swiftSettings: settings),
    .testTarget(name: "UnitsTests", dependencies: ["CostUnits"], swiftSettings: settings),
    .testTarget(
      name: "ValidationTests",
      dependencies: [
        "CostAPI", "CostDiagnostics", "CostYAML", "HardwareConfigs", "TestSupport",
      ],
      exclude: ["Fixtures"], swiftSettings: settings),
    .testTarget(
      name: "YAMLTests", dependencies: ["CostDiagnostics", "CostUnits", "CostYAML"],
      swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
