/// What a search may still take, in steps of about a tenth of a microsecond and in time.
///
/// Steps end a search at the same place on any machine; only a limit in seconds does not.
struct Budget {
  /// Steps after which a search gives up its proof unless another limit is asked for: with perfect
  /// factors about a second, with imperfect ones, whose first mapping is the best perfect one, less.
  static let perfectEffort: Int64 = 10_000_000
  static let imperfectEffort: Int64 = 6_500_000

  private let deadline: ContinuousClock.Instant?
  private var left: Int64
  private var sinceLook: Int64 = 0
  private(set) var isSpent = false

  init(_ budget: SearchBudget, effort: Int64) {
    // A limit in seconds is the only one there is.
    deadline = budget.seconds.map { ContinuousClock.now + .seconds(min(1e9, max(0, $0))) }
    left = deadline == nil ? effort : .max
  }

  /// Takes some steps.
  @inline(__always)
  mutating func spend(_ steps: Int64) {
    left -= steps
    sinceLook += steps
    if left < 0 || sinceLook >= 4096 { look() }
  }

  private mutating func look() {
    sinceLook = 0
    if left < 0 { isSpent = true }
    if let deadline, ContinuousClock.now >= deadline { isSpent = true }
  }

  mutating func giveUp() { isSpent = true }

  /// Whether the time asked for is over, whatever steps are left.
  var isLate: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

  /// Half of what is left, for what prepares the rest of the work.
  var half: Budget {
    let now = ContinuousClock.now
    var budget = Budget(deadline: deadline.map { now + ($0 - now) / 2 }, left: left / 2)
    budget.look()
    return budget
  }

  private init(deadline: ContinuousClock.Instant?, left: Int64) {
    self.deadline = deadline
    self.left = left
  }

  /// A budget of its own for a part of the work, with the same end.
  func apart(effort: Int64) -> Budget {
    var budget = self
    budget.left = deadline == nil ? effort : .max
    budget.isSpent = false
    budget.look()
    return budget
  }
}
