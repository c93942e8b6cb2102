/// By stage, the options whose streams can go together with some of each neighbour's, and the widths that
/// make a difference to neighbours: widths that go together with the same streams are one class.
struct StreamWidths {
  /// Numbers as bits, the same number of words for all of the same stage.
  typealias Bits = [UInt64]

  /// Options of a stage that take in and give out streams of the same classes.
  struct Group {
    var input: Int
    var output: Int
    /// Numbers of the options among the candidates of the stage's kind.
    var options: [Int]
  }

  /// By stage, in an order in which each comes after those it reads.
  private(set) var groups: [[Group]] = []
  /// By stage, the stages that read it, and those it reads.
  private(set) var consumers: [[Int]]
  private(set) var producers: [[Int]]
  /// By stage and class of widths that it can give out, for each of its consumers the classes that go
  /// together with them.
  private(set) var allowed: [[[Bits]]] = []
  private let candidates: [[FeasibilitySearch.Candidate]]
  private let problem: DesignProblem
  private let isMirrored: Bool
  /// By stage, the options that are left, and the widths that they take in and give out.
  private var open: [[Int]] = []
  private var widths: [(input: [Int64], output: [Int64])] = []

  /// - Parameters:
  ///   - candidates: By kind.
  ///   - isMirrored: Whether the last stage comes first, and what stages take in is what they give out;
  ///     whether two widths go together does not depend on which of them is whose.
  /// - Returns: `nil` where a stage has no option whose streams go together with its neighbours'.
  init?(
    _ problem: DesignProblem, candidates: [[FeasibilitySearch.Candidate]], isMirrored: Bool
  ) {
    (self.problem, self.candidates, self.isMirrored) = (problem, candidates, isMirrored)
    let count = problem.stages.count
    consumers = Array(repeating: [], count: count)
    producers = consumers
    for stream in problem.streams {
      let place = { (stage: Int) in isMirrored ? count - 1 - stage : stage }
      let (one, other) = (place(stream.producer), place(stream.consumer))
      let (producer, consumer) = (min(one, other), max(one, other))
      // A sum of a tensor with itself reads it twice.
      guard !consumers[producer].contains(consumer) else { continue }
      consumers[producer].append(consumer)
      producers[consumer].append(producer)
    }
    for stage in 0..<count { consumers[stage].sort() }
    open = (0..<count).map { Array(candidates[kind(of: $0)].indices) }
    widths = (0..<count).map { (sorted($0) { $0.input }, sorted($0) { $0.output }) }
    guard dropLonely() else { return nil }
    classify()
  }

  /// The number of a stage in the problem.
  func stage(at place: Int) -> Int {
    isMirrored ? problem.stages.count - 1 - place : place
  }

  func kind(of place: Int) -> Int { problem.stages[stage(at: place)] }

  static func has(_ bits: Bits, _ number: Int) -> Bool {
    bits[number / 64] >> UInt64(number % 64) & 1 == 1
  }

  private func widths(_ place: Int, _ number: Int) -> (input: Int64, output: Int64) {
    let kind = kind(of: place)
    let option = problem.kinds[kind][candidates[kind][number].option]
    return isMirrored
      ? (option.outputWidth, option.inputWidth) : (option.inputWidth, option.outputWidth)
  }

  /// The widths of the options that are left, ascending.
  private func sorted(
    _ place: Int, _ width: ((input: Int64, output: Int64)) -> Int64
  ) -> [Int64] {
    Set(open[place].map { width(widths(place, $0)) }).sorted()
  }

  /// Drops options with a stream that goes together with no option of a neighbour, until all that are
  /// left have one; whether each stage has some.
  private mutating func dropLonely() -> Bool {
    var isStable = false
    while !isStable {
      isStable = true
      for place in open.indices {
        let ins = widths[place].input.filter { width in
          producers[place].allSatisfy { producer in
            widths[producer].output.contains { problem.matching.allows($0, width) }
          }
        }
        let outs = widths[place].output.filter { width in
          consumers[place].allSatisfy { consumer in
            widths[consumer].input.contains { problem.matching.allows(width, $0) }
          }
        }
        guard ins.count < widths[place].input.count || outs.count < widths[place].output.count
        else { continue }
        open[place] = open[place].filter { number in
          let own = widths(place, number)
          return ins.contains(own.input) && outs.contains(own.output)
        }
        guard !open[place].isEmpty else { return false }
        widths[place] = (sorted(place) { $0.input }, sorted(place) { $0.output })
        isStable = false
      }
    }
    return true
  }

  /// Puts widths that go together with the same streams into classes, and options into groups.
  private mutating func classify() {
    let places = open.indices
    // By stage, the class of each width, and by class one of its widths.
    var inputClass: [[Int64: Int]] = []
    var inputWidths: [[Int64]] = []
    for place in places {
      let (classes, first) = Self.classes(widths[place].input) { width in
        producers[place].map { producer in
          bits(widths[producer].output.map { problem.matching.allows($0, width) })
        }
      }
      inputClass.append(classes)
      inputWidths.append(first)
    }
    for place in places {
      let partners = { (width: Int64) in
        consumers[place].map { consumer in
          bits(inputWidths[consumer].map { problem.matching.allows(width, $0) })
        }
      }
      let (classes, first) = Self.classes(widths[place].output, partners)
      allowed.append(first.map(partners))
      var own: [Group] = []
      var numbers: [SIMD2<Int>: Int] = [:]
      for number in open[place] {
        let width = widths(place, number)
        guard let input = inputClass[place][width.input], let output = classes[width.output]
        else { continue }
        if let known = numbers[SIMD2(input, output)] {
          own[known].options.append(number)
        } else {
          numbers[SIMD2(input, output)] = own.count
          own.append(Group(input: input, output: output, options: [number]))
        }
      }
      groups.append(own)
    }
  }

  /// Widths with the same partners in a class; by class one of its widths.
  private static func classes(
    _ widths: [Int64], _ partners: (Int64) -> [Bits]
  ) -> (classes: [Int64: Int], first: [Int64]) {
    var classes: [Int64: Int] = [:]
    var first: [Int64] = []
    var known: [[Bits]: Int] = [:]
    for width in widths {
      let key = partners(width)
      if let number = known[key] {
        classes[width] = number
      } else {
        known[key] = first.count
        classes[width] = first.count
        first.append(width)
      }
    }
    return (classes, first)
  }

  private func bits(_ flags: [Bool]) -> Bits {
    var bits = Bits(repeating: 0, count: (flags.count + 63) / 64)
    for (number, flag) in flags.enumerated() where flag {
      bits[number / 64] |= 1 << UInt64(number % 64)
    }
    return bits
  }
}
