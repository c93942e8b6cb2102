extension DesignSearch {
  /// What more of each resource would buy beside a solution of the least interval.
  ///
  /// Questions that take more than a few hundred nodes count as answered by no, so that a smaller number of
  /// units may do as well.
  ///
  /// - Complexity: some tens of short searches.
  public func prices(of solution: DesignSolution) -> [ResourcePrice] {
    FPGAResource.allCases.map { resource in
      var price = ResourcePrice(
        resource: resource, intervalCyclesWithOneMore: solution.intervalCycles)
      let budget = { (units: Int64) -> FPGAResources in
        var budget = problem.budget
        budget[resource] = budget[resource].saturatingSum(units)
        return budget
      }
      // Something shorter can be had if one cycle less can.
      let helps = { (units: Int64) -> Bool in
        guard solution.intervalCycles > candidates[0] else { return false }
        let answer = answer(
          solution.intervalCycles - 1, budget(units), effort: Self.short)
        if case .feasible = answer { return true }
        return false
      }
      guard helps(Self.unlimited) else { return price }
      var (low, high): (Int64, Int64) = (1, 1)
      while high < Self.unlimited, !helps(high) {
        low = high + 1
        high *= 2
      }
      while low < high {
        let middle = low + (high - low) / 2
        if helps(middle) { high = middle } else { low = middle + 1 }
      }
      let interval = { (units: Int64) in
        (try? leastInterval(within: budget(units), mostNodes: 10_000))?.intervalCycles
          ?? solution.intervalCycles
      }
      price.helpingUnits = high
      price.helpedIntervalCycles = interval(high)
      if high == 1 { price.intervalCyclesWithOneMore = price.helpedIntervalCycles }
      return price
    }
  }

  /// More of a resource than any device has.
  private static let unlimited: Int64 = 1 << 40

  /// The resource that keeps a solution from being better: of those of which a little more helps, the
  /// one that needs the least part of its budget more.
  public static func binding(_ prices: [ResourcePrice], budget: FPGAResources) -> FPGAResource? {
    prices.filter { $0.helpingUnits != nil }.min { one, other in
      let share = { (price: ResourcePrice) in
        Double(price.helpingUnits ?? 0) / Double(max(1, budget[price.resource]))
      }
      return share(one) < share(other)
    }?.resource
  }
}
