/// Units of a time, by their size in milliseconds.
public enum TimeUnit: String, CaseIterable, Hashable, Sendable {
  case milliseconds = "ms"
  case microseconds = "us"
  case nanoseconds = "ns"
  case seconds = "s"

  /// The unit in milliseconds.
  public var milliseconds: Double {
    switch self {
    case .milliseconds: 1
    case .microseconds: 1e-3
    case .nanoseconds: 1e-6
    case .seconds: 1e3
    }
  }
}

/// Units of an energy, by their size in millijoules.
public enum EnergyUnit: String, CaseIterable, Hashable, Sendable {
  case millijoules = "mJ"
  case microjoules = "uJ"
  case nanojoules = "nJ"
  case picojoules = "pJ"
  case joules = "J"

  /// The unit in millijoules.
  public var millijoules: Double {
    switch self {
    case .millijoules: 1
    case .microjoules: 1e-3
    case .nanojoules: 1e-6
    case .picojoules: 1e-9
    case .joules: 1e3
    }
  }
}

/// The spellings of all units, to find one where it contradicts a manifest.
enum UnitSpelling {
  static let all = TimeUnit.allCases.map(\.rawValue) + EnergyUnit.allCases.map(\.rawValue)

  /// The unit that a column's name ends with, such as `ms` of `latency_ms`.
  static func ofColumn(_ name: String) -> String? {
    guard let underscore = name.lastIndex(of: "_") else { return nil }
    let end = name[name.index(after: underscore)...].lowercased()
    return all.first { $0.lowercased() == end }
  }

  /// The unit behind a number, such as `us` of `12 us`.
  static func ofField(_ text: String) -> String? {
    let unit = text.drop { "0123456789+-. ".contains($0) }
    return unit.count == text.count ? nil : all.first { $0 == unit }
  }
}
