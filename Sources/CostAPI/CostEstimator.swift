public import Accelerators
internal import Dispatch
internal import Networks
internal import Synchronization

/// The front door: networks in, reports out.
///
/// Layers that are the same in many networks are costed once, on as many threads as asked for; the
/// result does not depend on their number.
public struct CostEstimator: Sendable {
  public let target: any HardwareTarget
  /// Threads that work at once.
  public let threads: Int
  /// Whether reports list their layers.
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
            try self.target.report(for: subject.network, from: subject.origin)
          }
        })
    }
    let (networks, layers) = flatten(subjects)
    let costs = try costs(of: layers, on: target)
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
    var layers: [LayerIdentity] = []
  }

  /// The networks with one list of the distinct layers of all, in the order of their first use.
  private func flatten(_ subjects: [CostSubject]) -> ([FlatNetwork], [LayerIdentity]) {
    let size = max(1, min(64, subjects.count / threads))
    let parts = stride(from: 0, to: subjects.count, by: size).map {
      Array(subjects[$0..<min($0 + size, subjects.count)])
    }
    let chunks = parallelMap(parts, Self.flattenChunk)
    var numbers: [LayerIdentity: Int32] = [:]
    var layers: [LayerIdentity] = []
    var networks: [FlatNetwork] = []
    for chunk in chunks {
      let global = chunk.layers.map { Self.number(of: $0, &numbers, &layers) }
      for var network in chunk.networks {
        network.layers = network.layers.map { global[Int($0)] }
        networks.append(network)
      }
    }
    return (networks, layers)
  }

  private static func flattenChunk(_ subjects: [CostSubject]) -> Chunk {
    var chunk = Chunk()
    var numbers: [LayerIdentity: Int32] = [:]
    for subject in subjects {
      let network = subject.network
      let layers = network.layers.map { number(of: $0.identity, &numbers, &chunk.layers) }
      chunk.networks.append(
        FlatNetwork(name: network.name, parameters: network.parameters, layers: layers))
    }
    return chunk
  }

  /// The place of a layer in the list, at its end if it is new.
  private static func number(
    of layer: LayerIdentity, _ numbers: inout [LayerIdentity: Int32],
    _ layers: inout [LayerIdentity]
  ) -> Int32 {
    if let number = numbers[layer] { return number }
    let number = Int32(layers.count)
    numbers[layer] = number
    layers.append(layer)
    return number
  }

  private func costs(
    of layers: [LayerIdentity], on target: any LayerwiseTarget
  ) throws(CostError) -> [LayerCost] {
    let done = Atomic(0)
    let results = parallelMap(layers) { layer in
      let result = Result { () throws(CostError) in
        try target.cost(of: layer)
      }
      progress?(done.add(1, ordering: .relaxed).newValue, layers.count)
      return result
    }
    return try collect(results)
  }

  private func report(
    of subject: CostSubject, _ network: FlatNetwork, _ costs: [LayerCost]
  ) -> CostReport {
    var report = CostReport(
      target: target.name, network: network.name, parameters: network.parameters, layers: [])
    let names = listsLayers ? subject.network.layers.map(\.name) : []
    if listsLayers { report.layers.reserveCapacity(names.count) }
    for (index, number) in network.layers.enumerated() {
      report.add(costs[Int(number)])
      guard listsLayers else { continue }
      var cost = costs[Int(number)]
      cost.name = names[index]
      report.layers.append(cost)
    }
    return report
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
    let results = Mutex<[Result?]>(Array(repeating: nil, count: elements.count))
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
