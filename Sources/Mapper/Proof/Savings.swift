internal import Ops

/// Prices of terms, of which some are negative: such words save reads, and are at most those that enter
/// times the children that no access serves together.
struct Savings {
  /// One negative price, the terms that pay for it (those of the same transfer, as many as enter or more),
  /// and the tensor.
  struct Saving {
    var term: Int
    var price: Double
    var payers: Range<Int>
    var role: UInt8
  }

  private(set) var price = TermVector(repeating: 0)
  private(set) var count = 0
  private var all = InlineArray<4, Saving>(
    repeating: Saving(term: 0, price: 0, payers: 0..<0, role: 0))
  /// What the savings that are not listed may come to.
  private(set) var unlisted = 0.0

  init(_ terms: [Term], iterations: Double) {
    for (index, term) in terms.enumerated() {
      price[index] = max(0, term.price)
      guard term.price < 0 else { continue }
      guard count < 4 else {
        unlisted -= term.price * iterations
        continue
      }
      let payers = terms.indices.filter {
        terms[$0].role == term.role && terms[$0].child == term.child
      }
      all[count] = Saving(
        term: index, price: term.price, payers: (payers.first ?? 0)..<(payers.last ?? -1) + 1,
        role: term.role.rawValue)
      count += 1
    }
  }

  subscript(number: Int) -> Saving { all[number] }
}
