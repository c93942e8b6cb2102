package import Dataflow
package import Ops

/// One drawn case of the property test: everything that decides the counts.
package struct CountingCase: Hashable, Sendable {
  package var problem: Problem
  package var hierarchy: Hierarchy
  package var switches: CountingSwitches
  package var mapping: Mapping

  package init(
    problem: Problem, hierarchy: Hierarchy, switches: CountingSwitches, mapping: Mapping
  ) {
    self.problem = problem
    self.hierarchy = hierarchy
    self.switches = switches
    self.mapping = mapping
  }

  /// Draws a problem, a hierarchy, switches and a mapping.
  package init(
    using random: inout SplitMix64, problems: SmallProblems = SmallProblems(),
    hierarchies: SmallHierarchies = SmallHierarchies()
  ) {
    self.init(problems.problem(using: &random), using: &random, hierarchies: hierarchies)
  }

  /// Draws a hierarchy, switches and a mapping for a problem.
  package init(
    _ problem: Problem, using random: inout SplitMix64,
    hierarchies: SmallHierarchies = SmallHierarchies()
  ) {
    self.problem = problem
    hierarchy = hierarchies.hierarchy(using: &random)
    switches = CountingSwitches(
      storesPadding: random.chance(1, in: 4), readsFirstPartialSum: random.chance(1, in: 4))
    mapping = SmallMappings().mapping(of: problem, on: hierarchy, using: &random)
  }

  /// What the step by step execution counts.
  package var simulated: AccessCounts {
    ReferenceSimulator(problem, on: hierarchy, switches: switches).accessCounts(under: mapping)
  }
}

extension CountingCase: CustomStringConvertible {
  package var description: String {
    var lines: [String] = []
    let bounds = LoopDimension.allCases.filter { problem.bounds[$0] > 1 }
      .map { "\($0.name)=\(problem.bounds[$0])" }
    lines.append("problem " + bounds.joined(separator: " "))
    for role in TensorRole.allCases {
      let axes = problem.projections[role].map { $0.axes.map(Self.text).joined(separator: " ") }
      lines.append("  \(role.name): \(axes ?? "none")")
    }
    lines.append(
      "switches storesPadding=\(switches.storesPadding)"
        + " readsFirstPartialSum=\(switches.readsFirstPartialSum)")
    for (level, part) in zip(hierarchy.levels, mapping.levels) {
      let memory = level.memory == nil ? " (no memory)" : ""
      lines.append(
        "\(level.name)\(memory) keeps \(Self.text(part.keeps)) diagonal \(Self.text(level.diagonal))"
      )
      lines.append("  temporal [\(part.temporal.map(Self.text).joined(separator: ", "))]")
      for axis in ArrayAxis.allCases {
        let wires = level.wires(axis)
        let loops = part.spatial(axis).map(Self.text).joined(separator: ", ")
        guard wires.size > 1 || !loops.isEmpty else { continue }
        lines.append(
          "  \(axis.name) [\(loops)] of \(wires.size): multicast \(Self.text(wires.multicast))"
            + " forward \(Self.text(wires.forward)) reduce \(Self.text(wires.reduce))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ loop: Loop) -> String {
    "\(loop.dimension.name) \(loop.passes)@\(loop.step)"
  }

  private static func text(_ tensors: TensorSet) -> String {
    tensors.isEmpty ? "-" : tensors.members.map { String($0.name.prefix(1)) }.joined()
  }

  private static func text(_ axis: AffineAxis) -> String {
    let terms = axis.terms.map { "\($0.coefficient)\($0.dimension.name)" }
    let offset = axis.offset == 0 ? "" : "\(axis.offset)"
    return "(\(terms.joined(separator: "+"))\(offset) of \(axis.extent))"
  }

  /// Each number that two counts do not share, one a line.
  package static func differences(
    simulated: AccessCounts, closedForm: AccessCounts
  ) -> [String] {
    var lines: [String] = []
    func compare(_ name: String, _ left: Int64, _ right: Int64) {
      if left != right { lines.append("\(name): simulated \(left), closed form \(right)") }
    }
    compare("operations", simulated.operations, closedForm.operations)
    compare("steps", simulated.steps, closedForm.steps)
    compare("utilizedLanes", simulated.utilizedLanes, closedForm.utilizedLanes)
    compare("levels", Int64(simulated.levels.count), Int64(closedForm.levels.count))
    for (index, (left, right)) in zip(simulated.levels, closedForm.levels).enumerated() {
      compare("L\(index) utilizedInstances", left.utilizedInstances, right.utilizedInstances)
      for role in TensorRole.allCases {
        let place = "L\(index) \(role.name)"
        for (kind, one, two) in [
          ("traffic", left.traffic[role], right.traffic[role]),
          ("busiest", left.busiest[role], right.busiest[role]),
        ] {
          for (name, field) in trafficFields {
            compare("\(place) \(kind).\(name)", one[keyPath: field], two[keyPath: field])
          }
        }
        for (name, field) in wireFields {
          compare(
            "\(place) wires.\(name)", left.wires[role][keyPath: field],
            right.wires[role][keyPath: field])
        }
        for (name, field) in tileFields {
          compare(
            "\(place) firstTile.\(name)", left.firstTile[role][keyPath: field],
            right.firstTile[role][keyPath: field])
        }
      }
    }
    if lines.isEmpty, simulated != closedForm { lines.append("a number that is not named here") }
    return lines
  }

  private static var trafficFields: [(String, KeyPath<Traffic, Int64>)] {
    [
      ("reads", \.reads), ("fills", \.fills), ("updates", \.updates), ("drains", \.drains),
      ("forwards", \.forwards), ("peakWords", \.peakWords),
    ]
  }

  private static var wireFields: [(String, KeyPath<WireTraffic, Int64>)] {
    [("deliveries", \.deliveries), ("collections", \.collections), ("additions", \.additions)]
  }

  private static var tileFields: [(String, KeyPath<AccessCounts.TileTransfer, Int64>)] {
    [("childWords", \.childWords), ("parentWords", \.parentWords)]
  }
}
