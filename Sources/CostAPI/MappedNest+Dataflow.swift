public import Accelerators
internal import Dataflow
internal import Ops

extension MappedNest {
  /// Whether a loop of the mapping has a shorter last pass.
  public var hasShorterPasses: Bool {
    let divisible = DataflowConstraints(name: "", levels: [], allowsImperfectFactors: false)
    return message(of: divisible, on: nil) != nil
  }

  /// What the mapping does that the dataflow of a target does not allow.
  public func brokenConstraint(of array: SpatialArray) -> String? {
    message(of: array.dataflow, on: array.hierarchy)
  }

  private func message(of constraints: DataflowConstraints, on hierarchy: Hierarchy?) -> String? {
    guard let mapping else { return nil }
    let unnamed = Hierarchy(levels: mapping.levels.map { _ in Hierarchy.Level(name: "") })
    do throws(MappingError) {
      try constraints.check(mapping, of: problem, on: hierarchy ?? unnamed)
      return nil
    } catch {
      return error.message
    }
  }
}
