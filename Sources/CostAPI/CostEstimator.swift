public import Accelerators
internal import Dispatch
internal import Networks
internal import Synchronization

/// The front door: networks in, reports out.
///
/// Layers that are the same in many networks are costed once, on as many threads as asked for; the
/// result does not depend on their number.
public struct CostEstimator: Sendable {
  /// The target that is asked.
  public let target: any HardwareTarget
  /// Threads that work at once.
  public let threads: Int
  /// Whether reports list their layers, and the stages and buffers of pipelines.
  public let listsLayers: Bool
  /// Told how many of all layers are done, from any thread.
  private let progress: (@Sendable (_ done: Int, _ all: Int) -> Void)?

  /// - Parameter threads: Threads that work at once; fewer than one count as one.
  public init(
    _ target: any HardwareTarget, threads: Int = 1, listsLayers: Bool = false,
    progress: (@Sendable (_ done: Int, _ all: Int) -> Void)? = nil
  ) {
    self.target = target
    self.threads = max(1, threads)
    self.listsLayers = listsLayers
    self.progress = progress
  }

  /// One report a subject, in the same order.
  ///
  /// - Throws: `CostError` for the first layer, or network, that the target cannot cost.
  public func reports(for subjects: [CostSubject]) throws(CostError) -> [CostReport] {
    guard let target = target as? any LayerwiseTarget else {
      return try collect(
        parallelMap(subjects) { subject in
          Result { () throws(CostError) in
            let (network, origin) = (subject.network, subject.origin)
            return listsLayers
              ? try self.target.report(for: network, from: origin)
              : try self.target.totals(for: network, from: origin)
          }
        })
    }
    let (networks, costs) = try costed(subjects, on: target)
    return parallelMap(Array(zip(subjects, networks))) { subject, network in
      report(of: subject, network, costs)
    }
  }
}

extension CostEstimator {
  /// One report a subject, in the same order.
  ///
  /// - Throws: `CostAPIError.cost` for the first layer, or network, that the target cannot cost.
  public func answers(for subjects: [CostSubject]) throws(CostAPIError) -> [CostReport] {
    do throws(CostError) { return try reports(for: subjects) } catch { throw .cost(error) }
  }
}

// MARK: - Layers in common
extension CostEstimator {
  /// A network whose layers are numbers into a list.
  private struct FlatNetwork: Sendable {
    var name: String
    var parameters: Int64
    var layers: [Int32]
  }

  /// Some networks with a list of layers of their own.
  private struct Chunk: Sendable {
    var networks: [FlatNetwork] = []
    var layers: [PlacedLayer] = []
  }

  /// A network to be placed without the placements that were refused before.
  private struct Placing: Sendable {
    var subject: CostSubject
    var refused: Set<PlacedLayer> = []
  }

  /// Distinct layers in the order of their first use.
  private struct LayerList {
    var layers: [PlacedLayer] = []
    private var numbers: [PlacedLayer: Int32] = [:]

    /// The place of a layer in the list, at its end if it is new.
    mutating func number(of layer: PlacedLayer) -> Int32 {
      if let number = numbers[layer] { return number }
      let number = Int32(layers.count)
      numbers[layer] = number
      layers.append(layer)
      return number
    }
  }

  /// The networks as numbers of layers, and what each of those costs.
  ///
  /// A placement that leaves a layer no mapping is refused: each network that has it is placed
  /// again without it, until no network has one.
  private func costed(
    _ subjects: [CostSubject], on target: any LayerwiseTarget
  ) throws(CostError) -> ([FlatNetwork], [LayerCost?]) {
    var placings = subjects.map { Placing(subject: $0) }
    var list = LayerList()
    var networks = flatten(placings, on: target, into: &list)
    // `nil` for a refused placement.
    var costs: [LayerCost?] = []
    while true {
      costs += try self.costs(of: list.layers, from: costs.count, on: target)
      guard costs.contains(where: { $0 == nil }) else { break }
      let affected = networks.indices.filter { index in
        networks[index].layers.contains { costs[Int($0)] == nil }
      }
      if affected.isEmpty { break }
      for index in affected {
        for number in networks[index].layers where costs[Int(number)] == nil {
          placings[index].refused.insert(list.layers[Int(number)])
        }
      }
      let again = flatten(affected.map { placings[$0] }, on: target, into: &list)
      for (index, network) in zip(affected, again) { networks[index] = network }
    }
    return (networks, costs)
  }

  /// The networks as numbers into a list of the distinct layers of all, which grows.
  private func flatten(
    _ placings: [Placing], on target: any LayerwiseTarget, into list: inout LayerList
  ) -> [FlatNetwork] {
    let size = max(1, min(64, placings.count / threads))
    let parts = stride(from: 0, to: placings.count, by: size).map {
      Array(placings[$0..<min($0 + size, placings.count)])
    }
    let chunks = parallelMap(parts) { Self.flattenChunk($0, on: target) }
    var networks: [FlatNetwork] = []
    for chunk in chunks {
      let global = chunk.layers.map { list.number(of: $0) }
      for var network in chunk.networks {
        network.layers = network.layers.map { global[Int($0)] }
        networks.append(network)
      }
    }
    return networks
  }

  private static func flattenChunk(
    _ placings: [Placing], on target: any LayerwiseTarget
  ) -> Chunk {
    var networks: [FlatNetwork] = []
    var list = LayerList()
    for placing in placings {
      let network = placing.subject.network
      let layers = target.placements(of: network, refusing: placing.refused)
      networks.append(
        FlatNetwork(
          name: network.name, parameters: network.parameters,
          layers: layers.map { list.number(of: $0) }))
    }
    return Chunk(networks: networks, layers: list.layers)
  }

  /// What the layers from a number on cost; `nil` for those whose placement is refused.
  private func costs(
    of layers: [PlacedLayer], from first: Int, on target: any LayerwiseTarget
  ) throws(CostError) -> [LayerCost?] {
    let done = Atomic(first)
    let results = parallelMap(Array(layers[first...])) { layer in
      let result = Result { () throws(CostError) -> LayerCost? in
        do throws(CostError) {
          return try target.cost(of: layer)
        } catch {
          guard error.refuses(layer) else { throw error }
          return nil
        }
      }
      progress?(done.add(1, ordering: .relaxed).newValue, layers.count)
      return result
    }
    return try collect(results)
  }

  private func report(
    of subject: CostSubject, _ network: FlatNetwork, _ costs: [LayerCost?]
  ) -> CostReport {
    var report = CostReport(
      target: target.name, network: network.name, parameters: network.parameters, layers: [])
    report.add(
      network.layers.map(Int.init),
      costs: { number in
        guard let cost = costs[number] else {
          preconditionFailure("a network is placed until all of its layers have a cost")
        }
        return cost
      }, names: listsLayers ? subject.network.layers.map(\.name) : [])
    return report
  }
}

// MARK: - Layers by themselves
extension CostEstimator {
  /// What each layer costs where nothing stays on chip, in the same order.
  ///
  /// - Throws: `CostError` for the first layer that the target cannot cost.
  func costs(
    of layers: [LayerIdentity], on target: any LayerwiseTarget
  ) throws(CostError) -> [LayerCost] {
    let done = Atomic(0)
    return try collect(
      parallelMap(layers) { layer in
        let result = Result { () throws(CostError) in try target.cost(of: layer) }
        progress?(done.add(1, ordering: .relaxed).newValue, layers.count)
        return result
      })
  }
}

// MARK: - Parallel work
extension CostEstimator {
  /// The results in the order of the elements, whichever thread computed them.
  private func parallelMap<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    guard threads > 1, elements.count > 1 else { return elements.map(transform) }
    let next = Atomic(0)
    let results = Guarded<[Result?]>(Array(repeating: nil, count: elements.count))
    DispatchQueue.concurrentPerform(iterations: min(threads, elements.count)) { _ in
      // Each thread takes the next element that is left, because their work differs by far.
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < elements.count else { return }
        let result = transform(elements[index])
        results.withLock { $0[index] = result }
      }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  /// All values, or the first error.
  private func collect<Value>(_ results: [Result<Value, CostError>]) throws(CostError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(results.count)
    for result in results { values.append(try result.get()) }
    return values
  }
}
