/// A table for people: columns aligned, units in the headers.
public struct TextTable: Hashable, Sendable {
  /// How a column's cells stand in it.
  public enum Alignment: Hashable, Sendable {
    case left
    case right
  }

  /// The heading of a column.
  public struct Column: Hashable, Sendable {
    /// What stands above the column.
    public var title: String
    /// The side at which its values end.
    public var alignment: Alignment

    /// A column of a title.
    public init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  /// The columns, from the left.
  public var columns: [Column]
  /// The rule below the heading is no longer than this.
  private static let longestRule = 100
  /// Cells, one a column.
  public private(set) var rows: [[String]] = []

  /// A table without rows.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row with one cell a column.
  public mutating func add(_ cells: [String]) {
    precondition(cells.count == columns.count, "a row has one cell a column")
    rows.append(cells)
  }

  /// The table's lines, each closed by a line feed.
  ///
  /// - Parameter style: What to put around the heading line, for a terminal.
  public func text(headingStyle style: (String) -> String = { $0 }) -> String {
    let widths = columns.indices.map { index in
      rows.reduce(columns[index].title.count) { max($0, $1[index].count) }
    }
    func line(_ cells: [String]) -> String {
      var text = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[index] - cell.count)
        if index > 0 { text += "  " }
        text += columns[index].alignment == .right ? padding + cell : cell + padding
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    // Long text in the last column needs no rule over all of it.
    let width = widths.reduce(2 * max(0, widths.count - 1), +)
    let rule = String(repeating: "-", count: min(width, Self.longestRule))
    return ([style(line(columns.map(\.title))), rule] + rows.map(line)).joined(separator: "\n")
      + "\n"
  }
}
