public import Dataflow
public import Ops

/// A mapping as the loops a programmer would write, one level of the hierarchy after the other.
public struct LoopNestText: Sendable {
  private let mapping: Mapping
  private let levelNames: [String]
  private let tensors: TensorSet
  private let resident: TensorSet
  private let residentLevel: Int

  /// - Parameters:
  ///   - problem: The nest that is mapped; tensors it does not have are not shown.
  ///   - resident: Tensors that live on chip instead of in the outermost level.
  ///   - residentLevel: Index of the level they live in.
  public init(
    _ mapping: Mapping, of problem: Problem, levelNames: [String], resident: TensorSet = [],
    residentLevel: Int = 0
  ) {
    self.mapping = mapping
    self.levelNames = levelNames
    self.resident = residentLevel > 0 ? resident : []
    self.residentLevel = residentLevel
    tensors = TensorRole.allCases.reduce(into: []) { set, role in
      if problem.projections[role] != nil { set.insert(TensorSet(role)) }
    }
  }

  /// The lines of the nest, each closed by a line feed; loops of one pass are left out.
  public var text: String {
    let steps = mapping.explicitSteps
    var lines: [String] = []
    var depth = 0
    func add(_ line: String) { lines.append(String(repeating: "  ", count: depth) + line) }
    for (index, level) in mapping.levels.enumerated() {
      let kept = tensors.members.compactMap { role -> String? in
        if resident.contains(role), index == residentLevel { return "\(role.name) (resident)" }
        let isElsewhere = index == 0 && resident.contains(role)
        return level.keeps.contains(role) && !isElsewhere ? role.name : nil
      }
      if !kept.isEmpty { add("\(levelNames[index]): \(kept.joined(separator: ", "))") }
      for (position, loop) in level.allLoops.enumerated() where loop.passes > 1 {
        let step = steps[index][position].map { " of \($0)" } ?? ""
        let range = "for \(loop.dimension.name) in 0..<\(loop.passes)\(step)"
        let spatial = position - level.temporal.count
        if spatial < 0 {
          add(range)
        } else {
          add("parallel \(range) along \(spatial < level.spatialX.count ? "x" : "y")")
        }
        depth += 1
      }
    }
    add("compute")
    return lines.joined(separator: "\n") + "\n"
  }
}

extension LevelMapping {
  /// The loops in the order in which they cut tiles: over time, along x, along y.
  fileprivate var allLoops: [Loop] { temporal + spatialX + spatialY }
}

extension Mapping {
  /// For each of a level's loops its step where that is not the product of the passes inside on
  /// the dimension, else `nil`.
  fileprivate var explicitSteps: [[Int32?]] {
    var inside: [LoopDimension: Int64] = [:]
    let steps = levels.reversed().map { level in
      let steps = level.allLoops.reversed().map { loop -> Int32? in
        let product = inside[loop.dimension] ?? 1
        let (next, overflow) = product.multipliedReportingOverflow(by: Int64(loop.passes))
        inside[loop.dimension] = overflow ? .max : next
        return Int64(loop.step) == product ? nil : loop.step
      }
      return Array(steps.reversed())
    }
    return steps.reversed()
  }
}
