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
    var total: Int64 = 0
    for stream in carries {
      let load = words(stream)
      switch rate {
      case .wordsPerCycle: total += load.words
      case .bytesPerCycle: total += load.words * Int64(load.bits)
      }
    }
    switch rate {
    case .wordsPerCycle(let rate): return wholeCycles(Double(total) / rate)
    case .bytesPerCycle(let rate): return wholeCycles(Double(total) / (8 * rate))
    }
  }
}

/// Rounds up, except where a rate that is no binary fraction left a whole number a little above.
func wholeCycles(_ cycles: Double) -> Int64 {
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
