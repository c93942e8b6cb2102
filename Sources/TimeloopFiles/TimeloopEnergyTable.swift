internal import CostDiagnostics
internal import CostYAML

/// Energy of each action of each component, as Accelergy's ERT lists it.
struct TimeloopEnergyTable {
  /// Picojoules of a component's actions.
  struct Component {
    var place: Place
    var picojoules: [String: Double] = [:]
  }

  private(set) var components: [String: Component] = [:]

  /// Reads the `ERT` of a file, if there is one.
  init(_ root: Place, _ reader: inout TimeloopReader) {
    guard let table = root["ERT"] else { return }
    reader.checkKeys(of: table, known: ["tables"], ignored: ["version"])
    guard let tables = reader.items("tables", of: table) else { return }
    for entry in tables {
      reader.checkKeys(of: entry, known: ["name", "actions"])
      guard let name = reader.text("name", of: entry) else { continue }
      var component = Component(place: entry)
      for action in reader.items("actions", of: entry) ?? [] {
        reader.checkKeys(of: action, known: ["name", "energy"], ignored: ["arguments"])
        guard let key = reader.text("name", of: action),
          let value = reader.required("energy", of: action), let energy = reader.number(value)
        else { continue }
        // Actions that differ only by arguments count as the dearest of them.
        component.picojoules[key] = max(component.picojoules[key] ?? 0, energy)
      }
      let short = Self.componentName(name)
      if let known = components[short] {
        reader.error(
          entry,
          "a second table for '\(short)'; the first is at line \(known.place.node.location.line)")
      }
      components[short] = component
    }
  }

  /// `system.buffer[1..4]` is the component `buffer`.
  static func componentName(_ path: String) -> String {
    var depth = 0
    var name = ""
    for character in path {
      switch character {
      case "[": depth += 1
      case "]": depth -= 1
      case "." where depth == 0: name = ""
      default: if depth == 0 { name.append(character) }
      }
    }
    return name
  }
}
