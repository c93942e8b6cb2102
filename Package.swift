// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// One line a target, grouped by floor: a module imports only modules of lower floors.
let package = Package(
  name: "hwcost",
  products: [],
  dependencies: [],
  targets: [
    // Floor 0
    .target(name: "Ops", swiftSettings: settings),
    // Floor 1
    .target(name: "Networks", dependencies: ["Ops"], swiftSettings: settings),
    .target(name: "Dataflow", dependencies: ["Ops"], swiftSettings: settings),
    // Floor 2
    .target(name: "Accelerators", dependencies: ["Dataflow", "Ops"], swiftSettings: settings),
    // Tests
    .testTarget(name: "OpsTests", dependencies: ["Ops"], swiftSettings: settings),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "Ops"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
