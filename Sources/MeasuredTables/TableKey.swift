internal import Networks
internal import Ops

/// How the rows of a table name what was measured: the parsers of keys, by their names.
public enum TableKey: String, CaseIterable, Hashable, Sendable {
  /// A network by its architecture's text, in any form that its space reads.
  case architecture
  /// A network by its number in the search space.
  case index
  /// A network by its choices, such as `(3, 1, 0, 2, 4, 0)` or `0_3_8_…`.
  case opIndices = "op-indices"
  /// A block by its key of HW-NAS-Bench, such as `ConvBlock_H32_W32_Cin16_…`.
  case hwNASBench = "hw-nas-bench"
  /// A block by its key of Once-for-all, such as `expanded_conv-input:7x7x192-…`.
  case onceForAll = "ofa"
  /// A layer by its text, such as `conv c=16 k=16 h=32 r=3 pad=1`.
  case layer
  /// A layer by one column `op` and a column for each attribute, such as `c`, `k`, `h`, `r`.
  case attributes

  /// What the parser can name.
  public var granularities: Set<TableDescription.Granularity> {
    switch self {
    case .architecture, .index, .opIndices: [.network]
    case .hwNASBench, .onceForAll: [.block]
    case .layer, .attributes: [.layer]
    }
  }

  /// The column that holds the key where a manifest does not say.
  public var standardColumn: String {
    switch self {
    case .architecture, .index, .layer: rawValue
    case .opIndices: "ops"
    case .hwNASBench, .onceForAll: "block"
    case .attributes: "op"
    }
  }
}

/// What an entry is of, in a form that does not depend on how it was written.
enum EntryKey: Hashable, Sendable {
  /// The canonical text of an architecture.
  case network(String)
  case block(BlockShape)
  case layer(OpKey)

  /// What messages call it.
  var text: String {
    switch self {
    case .network(let text): text
    case .block(let shape): shape.hwNASBenchKey
    case .layer(let key): key.description
    }
  }
}

extension TableKey {
  /// What a field names.
  ///
  /// - Parameter space: the table's search space; layers need none.
  func entry(_ text: String, of space: (any SearchSpace)?) throws(TextError) -> EntryKey {
    switch self {
    case .architecture, .index, .opIndices:
      guard let space else { throw TextError(text: text, column: 1, message: "no search space") }
      return .network(try networkText(text, of: space))
    case .hwNASBench: return .block(try BlockShape(hwNASBenchKey: text))
    case .onceForAll: return .block(try BlockShape(onceForAllKey: text))
    case .layer: return .layer(try LayerText(text).op.key)
    case .attributes:
      throw TextError(text: text, column: 1, message: "attributes are more than one field")
    }
  }

  private func networkText(
    _ text: String, of space: any SearchSpace
  ) throws(TextError) -> String {
    switch self {
    case .index:
      guard let index = Int(text), let architecture = space.architecture(at: index) else {
        let count = space.indexedCount ?? 0
        throw TextError(
          text: text, column: 1, message: "'\(text)' is no index of \(space.name)",
          hint: count > 0
            ? "write a number from 0 to \(count - 1)" : "the space has no indices; use texts")
      }
      return space.text(of: architecture)
    case .opIndices:
      let words = text.split { " ,_()[]".contains($0) }
      let numbers = words.compactMap { Int($0) }
      guard numbers.count == words.count else {
        throw TextError(
          text: text, column: 1, message: "'\(text)' is no list of whole numbers",
          hint: "write one number a choice, such as '(3, 1, 0)'")
      }
      do throws(ChoicesError) {
        return space.text(of: try space.architecture(choices: numbers))
      } catch {
        throw TextError(text: text, column: 1, message: error.message, hint: nil)
      }
    default: return space.text(of: try space.architecture(text))
    }
  }
}
