internal import Dataflow
internal import Ops

/// Words of each inner term where its tensor moves as often as loops outside ask for, and where it
/// stays.
struct InnerWords {
  private(set) var moving: TermVector
  private(set) var staying: TermVector
  /// Terms (bits) whose words count every visit of loops outside the array level already.
  private(set) var whole: UInt32 = 0

  /// - Parameters:
  ///   - moving: the product of all chains' factors.
  ///   - staying: the same of those where tensors stay.
  init(
    _ tables: InnerTables, _ chains: ChosenChains, moving: TermVector, staying: TermVector
  ) {
    self.moving = moving
    self.staying = staying
    if tables.context.isPerfect { stop(tables, chains) }
  }

  /// The words of a part's chains.
  init(_ tables: InnerTables, of chosen: SIMD8<UInt16>) {
    var (moving, staying) = (TermVector(repeating: 1), TermVector(repeating: 1))
    for variable in tables.variables {
      let entry = tables.entry(variable.dimension, chosen)
      moving *= entry.moving.pointee
      staying *= entry.staying.pointee
    }
    self.init(tables, tables.chosen(chosen), moving: moving, staying: staying)
  }

  /// Terms whose tensor is moved by loops in time between the array level and the level it goes to: if
  /// factors are perfect, it cannot stay over loops outside of those.
  private mutating func stop(_ tables: InnerTables, _ chains: ChosenChains) {
    let context = tables.context
    for (index, term) in tables.termTable.enumerated()
    where term.child < context.levelCount && term.child > context.arrayLevel + 1 {
      guard let exact = stopped(term, tables.context, chains) else { continue }
      moving[index] = exact
      staying[index] = exact
      whole |= 1 << UInt32(index)
    }
  }

  private func stopped(
    _ term: Term, _ context: ProofContext, _ chains: ChosenChains
  ) -> Double? {
    for level in (context.arrayLevel + 1..<term.child).reversed() {
      let moves = (0..<context.dimensionCount).contains { dimension in
        context.isRelevant(dimension, to: term.role)
          && chains[dimension].pointee.tile[level] > chains[dimension].pointee.front[level]
      }
      guard moves else { continue }
      // What moves once and each further time; sweeps along axes of the input alone, beginning again,
      // may find words that they left.
      var (words, again) = (1.0, 1.0)
      var (visits, instances) = (1.0, 1.0)
      for dimension in 0..<context.dimensionCount {
        let factors = ChainFactors(context: context, dimension: dimension)
        let chain = chains[dimension].pointee
        if context.isRelevant(dimension, to: term.role) {
          if let window = context.windowOfOutputs[dimension], term.role == .input {
            let filters = chains[context.windowTable[window].r].pointee
            let axis = factors.window(context.windows[window], term, chain, filters: filters)
            words *= axis.staying
            again *= axis.moving
          } else {
            let factor = factors.factors(of: term, chain).moving
            words *= factor
            again *= factor
          }
        } else {
          visits *= factors.moves(of: term, chain, stayingInside: level - 1)
          instances *= factors.factors(of: term, chain).staying
        }
      }
      return beginsAfresh(term, level, context, chains)
        ? words * visits : max(words * instances, again * visits)
    }
    return nil
  }

  /// Whether a level's loops, beginning again, find no words of the term's tensor that they left: one
  /// of them changes all words.
  private func beginsAfresh(
    _ term: Term, _ level: Int, _ context: ProofContext, _ chains: ChosenChains
  ) -> Bool {
    (0..<context.dimensionCount).contains { dimension in
      context.isRelevant(dimension, to: term.role)
        && !(term.role == .input && context.isInWindow(dimension))
        && context.isSimple(term.role, dimension)
        && chains[dimension].pointee.tile[level] > chains[dimension].pointee.front[level]
    }
  }
}

extension InnerTables {
  /// Words that move at a further visit of loops outside the array level, where all stayed before: with
  /// imperfect factors that may be a tile at the border, which one of the children that no access serves
  /// together holds alone.
  func wordsOfFurtherVisit(_ words: InnerWords, _ chosen: SIMD8<UInt16>) -> TermVector {
    var further = words.staying
    for (index, term) in termTable.enumerated() where term.child < context.levelCount {
      if words.whole & (1 << UInt32(index)) != 0 { further[index] = 0 }
      if context.isPerfect { continue }
      for dimension in 0..<context.dimensionCount
      where !context.isRelevant(dimension, to: term.role) {
        further[index] /= max(1, entry(dimension, chosen).staying.pointee[index])
      }
    }
    return further
  }

  /// A chosen chain's factors of all terms.
  @inline(__always)
  func entry(
    _ dimension: Int, _ chosen: SIMD8<UInt16>
  ) -> (moving: UnsafePointer<TermVector>, staying: UnsafePointer<TermVector>) {
    let number = Int(variableNumbers[dimension])
    let own = variables[number]
    let row = own.partner < 0 ? 0 : Int(chosen[own.partner]) * own.count
    let entry = row + Int(chosen[number])
    return (UnsafePointer(own.moving + entry), UnsafePointer(own.staying + entry))
  }

  /// Whether loops in time between the array level and a term's level run along an axis of the input.
  @inline(__always)
  func isCutInside(_ term: Term, _ chains: ChosenChains) -> Bool {
    var level = context.arrayLevel + 1
    while level < term.child {
      for dimension in 0..<context.dimensionCount
      where context.isInWindow(dimension)
        && chains[dimension].pointee.tile[level] > chains[dimension].pointee.front[level]
      {
        return true
      }
      level += 1
    }
    return false
  }

  /// The terms of the next transfer of outputs: those to one level.
  @inline(__always)
  func outputTerms(from start: Int) -> Range<Int>? {
    var first = start
    while first < termTable.count, termTable[first].role != .output { first += 1 }
    guard first < termTable.count else { return nil }
    var end = first + 1
    while end < termTable.count, termTable[end].role == .output,
      termTable[end].child == termTable[first].child
    {
      end += 1
    }
    return first..<end
  }

  /// The energy of a transfer of outputs, whose first term counts words that enter.
  ///
  /// Terms with a negative price count at most the words that enter times the children apart. Where
  /// that leaves the whole negative, fewer words would cost more, and each iteration counts once.
  func outputEnergy(
    _ terms: Range<Int>, _ chains: ChosenChains, _ words: TermVector
  ) -> Double {
    let entering = words[terms.lowerBound]
    var perEntering = 0.0
    var others = 0.0
    var otherPrices = 0.0
    var most = 0.0
    for index in terms {
      let term = termTable[index]
      if index == terms.lowerBound {
        perEntering += term.price
      } else if term.price >= 0 {
        others += term.price * words[index]
        otherPrices += term.price
      } else {
        perEntering += term.price * apart(term, chains)
        most += term.price * context.iterations
      }
    }
    if perEntering >= 0 { return perEntering * entering + others }
    if perEntering + otherPrices >= 0 { return (perEntering + otherPrices) * entering }
    return min(0, max(0, termTable[terms.lowerBound].price) * entering + others + most)
  }

  /// Children that no access of a term serves together.
  private func apart(_ term: Term, _ chains: ChosenChains) -> Double {
    var product = 1.0
    for dimension in 0..<context.dimensionCount
    where !context.isRelevant(dimension, to: term.role) {
      var level = context.arrayLevel
      while level < term.child {
        product *= Double(chains[dimension].pointee.split(level, term.shared[level]).apart)
        level += 1
      }
    }
    return product
  }

  /// Instances of a level that dimensions are unrolled over.
  private func instances(_ level: Int, _ chains: ChosenChains) -> Double {
    var product = 1.0
    let levels = context.arrayLevel..<max(context.arrayLevel, level)
    for dimension in 0..<context.dimensionCount {
      product *= Double(chains[dimension].pointee.passes(levels))
    }
    return product
  }

  /// Port time of a term's words, a word, where its levels' instances share them evenly.
  func portCycles(_ term: Term, _ chains: ChosenChains) -> PortCycles {
    var load = term.atParent
    if term.parent > context.arrayLevel { load /= instances(term.parent, chains) }
    if term.child < context.levelCount, term.atChild != PortCycles(repeating: 0) {
      load += term.atChild / instances(term.child, chains)
    }
    return load
  }
}
