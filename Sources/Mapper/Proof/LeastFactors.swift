internal import Dataflow

/// The least that the variables from one on contribute, by the children left along each axis: chains that
/// are unrolled over many children move less, but no two variables have the same children.
final class LeastFactors {
  /// Chains of a variable that are unrolled alike, for one row of its table.
  private struct Way {
    var x: Int32
    var y: Int32
    var steps: Double
    var moving: TermVector
    var staying: TermVector
  }

  /// Of each variable and row, the ways to unroll it.
  private let ways: [[[Way]]]
  private let valuesX: [Int32]
  private let valuesY: [Int32]
  /// Of a number of children left, the place of the largest value that is not larger.
  private let placesX: UnsafeBufferPointer<Int>
  private let placesY: UnsafeBufferPointer<Int>
  private let size: Int
  private let count: Int
  /// Variables that rows of others are for; they come first.
  let partnerCount: Int
  /// By variable and children left, whatever the rows are; and for the rows last asked for.
  private let steps: UnsafeMutablePointer<Double>
  private let moving: UnsafeMutablePointer<TermVector>
  private let staying: UnsafeMutablePointer<TermVector>

  init(_ variables: [InnerVariable], _ context: ProofContext) {
    let rules = context.space.levels[context.arrayLevel]
    let (valuesX, placesX) = Self.quotients(of: rules.sizeX)
    let (valuesY, placesY) = Self.quotients(of: rules.sizeY)
    (self.valuesX, self.valuesY) = (valuesX, valuesY)
    self.placesX = UnsafeBufferPointer(copying: placesX)
    self.placesY = UnsafeBufferPointer(copying: placesY)
    size = valuesX.count * valuesY.count
    count = variables.count
    ways = variables.map { variable in
      (0..<variable.rows).map { Self.ways(variable, row: $0, context.arrayLevel) }
    }
    partnerCount = (variables.map(\.partner).max() ?? -1) + 1
    let entries = 2 * size * (count + 1)
    steps = .allocate(capacity: entries)
    steps.initialize(repeating: 1, count: entries)
    moving = .allocate(capacity: entries)
    moving.initialize(repeating: TermVector(repeating: 1), count: entries)
    staying = .allocate(capacity: entries)
    staying.initialize(repeating: TermVector(repeating: 1), count: entries)
    for number in (0..<count).reversed() {
      fill(number, 0, Self.merged(ways[number]))
    }
  }

  deinit {
    placesX.deallocate()
    placesY.deallocate()
    steps.deallocate()
    moving.deallocate()
    staying.deallocate()
  }

  /// Makes the tables of the variables behind those that rows are for.
  ///
  /// - Parameter rows: of each variable, its row.
  func specialize(_ rows: (Int) -> Int) {
    for number in (partnerCount..<count).reversed() { fill(number, 1, ways[number][rows(number)]) }
  }

  /// Where the least of the variables from one on is found.
  @inline(__always)
  func entry(_ variable: Int, x: Int32, y: Int32, isSpecial: Bool) -> Int {
    let place = placesX[Int(x)] * valuesY.count + placesY[Int(y)]
    return (isSpecial ? size * (count + 1) : 0) + variable * size + place
  }

  @inline(__always)
  func steps(_ entry: Int) -> Double { steps[entry] }

  @inline(__always)
  func moving(_ entry: Int) -> TermVector { moving[entry] }

  @inline(__always)
  func staying(_ entry: Int) -> TermVector { staying[entry] }

  private func fill(_ number: Int, _ table: Int, _ ways: [Way]) {
    let first = table * size * (count + 1) + number * size
    for (i, x) in valuesX.enumerated() {
      for (j, y) in valuesY.enumerated() {
        var least = Double.infinity
        var (move, stay) = (TermVector(repeating: .infinity), TermVector(repeating: .infinity))
        for way in ways where way.x <= x && way.y <= y {
          let rest =
            first + size + placesX[Int(x / way.x)] * valuesY.count + placesY[Int(y / way.y)]
          if steps[rest] == .infinity { continue }
          least = min(least, way.steps * steps[rest])
          move = pointwiseMin(move, way.moving * moving[rest])
          stay = pointwiseMin(stay, way.staying * staying[rest])
        }
        let entry = first + i * valuesY.count + j
        (steps[entry], moving[entry], staying[entry]) = (least, move, stay)
      }
    }
  }

  private static func ways(_ variable: InnerVariable, row: Int, _ level: Int) -> [Way] {
    var places: [SIMD2<Int32>: Int] = [:]
    var ways: [Way] = []
    for number in 0..<variable.count {
      let chain = variable.chains + number
      let key = SIMD2(chain.pointee.x[level], chain.pointee.y[level])
      let entry = row * variable.count + number
      let way = Way(
        x: key.x, y: key.y, steps: variable.steps[number], moving: variable.moving[entry],
        staying: variable.staying[entry])
      if let place = places[key] {
        ways[place] = least(ways[place], way)
      } else {
        places[key] = ways.count
        ways.append(way)
      }
    }
    return ways
  }

  private static func least(_ left: Way, _ right: Way) -> Way {
    Way(
      x: left.x, y: left.y, steps: min(left.steps, right.steps),
      moving: pointwiseMin(left.moving, right.moving),
      staying: pointwiseMin(left.staying, right.staying))
  }

  /// The ways of all rows together; each row has the same ones.
  private static func merged(_ rows: [[Way]]) -> [Way] {
    rows.dropFirst().reduce(rows.first ?? []) { all, row in
      zip(all, row).map { least($0, $1) }
    }
  }

  /// The values that a size can be divided to, and of each number up to it the place of the largest
  /// of them that is not larger.
  private static func quotients(of size: Int32) -> (values: [Int32], places: [Int]) {
    var values: Set<Int32> = []
    var divisor: Int32 = 1
    while divisor <= size {
      let quotient = size / divisor
      values.insert(quotient)
      divisor = size / quotient + 1
    }
    let sorted = values.sorted()
    var places: [Int] = [0]
    for number in 1...max(1, size) {
      places.append((sorted.lastIndex { $0 <= number } ?? 0))
    }
    return (sorted, places)
  }
}
