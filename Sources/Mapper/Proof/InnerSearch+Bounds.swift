internal import Dataflow
internal import Ops

extension InnerSearch {
  /// Energy with leakage and whole cycles, at least, by the set of tensors that stays together; infinite
  /// where there is no such part.
  struct Bounds {
    var energies = SIMD4<Double>(repeating: .infinity)
    var cycles = SIMD4<Double>(repeating: .infinity)

    /// The least score of any set.
    func score(_ incumbents: Incumbents) -> Double {
      var least = Double.infinity
      for number in 0..<3 where cycles[number] < .infinity {
        least = min(
          least, incumbents.score(energy: energies[number], cycles: cycles[number]))
      }
      return least
    }
  }

  /// Which terms are of which tensor, and of the tensors that stay together.
  struct RoleTerms {
    private(set) var ofRole: InlineArray<3, SIMDMask<TermVector.MaskStorage>>
    private(set) var ofClass: InlineArray<3, SIMDMask<TermVector.MaskStorage>>
    /// Whether there are levels around that of some term inside the array level, and further ones around those
    /// (``InnerVariable/stops``).
    let anyStop: Bool
    let anyDeep: Bool

    init(_ tables: InnerTables) {
      let (levels, array) = (tables.context.levelCount, tables.context.arrayLevel)
      anyStop = tables.inner.contains { $0.child < levels && $0.child > array + 1 }
      anyDeep = tables.inner.contains { $0.child < levels && $0.child > array + 2 }
      ofRole = InlineArray(repeating: SIMDMask(repeating: false))
      ofClass = ofRole
      for (index, term) in tables.inner.enumerated() {
        ofRole[Int(term.role.rawValue)][index] = true
        for number in 0..<3 {
          ofClass[number][index] = tables.context.classes[number] & (1 << term.role.rawValue) != 0
        }
      }
    }
  }

  /// Ports of memories that all children share, whose load is linear in the words of each term: the two
  /// that all words keep busiest.
  struct SharedPorts {
    /// Cycles a word by term, and those of what moves outside.
    private(set) var load = InlineArray<2, TermVector>(repeating: TermVector(repeating: 0))
    private(set) var others = SIMD2<Double>(repeating: 0)
    private(set) var count = 0

    init(_ tables: InnerTables, _ outer: LeastOuter) {
      let limited = (0..<PortCycles.scalarCount).compactMap { port -> (Int, TermVector)? in
        var load = TermVector(repeating: 0)
        for (index, term) in tables.inner.enumerated()
        where term.parent <= tables.context.arrayLevel {
          load[index] = term.atParent[port]
        }
        return load.largest > 0 ? (port, load) : nil
      }
      for (port, load) in limited.sorted(by: { $0.1.total > $1.1.total }).prefix(2) {
        self.load[count] = load
        others[count] = outer.ports[port] - tables.terms.savedInner[port]
        count += 1
      }
    }
  }

  /// Energy and cycles of all parts that continue one, at least, by the set of tensors that stays.
  @inline(__always)
  func bounds(_ state: UnsafePointer<State>, _ next: Int) -> Bounds {
    let least = least.entry(
      next, state.pointee.chains, x: state.pointee.leftX[0], y: state.pointee.leftY[0])
    let steps = state.pointee.steps * least.pointee.steps
    if steps == .infinity { return Bounds() }
    let moving = state.pointee.moving * least.pointee.moving
    let staying = state.pointee.staying * least.pointee.staying
    let (price, unpaid) = prices(state, next)
    if isPerfect {
      return bounds(
        moving, staying, state.pointee.deep * least.pointee.moving, stops: state.pointee.stops,
        price, constant - unpaid, steps: steps)
    }
    return bounds(
      moving, staying, price, constant - unpaid, steps: steps,
      BorderShares.most(state.pointee.shares, openShares[next]))
  }

  /// Prices that bound a part, none of them negative, and picojoules that it may save besides.
  ///
  /// A negative price counts at most the children that no access serves together; that is taken from what moves
  /// as often, and of what is left each iteration counts once at most.
  @inline(__always)
  private func prices(
    _ state: UnsafePointer<State>, _ next: Int
  ) -> (price: TermVector, unpaid: Double) {
    var (price, unpaid) = (savings.price, savings.unlisted)
    for number in 0..<savings.count {
      let saving = savings[number]
      var most = state.pointee.apart[number]
      if openRoles[next] & (1 << saving.role) != 0 {
        for slot in 0..<context.fanouts.count {
          most *= Double(state.pointee.leftX[slot]) * Double(state.pointee.leftY[slot])
        }
      }
      var debt = -saving.price * most
      for payer in saving.payers {
        let paid = min(debt, price[payer])
        price[payer] -= paid
        debt -= paid
      }
      unpaid += debt / most * context.iterations
    }
    return (price, unpaid)
  }

  /// The same with steps that divide: other tensors move wholly, and one that loops inside the array level
  /// move stays over none outside.
  @inline(__always)
  func bounds(
    _ most: TermVector, _ fewest: TermVector, _ deep: TermVector, stops: TermVector,
    _ price: TermVector, _ constant: Double, steps: Double
  ) -> Bounds {
    var (moving, staying) = (larger(most, fewest), fewest)
    if roles.anyDeep { moving.replace(with: larger(moving, deep), where: stops .> 1) }
    if roles.anyStop { staying.replace(with: moving, where: stops .> 0) }
    var bounds = Bounds()
    for number in 0..<context.classCount {
      let words = moving.replacing(with: staying, where: roles.ofClass[number])
      var slowest = max(steps, leastPorts)
      for port in 0..<ports.count {
        slowest = max(
          slowest, (words * ports.load[port]).total * (1 - 1e-12) + ports.others[port])
      }
      let cycles = max(1, (slowest - 1e-6).rounded(.up))
      bounds.cycles[number] = cycles
      bounds.energies[number] =
        constant + (words * price).total + picojoulesPerCycle * cycles
    }
    return bounds
  }

  /// The same with any steps: of other tensors those words stay that borders let stay.
  @inline(__always)
  private func bounds(
    _ moving: TermVector, _ staying: TermVector, _ price: TermVector, _ constant: Double,
    steps: Double, _ shares: BorderShares
  ) -> Bounds {
    let cycles = max(1, (max(steps, leastPorts) - 1e-6).rounded(.up))
    let none = TermVector(repeating: 0)
    let (stay, move) = (staying * price, moving * price)
    var (fewest, most) = (SIMD4<Double>(repeating: 0), SIMD4<Double>(repeating: 0))
    for role in 0..<3 {
      fewest[role] = none.replacing(with: stay, where: roles.ofRole[role]).total
      most[role] = none.replacing(with: move, where: roles.ofRole[role]).total
    }
    let extra = larger(SIMD4(repeating: 0), most - fewest)
    var saved = 0.0
    for number in 0..<3 { saved = max(saved, context.saved(extra, shares, ofClass: number)) }
    var bounds = Bounds()
    bounds.cycles[0] = cycles
    bounds.energies[0] =
      constant + fewest.total + extra.total - saved + picojoulesPerCycle * cycles
    return bounds
  }

  /// Whether some set of tensors may stay in a mapping that is wanted.
  @inline(__always)
  func areWanted(_ bounds: Bounds) -> Bool {
    for number in 0..<(isPerfect ? context.classCount : 1)
    where !incumbents.ruleOut(energy: bounds.energies[number], cycles: bounds.cycles[number]) {
      return true
    }
    return false
  }
}
