internal import Accelerators
internal import Ops

// Where a memory's numbers stand in a written file. The reader notes their sources at these places
// too, so that a file that is written out reads back the same.

extension PerTensor where Value: Equatable {
  /// The value that all tensors share, if they do.
  var common: Value? { weight == input && weight == output ? weight : nil }
}

/// A key of an `energy` mapping.
enum EnergyKey: String {
  case read, write, fill, update, drain

  /// The keys that say all of a tensor's energies: `write` for equal fills and updates, and `drain`
  /// only where it is not `read`.
  static func keys(of energy: PerAccess<AccessEnergy>) -> [EnergyKey] {
    [.read] + (energy.fills == energy.updates ? [.write] : [.fill, .update])
      + (energy.drains == energy.reads ? [] : [.drain])
  }

  /// The kind of access the key prices; fills for `write`.
  var kind: AccessKind {
    switch self {
    case .read: .reads
    case .write, .fill: .fills
    case .update: .updates
    case .drain: .drains
    }
  }
}
