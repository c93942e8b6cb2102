/// The fewest steps in time of the dimensions from one on, by the children left along each axis.
struct LeastSteps {
  private let indexX: [Int]
  private let indexY: [Int]
  private let widthY: Int
  private let size: Int
  private var table: [Double]

  init(_ variables: [InnerVariable], _ context: ProofContext) {
    let rules = context.space.levels[context.arrayLevel]
    let (valuesX, indexX) = Self.quotients(of: rules.sizeX)
    let (valuesY, indexY) = Self.quotients(of: rules.sizeY)
    self.indexX = indexX
    self.indexY = indexY
    widthY = valuesY.count
    size = valuesX.count * valuesY.count
    table = Array(repeating: 1, count: size * (variables.count + 1))
    for (number, variable) in variables.enumerated().reversed() {
      var best: [SIMD2<Int32>: Double] = [:]
      for chain in UnsafeBufferPointer(start: variable.chains, count: variable.count) {
        let key = SIMD2(chain.x[context.arrayLevel], chain.y[context.arrayLevel])
        best[key] = min(best[key] ?? .infinity, chain.steps)
      }
      let ways = Array(best)
      for (i, x) in valuesX.enumerated() {
        for (j, y) in valuesY.enumerated() {
          var least = Double.infinity
          for (passes, steps) in ways where passes.x <= x && passes.y <= y {
            let rest =
              (number + 1) * size + indexX[Int(x / passes.x)] * widthY + indexY[Int(y / passes.y)]
            least = min(least, steps * table[rest])
          }
          table[number * size + i * widthY + j] = least
        }
      }
    }
  }

  /// The values that a size can be divided to, and of each number up to it the index of the largest
  /// of them that is not larger.
  private static func quotients(of size: Int32) -> (values: [Int32], index: [Int]) {
    var values: Set<Int32> = []
    var divisor: Int32 = 1
    while divisor <= size {
      let quotient = size / divisor
      values.insert(quotient)
      divisor = size / quotient + 1
    }
    let sorted = values.sorted()
    var index: [Int] = [0]
    for number in 1...max(1, size) {
      index.append((sorted.lastIndex { $0 <= number } ?? 0))
    }
    return (sorted, index)
  }

  @inline(__always)
  func callAsFunction(_ variable: Int, x: Int32, y: Int32) -> Double {
    table[variable * size + indexX[Int(x)] * widthY + indexY[Int(y)]]
  }
}
