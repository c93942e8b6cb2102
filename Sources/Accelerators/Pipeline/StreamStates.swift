/// What matters of the options of the first stages to those to come, stage after stage.
///
/// A stage to come that reads some of the first ones can take in a stream of any width that goes together
/// with all of these. For each such stage the classes of widths that it can take in: that is a state, and
/// nothing else of the first stages' widths matters to what may follow. So choices whose streams go
/// together are the paths through the states, one option a stage.
struct StreamStates {
  /// One way to build a stage.
  struct Option {
    /// Its number among the candidates of its kind.
    var number: Int32
    var costs: CostVector
    /// What it takes as shares of the limits.
    var shares: SIMD8<Double>
  }

  /// From a state to one after the next stage, by any option of a bundle.
  struct Transition {
    var from: Int32
    var to: Int32
    var bundle: Int32
  }

  /// A stage.
  struct Step {
    /// Its number in the problem.
    var stage: Int
    /// By bundle, options that lead from the same states to the same states.
    var options: [[Option]]
    /// In the order of the states they come from.
    var transitions: [Transition]
    /// How many states are possible after it.
    var states: Int
    /// By state after it, the others from which everything may follow that may follow from this one.
    var wider: [[Int]]
  }

  private(set) var steps: [Step] = []

  /// More would take too long to go through.
  private static let mostTransitions = 1 << 20
  private static let mostCompared = 512

  enum Failure: Error {
    /// No choice has streams that go together.
    case none
    /// There are too many states.
    case tooMany
  }

  init(
    _ widths: StreamWidths, candidates: [[FeasibilitySearch.Candidate]], scale: SIMD8<Double>
  ) throws(Failure) {
    var states: [State] = [State()]
    var left = Self.mostTransitions
    for place in widths.groups.indices {
      let own = candidates[widths.kind(of: place)]
      var builder = Builder(widths, place, states)
      guard builder.run(most: left) else { throw .tooMany }
      guard !builder.next.isEmpty else { throw .none }
      left -= builder.transitions.count
      states = builder.next
      steps.append(
        Step(
          stage: widths.stage(at: place),
          options: Self.front(builder.bundles, widths.allowed[place], own).map { numbers in
            numbers.map { number in
              Option(
                number: Int32(number), costs: own[number].costs,
                shares: SIMD8<Double>(own[number].costs) * scale)
            }
          }, transitions: builder.transitions, states: states.count,
          wider: Self.wider(states)))
    }
  }

  /// By state, those that let more follow, and all that it does; none where looking for them takes longer
  /// than they save.
  private static func wider(_ states: [State]) -> [[Int]] {
    guard states.count <= mostCompared else { return states.map { _ in [] } }
    let sizes = states.map(\.size)
    return states.indices.map { one in
      states.indices.filter { sizes[$0] > sizes[one] && states[one].isWithin(states[$0]) }
    }
  }

  /// By bundle, the options that none beats of a bundle for the same states after which no less may
  /// follow.
  private static func front(
    _ bundles: [Builder.Bundle], _ allowed: [[StreamWidths.Bits]],
    _ own: [FeasibilitySearch.Candidate]
  ) -> [[Int]] {
    var fronts = bundles.map { bundle in
      var front: [Int] = []
      for number in bundle.options {
        let costs = own[number].costs
        if front.contains(where: { own[$0].costs.isWithin(costs) }) { continue }
        front.removeAll { costs.isWithin(own[$0].costs) }
        front.append(number)
      }
      return front
    }
    // Bundles for the same states follow each other.
    var first = 0
    for (one, bundle) in bundles.enumerated() {
      if bundle.inputs != bundles[first].inputs { first = one }
      for other in bundles.indices[first...] where one != other {
        let wider = bundles[other]
        guard bundle.inputs == wider.inputs else { break }
        let isWithin = zip(allowed[bundle.output], allowed[wider.output]).allSatisfy {
          zip($0, $1).allSatisfy { $0 & ~$1 == 0 }
        }
        guard isWithin else { continue }
        let beating = fronts[other]
        fronts[one].removeAll { number in
          beating.contains { own[$0].costs.isWithin(own[number].costs) }
        }
      }
    }
    return fronts
  }

  /// Replaces options and transitions of a step by some of them.
  mutating func keep(_ options: [[Option]], _ transitions: [Transition], at step: Int) {
    steps[step].options = options
    steps[step].transitions = transitions
  }
}

/// For each stage to come that reads some of the first ones, what it can take in.
private struct State: Hashable {
  struct Pending: Hashable {
    var consumer: Int
    var classes: StreamWidths.Bits
  }

  /// In the order of the stages.
  var pending: [Pending] = []

  /// How many classes can be taken in, in sum.
  var size: Int {
    pending.reduce(0) { $1.classes.reduce($0) { $0 + $1.nonzeroBitCount } }
  }

  /// Whether the other one, of the same stages, lets everything follow that this one does.
  func isWithin(_ other: State) -> Bool {
    zip(pending, other.pending).allSatisfy { one, other in
      zip(one.classes, other.classes).allSatisfy { $0 & ~$1 == 0 }
    }
  }

  /// The state after a stage of the class has been added; `nil` where a stage to come can take in nothing
  /// any more.
  func adding(_ consumers: [Int], _ allowed: [StreamWidths.Bits]) -> State? {
    var next = self
    for (consumer, classes) in zip(consumers, allowed) {
      if let place = next.pending.firstIndex(where: { $0.consumer == consumer }) {
        var isEmpty = true
        for word in classes.indices {
          next.pending[place].classes[word] &= classes[word]
          if next.pending[place].classes[word] != 0 { isEmpty = false }
        }
        if isEmpty { return nil }
      } else {
        let place = next.pending.firstIndex { $0.consumer > consumer } ?? next.pending.count
        next.pending.insert(Pending(consumer: consumer, classes: classes), at: place)
      }
    }
    return next
  }
}

/// The states after one more stage.
private struct Builder {
  /// The options that some states leave open and that give out streams of a class.
  struct Bundle {
    /// What can be taken in; `nil` for a stage that reads no other.
    var inputs: StreamWidths.Bits?
    var output: Int
    /// Numbers of the options among the candidates of the stage's kind.
    var options: [Int]
  }

  private let widths: StreamWidths
  private let place: Int
  private let states: [State]
  private(set) var next: [State] = []
  private(set) var bundles: [Bundle] = []
  private(set) var transitions: [StreamStates.Transition] = []
  private var numbers: [State: Int] = [:]
  /// By what can be taken in, the numbers of the bundles.
  private var known: [StreamWidths.Bits?: [Int]] = [:]

  init(_ widths: StreamWidths, _ place: Int, _ states: [State]) {
    (self.widths, self.place, self.states) = (widths, place, states)
  }

  /// - Returns: `false` where there are more transitions than that.
  mutating func run(most: Int) -> Bool {
    for (from, state) in states.enumerated() {
      var rest = state
      var inputs: StreamWidths.Bits?
      if let own = state.pending.firstIndex(where: { $0.consumer == place }) {
        inputs = rest.pending.remove(at: own).classes
      }
      for bundle in bundles(for: inputs) {
        guard let to = number(of: rest, output: bundles[bundle].output) else { continue }
        guard transitions.count < most else { return false }
        transitions.append(
          StreamStates.Transition(from: Int32(from), to: Int32(to), bundle: Int32(bundle)))
      }
    }
    return true
  }

  private mutating func bundles(for inputs: StreamWidths.Bits?) -> [Int] {
    if let known = known[inputs] { return known }
    let first = bundles.count
    for group in widths.groups[place] {
      if let inputs, !StreamWidths.has(inputs, group.input) { continue }
      if let own = bundles[first...].firstIndex(where: { $0.output == group.output }) {
        bundles[own].options += group.options
      } else {
        bundles.append(Bundle(inputs: inputs, output: group.output, options: group.options))
      }
    }
    known[inputs] = Array(first..<bundles.count)
    return Array(first..<bundles.count)
  }

  private mutating func number(of rest: State, output: Int) -> Int? {
    guard let state = rest.adding(widths.consumers[place], widths.allowed[place][output])
    else { return nil }
    if let known = numbers[state] { return known }
    numbers[state] = next.count
    next.append(state)
    return next.count - 1
  }
}
