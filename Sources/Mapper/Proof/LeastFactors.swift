internal import Dataflow

/// The least that the variables from one on contribute, by the children left along each axis: what moves
/// less where a chain is unrolled over more children does so for one variable only.
final class LeastFactors {
  /// Chains of a variable that are unrolled alike.
  private struct Way {
    var x: Int32
    var y: Int32
    var steps: Double
    var moving: TermVector
  }

  private let valuesX: [Int32]
  private let valuesY: [Int32]
  /// Of a number of children left, the place of the largest value that is not larger.
  private let placesX: UnsafeBufferPointer<Int>
  private let placesY: UnsafeBufferPointer<Int>
  private let size: Int
  /// By variable and children left.
  private let steps: UnsafeMutablePointer<Double>
  private let moving: UnsafeMutablePointer<TermVector>
  /// By variable, whatever is left.
  private let staying: UnsafeMutablePointer<TermVector>

  init(_ variables: [InnerVariable], _ context: ProofContext) {
    let rules = context.space.levels[context.arrayLevel]
    let (valuesX, placesX) = Self.quotients(of: rules.sizeX)
    let (valuesY, placesY) = Self.quotients(of: rules.sizeY)
    (self.valuesX, self.valuesY) = (valuesX, valuesY)
    self.placesX = UnsafeBufferPointer(copying: placesX)
    self.placesY = UnsafeBufferPointer(copying: placesY)
    size = valuesX.count * valuesY.count
    let entries = size * (variables.count + 1)
    steps = .allocate(capacity: entries)
    steps.initialize(repeating: 1, count: entries)
    moving = .allocate(capacity: entries)
    moving.initialize(repeating: TermVector(repeating: 1), count: entries)
    staying = .allocate(capacity: variables.count + 1)
    staying.initialize(repeating: TermVector(repeating: 1), count: variables.count + 1)
    for (number, variable) in variables.enumerated().reversed() {
      fill(number, Self.ways(variable, context.arrayLevel))
      staying[number] = staying[number + 1] * variable.leastStaying
    }
  }

  deinit {
    placesX.deallocate()
    placesY.deallocate()
    steps.deallocate()
    moving.deallocate()
    staying.deallocate()
  }

  /// Where the least of the variables from one on is found.
  @inline(__always)
  func entry(_ variable: Int, x: Int32, y: Int32) -> Int {
    variable * size + placesX[Int(x)] * valuesY.count + placesY[Int(y)]
  }

  @inline(__always)
  func steps(_ entry: Int) -> Double { steps[entry] }

  @inline(__always)
  func moving(_ entry: Int) -> TermVector { moving[entry] }

  @inline(__always)
  func staying(_ variable: Int) -> TermVector { staying[variable] }

  private func fill(_ number: Int, _ ways: [Way]) {
    for (i, x) in valuesX.enumerated() {
      for (j, y) in valuesY.enumerated() {
        var (least, move) = (Double.infinity, TermVector(repeating: .infinity))
        for index in ways.indices where ways[index].x <= x && ways[index].y <= y {
          let rest = entry(number + 1, x: x / ways[index].x, y: y / ways[index].y)
          if steps[rest] == .infinity { continue }
          least = min(least, ways[index].steps * steps[rest])
          move = pointwiseMin(move, ways[index].moving * moving[rest])
        }
        let entry = number * size + i * valuesY.count + j
        (steps[entry], moving[entry]) = (least, move)
      }
    }
  }

  /// Chains that are unrolled alike follow one another.
  private static func ways(_ variable: InnerVariable, _ level: Int) -> [Way] {
    var ways: [Way] = []
    for number in 0..<variable.count {
      let (x, y) = (variable.chains[number].x[level], variable.chains[number].y[level])
      if ways.last.map({ $0.x != x || $0.y != y }) ?? true {
        ways.append(
          Way(x: x, y: y, steps: .infinity, moving: TermVector(repeating: .infinity)))
      }
      let last = ways.count - 1
      ways[last].steps = min(ways[last].steps, variable.steps[number])
      for row in 0..<variable.rows {
        ways[last].moving = pointwiseMin(
          ways[last].moving, variable.moving[row * variable.count + number])
      }
    }
    return ways
  }

  /// The values that a size can be divided to, and of each number up to it the place of the largest
  /// of them that is not larger.
  private static func quotients(of size: Int32) -> (values: [Int32], places: [Int]) {
    var values: [Int32] = []
    var places = [Int](repeating: 0, count: Int(size) + 1)
    for number in 1...max(1, size) {
      if size / (size / number) == number { values.append(number) }
      places[Int(number)] = values.count - 1
    }
    return (values, places)
  }
}
