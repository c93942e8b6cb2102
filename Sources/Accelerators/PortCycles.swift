internal import Dataflow
internal import Ops

/// What one stream carries through a port.
struct StreamWords {
  var words: Int64
  var bits: Int
}

extension Port {
  /// Cycles the port takes for the words of all the streams it carries.
  func cycles(for words: (AccessStream) -> StreamWords) -> Int64 {
    // Counts are below 2^53, so that the sums are exact.
    var total = 0.0
    for stream in carries {
      let load = words(stream)
      switch rate {
      case .wordsPerCycle: total += Double(load.words)
      case .bytesPerCycle: total += Double(load.words) * Double(load.bits)
      }
    }
    switch rate {
    case .wordsPerCycle(let rate): return wholeCycles(total / rate)
    case .bytesPerCycle(let rate): return wholeCycles(total / (8 * rate))
    }
  }
}

/// The most cycles a nest or a port is said to take: six days at 1 GHz. Sums over the layers of a
/// network stay within `Int64`.
package let mostCycles: Int64 = 1 << 49

/// Rounds up, except where a rate that is no binary fraction left a whole number a little above;
/// at most ``mostCycles``.
package func wholeCycles(_ cycles: Double) -> Int64 {
  guard cycles < Double(mostCycles) else { return mostCycles }
  let nearest = cycles.rounded()
  if abs(cycles - nearest) <= nearest * 1e-12 { return Int64(nearest) }
  return Int64(cycles.rounded(.up))
}

extension Traffic {
  /// The count of one kind of access.
  subscript(kind: AccessKind) -> Int64 {
    switch kind {
    case .reads: reads
    case .fills: fills
    case .updates: updates
    case .drains: drains
    }
  }
}

extension WordWidths {
  /// Bits of a word in an access: fills and drains face the parent, reads and updates the children.
  func bits(_ stream: AccessStream, atLevel level: Int) -> Int {
    switch stream.kind {
    case .reads, .updates: storedBits(stream.tensor, atLevel: level)
    case .fills, .drains: parentSideBits(stream.tensor, atLevel: level)
    }
  }
}
