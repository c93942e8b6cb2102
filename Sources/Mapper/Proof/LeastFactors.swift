internal import Dataflow

/// The least that the variables from one on contribute, by the children left along each axis: what moves
/// less where a chain is unrolled over more children does so for one variable only.
///
/// Of variables along axes of the input, what counts is the row of the chain that was chosen for the axis's
/// other one. An entry is made when it is first asked for.
final class LeastFactors {
  struct Entry {
    var steps = Double.infinity
    var moving = TermVector(repeating: .infinity)
    var staying = TermVector(repeating: .infinity)
  }

  /// Chains of a variable that are unrolled alike, and the least of them.
  private struct Way {
    var x: Int32
    var y: Int32
    var least = Entry()
  }

  /// Some variable and all that follow it.
  private struct Tail {
    /// Where its entries begin.
    var start: Int
    /// The variables of it that have rows, and the variables, before it, whose chains these are of.
    var count = 0
    var own = SIMD4<Int>(repeating: 0)
    var partners = SIMD4<Int>(repeating: 0)
    /// The rows of each, and what the next one adds to an entry's place.
    var rows = SIMD4<Int>(repeating: 0)
    var strides = SIMD4<Int>(repeating: 0)
  }

  private let variables: [InnerVariable]
  private let level: Int
  private let valuesX: [Int32]
  private let valuesY: [Int32]
  /// Of a number of children left, the place of the largest value that is not larger.
  private let placesX: UnsafeBufferPointer<Int>
  private let placesY: UnsafeBufferPointer<Int>
  private let tails: UnsafeBufferPointer<Tail>
  /// By variable and row, where there may be several the least of all rows at last; empty until needed.
  private var ways: [[[Way]]]
  /// The number of each entry by its place, or -1 until it is made.
  private let numbers: UnsafeMutablePointer<Int32>
  private var entries: UnsafeMutablePointer<Entry>
  private var entryCount = 0
  private var capacity = 256

  /// Places of a tail at most; where rows would make more, the least of all rows stands for them.
  private static let mostOfTail = 100_000

  init(_ variables: [InnerVariable], _ context: ProofContext) {
    self.variables = variables
    level = context.arrayLevel
    let rules = context.space.levels[level]
    let (valuesX, placesX) = Self.quotients(of: rules.sizeX)
    let (valuesY, placesY) = Self.quotients(of: rules.sizeY)
    (self.valuesX, self.valuesY) = (valuesX, valuesY)
    self.placesX = UnsafeBufferPointer(copying: placesX)
    self.placesY = UnsafeBufferPointer(copying: placesY)
    ways = variables.map { Array(repeating: [], count: $0.rows + 1) }
    var tails: [Tail] = []
    var total = 0
    for first in 0...variables.count {
      var tail = Tail(start: total)
      var places = valuesX.count * valuesY.count
      for number in first..<variables.count {
        let own = variables[number]
        guard own.partner >= 0, own.partner < first, tail.count < 4,
          places * (own.rows + 1) <= Self.mostOfTail
        else { continue }
        tail.own[tail.count] = number
        tail.partners[tail.count] = own.partner
        tail.rows[tail.count] = own.rows
        tail.strides[tail.count] = places
        tail.count += 1
        places *= own.rows + 1
      }
      tails.append(tail)
      total += places
    }
    self.tails = UnsafeBufferPointer(copying: tails)
    numbers = .allocate(capacity: total)
    numbers.initialize(repeating: -1, count: total)
    entries = .allocate(capacity: capacity)
  }

  deinit {
    placesX.deallocate()
    placesY.deallocate()
    tails.deallocate()
    numbers.deallocate()
    entries.deallocate()
  }

  /// The least of the variables from one on with so many children left; all infinite where there is nothing.
  ///
  /// - Parameter chains: those chosen before; the largest number where it may be any.
  @inline(__always)
  func entry(_ first: Int, _ chains: SIMD8<UInt16>, x: Int32, y: Int32) -> UnsafePointer<Entry> {
    let tail = tails[first]
    var place = tail.start + placesX[Int(x)] * valuesY.count + placesY[Int(y)]
    for index in 0..<tail.count {
      place += tail.strides[index] * min(tail.rows[index], Int(chains[tail.partners[index]]))
    }
    var number = numbers[place]
    if number < 0 {
      var rows = SIMD8<UInt16>(repeating: .max)
      for index in 0..<tail.count { rows[tail.own[index]] = chains[tail.partners[index]] }
      number = make(first, rows, x: x, y: y, place)
    }
    return UnsafePointer(entries + Int(number))
  }

  /// Makes the entry of a place.
  ///
  /// - Parameter rows: of each variable, the row that counts, or the largest number where it may be any.
  private func make(
    _ first: Int, _ rows: SIMD8<UInt16>, x: Int32, y: Int32, _ place: Int
  ) -> Int32 {
    // Rows that have no places of their own may be any.
    var known = SIMD8<UInt16>(repeating: .max)
    let tail = tails[first]
    for index in 0..<tail.count { known[tail.own[index]] = rows[tail.own[index]] }
    var least = Entry()
    if first == variables.count {
      least = Entry(
        steps: 1, moving: TermVector(repeating: 1), staying: TermVector(repeating: 1))
    } else {
      let row = min(variables[first].rows, Int(known[first]))
      if ways[first][row].isEmpty { ways[first][row] = ways(first, row) }
      for index in ways[first][row].indices {
        let way = ways[first][row][index]
        guard way.x <= x, way.y <= y else { continue }
        let number = number(first + 1, known, x: x / way.x, y: y / way.y)
        let rest = entries + Int(number)
        if rest.pointee.steps == .infinity { continue }
        least.steps = min(least.steps, way.least.steps * rest.pointee.steps)
        least.moving = smaller(least.moving, way.least.moving * rest.pointee.moving)
        least.staying = smaller(least.staying, way.least.staying * rest.pointee.staying)
      }
    }
    if entryCount == capacity {
      let longer = UnsafeMutablePointer<Entry>.allocate(capacity: 2 * capacity)
      longer.moveInitialize(from: entries, count: entryCount)
      entries.deallocate()
      entries = longer
      capacity *= 2
    }
    (entries + entryCount).initialize(to: least)
    numbers[place] = Int32(entryCount)
    entryCount += 1
    return numbers[place]
  }

  /// The number of an entry by the rows of its variables.
  private func number(_ first: Int, _ rows: SIMD8<UInt16>, x: Int32, y: Int32) -> Int32 {
    let tail = tails[first]
    var place = tail.start + placesX[Int(x)] * valuesY.count + placesY[Int(y)]
    for index in 0..<tail.count {
      place += tail.strides[index] * min(tail.rows[index], Int(rows[tail.own[index]]))
    }
    return numbers[place] >= 0 ? numbers[place] : make(first, rows, x: x, y: y, place)
  }

  /// The ways of one row, or the least of all.
  private func ways(_ number: Int, _ row: Int) -> [Way] {
    let variable = variables[number]
    let rows = row < variable.rows ? row...row : 0...variable.rows - 1
    var ways: [Way] = []
    for number in 0..<variable.count {
      let (x, y) = (variable.chains[number].x[level], variable.chains[number].y[level])
      // Chains that are unrolled alike follow one another.
      if ways.last.map({ $0.x != x || $0.y != y }) ?? true { ways.append(Way(x: x, y: y)) }
      let last = ways.count - 1
      ways[last].least.steps = min(ways[last].least.steps, variable.steps[number])
      for row in rows {
        let entry = row * variable.count + number
        ways[last].least.moving = smaller(ways[last].least.moving, variable.moving[entry])
        ways[last].least.staying = smaller(
          ways[last].least.staying, variable.staying[entry])
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
