public import Accelerators
internal import MeasuredTables
public import Networks
internal import Ops

extension CostTable {
  /// What a target's networks of a search space cost, as a table.
  ///
  /// Each distinct layer, or entry of a measured table, is asked for once. A target whose costs do not
  /// add up over layers, such as an FPGA pipeline or one that keeps activations on chip, is asked for
  /// every network of a space that can be listed.
  ///
  /// - Parameters:
  ///   - name: What columns call the target; its own name unless given.
  ///   - threads: Threads that work at once; the table does not depend on it.
  ///   - progress: Told how many of all distinct layers are done, from any thread.
  /// - Throws: `CostAPIError.cost` for a layer, an entry or a network that the target cannot cost, and
  ///   `CostAPIError.request` for a target whose costs do not add up and a space that is too large to
  ///   list.
  public init(
    of space: any SearchSpace, on target: any HardwareTarget, named name: String? = nil,
    threads: Int = 1, progress: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil
  ) throws(CostAPIError) {
    let name = name ?? target.name
    if let device = target as? MeasuredDevice {
      self = try Self.measured(space, on: device, named: name)
      return
    }
    let estimator = CostEstimator(target, threads: threads, progress: progress)
    let layerwise = target as? any LayerwiseTarget
    if let layerwise, !Self.keepsActivations(layerwise, in: space) {
      self = try Self.modelled(space, on: layerwise, named: name, estimator)
      return
    }
    guard space.indexedCount != nil else {
      throw .request(
        layerwise == nil
          ? "'\(target.name)' costs networks as a whole: its costs do not add up over choices"
          : "'\(target.name)' keeps activations on chip: what a layer costs depends on its neighbours",
        hint: (layerwise == nil ? "" : "take 'activations: spill', or ")
          + "cost networks one by one with 'hwcost cost'")
    }
    self = try Self.wholeNetworks(space, named: name, estimator)
  }

  /// The tables of several targets for one space, side by side.
  ///
  /// - Throws: `CostAPIError.request` for no table at all, and for tables of different spaces.
  public static func joining(_ tables: [CostTable]) throws(CostAPIError) -> CostTable {
    guard var joined = tables.first else { throw .request("no target is named", hint: nil) }
    do throws(CostTableError) {
      for table in tables.dropFirst() { joined = try joined.joined(with: table) }
    } catch {
      throw request(error)
    }
    return joined
  }

  private static func request(_ error: CostTableError) -> CostAPIError {
    .request(error.message, hint: nil)
  }

  private static func make(
    _ space: any SearchSpace, _ target: String, _ metrics: [CostMetric], fixed: [[Double]],
    terms: [Term]
  ) throws(CostAPIError) -> CostTable {
    let constant = fixed.reduce(metrics.map { _ in 0.0 }) { zip($0, $1).map { $0 + $1 } }
    do throws(CostTableError) {
      return try CostTable(
        space: space.name, searchSpace: space, choiceCounts: space.choiceCounts,
        columns: metrics.map { Column(target: target, metric: $0) }, constant: constant,
        constantParts: fixed, terms: terms)
    } catch {
      throw request(error)
    }
  }
}

// MARK: - Models
extension CostTable {
  private static func modelled(
    _ space: any SearchSpace, on target: any LayerwiseTarget, named name: String,
    _ estimator: CostEstimator
  ) throws(CostAPIError) -> CostTable {
    let parts = space.parts
    var numbers: [LayerIdentity: Int] = [:]
    var distinct: [LayerIdentity] = []
    for layer in parts.fixed + parts.terms.flatMap({ $0.layers.joined() })
    where numbers[layer.identity] == nil {
      numbers[layer.identity] = distinct.count
      distinct.append(layer.identity)
    }
    let costs: [LayerCost]
    do throws(CostError) {
      costs = try estimator.costs(of: distinct, on: target)
    } catch {
      throw .cost(error)
    }
    let metrics = CostMetric.allCases.filter { metric in
      switch metric {
      case .energyMillijoules: costs.allSatisfy { $0.energyPicojoules != nil }
      case .dramBytes: costs.allSatisfy { $0.dramBytes != nil }
      default: true
      }
    }
    func sum(_ layers: [Layer]) -> [Double] {
      metrics.map { metric in
        layers.reduce(0) { sum, layer in
          guard let number = numbers[layer.identity] else { return sum }
          let cost = costs[number]
          switch metric {
          case .latencyMilliseconds: return sum + cost.latencyMilliseconds
          case .energyMillijoules: return sum + (cost.energyPicojoules ?? 0) * 1e-9
          case .dramBytes: return sum + Double(cost.dramBytes ?? 0)
          case .macs: return sum + Double(layer.op.macs)
          case .parameters: return sum + Double(layer.parameters)
          }
        }
      }
    }
    return try make(
      space, name, metrics, fixed: parts.fixed.map { sum([$0]) },
      terms: parts.terms.map { Term(variables: $0.variables, values: $0.layers.flatMap(sum)) })
  }

  /// Whether what a layer costs depends on where it stands: networks of each choice everywhere are
  /// placed, and something stays on chip in one of them.
  private static func keepsActivations(
    _ target: any LayerwiseTarget, in space: any SearchSpace
  ) -> Bool {
    let counts = space.choiceCounts
    return (0..<(counts.max() ?? 0)).contains { choice in
      guard
        let member = try? space.architecture(choices: counts.map { min(choice, $0 - 1) })
      else { return false }
      return target.placements(of: space.network(of: member), refusing: [])
        .contains { $0.resident != .none }
    }
  }

  /// One term of all variables: what the target says of every network.
  private static func wholeNetworks(
    _ space: any SearchSpace, named name: String, _ estimator: CostEstimator
  ) throws(CostAPIError) -> CostTable {
    let members = try listed(space)
    let reports = try estimator.answers(for: members.map { CostSubject($0, of: space) })
    let metrics = CostMetric.allCases.filter { metric in
      reports.allSatisfy { $0.figure(metric) != nil }
    }
    let term = Term(
      variables: Array(space.choiceCounts.indices),
      values: reports.flatMap { report in metrics.map { report.figure($0) ?? 0 } })
    return try make(space, name, metrics, fixed: [], terms: [term])
  }

  /// Every network of a space, in the order of a term of all its variables.
  private static func listed(_ space: any SearchSpace) throws(CostAPIError) -> [Architecture] {
    let counts = space.choiceCounts
    let size: Int
    do throws(CostTableError) {
      size = try Self.size(of: Array(counts.indices), counts)
    } catch {
      throw request(error)
    }
    var members: [Architecture] = []
    for entry in 0..<size {
      var (choices, rest) = (counts, entry)
      for variable in counts.indices.reversed() {
        choices[variable] = rest % counts[variable]
        rest /= counts[variable]
      }
      do throws(ChoicesError) {
        members.append(try space.architecture(choices: choices))
      } catch {
        throw .request(error.message, hint: nil)
      }
    }
    return members
  }
}

extension CostReport {
  /// A figure of the network; `nil` where the target does not tell it.
  func figure(_ metric: CostMetric) -> Double? {
    switch metric {
    case .latencyMilliseconds: latencyMilliseconds
    case .energyMillijoules: energyMillijoules
    case .dramBytes: dramBytes.map { Double($0) }
    case .macs: Double(macs)
    case .parameters: Double(parameters)
    }
  }
}

// MARK: - Measured devices
extension CostTable {
  private static func measured(
    _ space: any SearchSpace, on device: MeasuredDevice, named name: String
  ) throws(CostAPIError) -> CostTable {
    let table: MeasuredTable
    do throws(CostError) {
      table = try device.answeringTable(forSpace: space.name)
    } catch {
      throw .cost(error)
    }
    let hasEnergy = table.description.energy != nil
    let metrics: [CostMetric] =
      hasEnergy ? [.latencyMilliseconds, .energyMillijoules] : [.latencyMilliseconds]
    func numbers(_ answer: MeasuredTable.Answer?, _ name: String) throws(CostAPIError) -> [Double] {
      guard let answer else { throw .cost(.notMeasured(entry: name, table: table.file)) }
      return [answer.latencyMilliseconds] + (hasEnergy ? [answer.energyMillijoules ?? 0] : [])
    }
    var fixed: [[Double]] = []
    var terms: [Term] = []
    switch table.description.granularity {
    case .network:
      terms = [try wholeNetworks(space, table, numbers)]
    case .block:
      guard let blocks = table.blocks else { break }
      for shape in blocks.fixed {
        fixed.append(try numbers(table.block(shape), shape.hwNASBenchKey))
      }
      for term in blocks.terms {
        var values: [Double] = []
        for shape in term.blocks {
          guard let shape else {
            values += metrics.map { _ in 0 }
            continue
          }
          values += try numbers(table.block(shape), shape.hwNASBenchKey)
        }
        terms.append(Term(variables: term.variables, values: values))
      }
    case .layer:
      let parts = space.parts
      func sum(_ layers: [Layer]) throws(CostAPIError) -> [Double] {
        var sums = metrics.map { _ in 0.0 }
        for layer in layers {
          let own = try numbers(table.layer(layer.op), layer.op.key.description)
          sums = zip(sums, own).map { $0 + $1 }
        }
        return sums
      }
      for layer in parts.fixed { fixed.append(try sum([layer])) }
      for part in parts.terms {
        var values: [Double] = []
        for layers in part.layers { values += try sum(layers) }
        terms.append(Term(variables: part.variables, values: values))
      }
    }
    return try make(space, name, metrics, fixed: fixed, terms: terms)
  }

  /// One term of all variables: every member has an entry of its own.
  private static func wholeNetworks(
    _ space: any SearchSpace, _ table: MeasuredTable,
    _ numbers: (MeasuredTable.Answer?, String) throws(CostAPIError) -> [Double]
  ) throws(CostAPIError) -> Term {
    guard space.indexedCount != nil else {
      throw .request(
        "'\(table.file)' is of whole networks, and \(space.name) is too large to list", hint: nil)
    }
    var values: [Double] = []
    for member in try listed(space) {
      let text = space.text(of: member)
      values += try numbers(table.network(text), text)
    }
    return Term(variables: Array(space.choiceCounts.indices), values: values)
  }
}
