import Dataflow
import Ops
import TestSupport
import Testing

/// What must hold between the counts of any mapping whatever it does.
@Suite("conservation of words")
struct ReferenceSimulatorConservationTests {
  static let drawn: [(CountingCase, AccessCounts)] = {
    var random = SplitMix64(seed: 20)
    return (0..<3000).map { _ in
      let one = CountingCase(using: &random)
      return (one, one.simulated)
    }
  }()

  @Test("every iteration is one word that a lane sends up")
  func operations() {
    for (one, counts) in Self.drawn {
      let last = counts.levels[counts.levels.count - 1]
      #expect(counts.operations == one.problem.iterations)
      #expect(last.wires.output.collections == counts.operations, "\(one)")
      #expect(counts.steps * counts.utilizedLanes >= counts.operations, "\(one)")
    }
  }

  @Test("every collected word is added to another or arrives as an update of the outermost level")
  func additions() {
    for (one, counts) in Self.drawn {
      let keepers = one.mapping.levels.indices.filter {
        one.mapping.levels[$0].keeps.contains(.output)
      }
      for (parent, child) in zip(keepers, keepers.dropFirst() + [counts.levels.count]) {
        let between = counts.levels[parent..<child].map(\.wires.output)
        // What is sent into the wires is drained by the child (or is a lane's) ...
        let sent =
          child == counts.levels.count
          ? counts.operations : counts.levels[child].traffic.output.drains
        #expect(between.last?.collections == sent, "\(one)")
        // ... and each addition makes two words one.
        let additions = between.reduce(0) { $0 + $1.additions }
        #expect(sent - additions == counts.levels[parent].traffic.output.updates, "\(one)")
      }
    }
  }

  @Test(
    "what a level takes in is forwarded or read from its parent, and is not less than the words")
  func fills() {
    for (one, counts) in Self.drawn {
      for role in [TensorRole.weight, .input] where one.problem.projections[role] != nil {
        let keepers = one.mapping.levels.indices.filter {
          one.mapping.levels[$0].keeps.contains(role)
        }
        let words = counts.levels[0].traffic[role].peakWords
        for (parent, child) in zip(keepers, keepers.dropFirst()) {
          let (above, below) = (counts.levels[parent].traffic[role], counts.levels[child])
          // Every word of the problem is read at least once, and no read serves no one.
          #expect(above.reads >= words, "\(one)")
          #expect(above.reads <= below.traffic[role].fills - below.traffic[role].forwards, "\(one)")
          // The last fan-out delivers each new word of each instance.
          #expect(
            counts.levels[child - 1].wires[role].deliveries == below.traffic[role].fills, "\(one)")
        }
      }
    }
  }

  @Test("without multicast, forwarding and diagonals every word filled is a word read")
  func withoutSharing() {
    for (one, _) in Self.drawn.prefix(1000) {
      var plain = one
      for index in plain.hierarchy.levels.indices {
        plain.hierarchy.levels[index].x.multicast = []
        plain.hierarchy.levels[index].y.multicast = []
        plain.hierarchy.levels[index].x.forward = []
        plain.hierarchy.levels[index].y.forward = []
        plain.hierarchy.levels[index].diagonal = []
      }
      let counts = plain.simulated
      for role in [TensorRole.weight, .input] {
        let keepers = plain.mapping.levels.indices.filter {
          plain.mapping.levels[$0].keeps.contains(role)
        }
        for (parent, child) in zip(keepers, keepers.dropFirst()) {
          let fills = counts.levels[child].traffic[role].fills
          #expect(counts.levels[parent].traffic[role].reads == fills, "\(one)")
        }
      }
    }
  }

  @Test("every output is updated in the outermost level, and partial sums return only after that")
  func outputs() {
    for (one, counts) in Self.drawn {
      let outermost = counts.levels[0].traffic.output
      #expect(outermost.updates >= outermost.peakWords, "\(one)")
      #expect(outermost.fills == 0)
      if !one.switches.readsFirstPartialSum {
        #expect(outermost.reads <= outermost.updates - outermost.peakWords, "\(one)")
      }
    }
  }
}
