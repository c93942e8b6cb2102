internal import Networks

/// What each block of a search space costs, taken out of a cost table.
struct BlockCosts: Sendable {
  /// A block and its costs, one number a column.
  struct Row: Sendable {
    var shape: BlockShape
    var costs: [Double]
  }

  /// Each block once, in the order in which they first occur.
  let rows: [Row]

  /// - Throws: `CostAPIError.request` for a table whose costs are not those of single blocks.
  init(_ table: CostTable, _ blocks: SpaceBlocks) throws(CostAPIError) {
    guard table.constantParts.count == blocks.fixed.count else {
      throw .request(
        "the table does not tell what each fixed block of \(table.space) costs", hint: nil)
    }
    var matrices: [[[Double]]] = []
    for column in table.columns.indices {
      do throws(CostTableError) {
        matrices.append(try table.matrix(column: column))
      } catch {
        throw .request(error.message, hint: nil)
      }
    }
    var rows = zip(blocks.fixed, table.constantParts).map { Row(shape: $0, costs: $1) }
    var seen = Set(blocks.fixed)
    for (variable, shapes) in blocks.choices.enumerated() {
      for (choice, shape) in shapes.enumerated() where seen.insert(shape).inserted {
        rows.append(Row(shape: shape, costs: matrices.map { $0[variable][choice] }))
      }
    }
    self.rows = rows
  }
}
