/// The random numbers of Python's `random` module.
///
/// MT19937 of M. Matsumoto and T. Nishimura, ACM Transactions on Modeling and Computer Simulation
/// 8(1), 1998, DOI 10.1145/272991.272995, seeded by the array method of their 2002 code, with
/// CPython's rules on how `random.shuffle` draws.
struct MersenneTwister {
  private static let size = 624
  private static let middle = 397
  private var state: [UInt32]
  private var next = MersenneTwister.size

  /// Starts as Python's `random.seed(seed)` does for a whole number below 2^32.
  init(seed: UInt32) {
    let size = Self.size
    state = [19_650_218]
    state.reserveCapacity(size)
    for index in 1..<size {
      let last = state[index - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
    // The key has one word, so its index is always 0.
    var index = 1
    for _ in 0..<size {
      let last = state[index - 1]
      state[index] = (state[index] ^ ((last ^ (last >> 30)) &* 1_664_525)) &+ seed
      index = step(from: index)
    }
    for _ in 1..<size {
      let last = state[index - 1]
      state[index] =
        (state[index] ^ ((last ^ (last >> 30)) &* 1_566_083_941)) &- UInt32(index)
      index = step(from: index)
    }
    state[0] = 0x8000_0000
  }

  private mutating func step(from index: Int) -> Int {
    guard index + 1 == Self.size else { return index + 1 }
    state[0] = state[Self.size - 1]
    return 1
  }

  /// The next 32 random bits.
  mutating func bits() -> UInt32 {
    if next == Self.size { refill() }
    var word = state[next]
    next += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C_5680
    word ^= (word << 15) & 0xEFC6_0000
    return word ^ (word >> 18)
  }

  private mutating func refill() {
    let size = Self.size
    for index in 0..<size {
      let mixed = (state[index] & 0x8000_0000) | (state[(index + 1) % size] & 0x7FFF_FFFF)
      let twist: UInt32 = mixed & 1 == 0 ? 0 : 0x9908_B0DF
      state[index] = state[(index + Self.middle) % size] ^ (mixed >> 1) ^ twist
    }
    next = 0
  }

  /// A number below a bound of at least 1: as many bits as the bound has, drawn until they are
  /// below it.
  mutating func below(_ bound: UInt32) -> UInt32 {
    let shift = UInt32(bound.leadingZeroBitCount)
    while true {
      let number = bits() >> shift
      if number < bound { return number }
    }
  }

  /// Shuffles as Python's `random.shuffle` does.
  mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, Int(below(UInt32(last + 1))))
    }
  }
}
