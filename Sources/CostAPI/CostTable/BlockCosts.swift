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
    // Tables that were joined have the terms of one behind those of the other.
    let count = blocks.terms.count
    guard table.terms.count % count == 0,
      table.terms.enumerated().allSatisfy({
        $0.element.variables == blocks.terms[$0.offset % count].variables
      })
    else {
      throw .request("the table does not tell what single blocks of \(table.space) cost", hint: nil)
    }
    var rows = zip(blocks.fixed, table.constantParts).map { Row(shape: $0, costs: $1) }
    var seen = Set(blocks.fixed)
    for (number, term) in blocks.terms.enumerated() {
      for (entry, shape) in term.blocks.enumerated() {
        guard let shape, seen.insert(shape).inserted else { continue }
        let costs = table.columns.indices.map { column in
          stride(from: number, to: table.terms.count, by: count).reduce(0) {
            $0 + table.terms[$1].values[entry * table.columns.count + column]
          }
        }
        rows.append(Row(shape: shape, costs: costs))
      }
    }
    self.rows = rows
  }
}
