import Accelerators
import Dataflow
import Ops

/// Timeloop's exercise design "eyeriss_like" with its published energies
/// (timeloop-accelergy-exercises, `example_designs/eyeriss_like`): 14 x 12 elements with three
/// scratchpads in series, 8-bit words, row-stationary constraints unless `isFree`.
func eyerissLike(isFree: Bool = false, dramBytesPerCycle: Double? = nil) -> SpatialArray {
  let dram = StorageLevel(
    storage: .shared(capacityBytes: nil),
    wordBits: PerTensor(weight: nil, input: nil, output: 8),
    energy: energies(read: 512, write: 512, bits: 64),
    ports: dramBytesPerCycle.map {
      [
        Port(
          name: "link", rate: .bytesPerCycle($0),
          carries: [
            .init(.weight, .reads), .init(.input, .reads), .init(.output, .reads),
            .init(.output, .updates),
          ])
      ]
    } ?? [])
  let buffer = StorageLevel(
    storage: .shared(capacityBytes: 16384 * 8), mayKeep: isFree ? .all : [.input, .output],
    mustKeep: isFree ? [] : [.input, .output],
    wordBits: PerTensor(weight: nil, input: nil, output: 8),
    energy: energies(read: 18.183829, write: 14.137929, bits: 64),
    ports: [
      Port(
        name: "read", rate: .wordsPerCycle(16),
        carries: [.init(.weight, .reads), .init(.input, .reads), .init(.output, .reads)]),
      Port(
        name: "write", rate: .wordsPerCycle(16),
        carries: [
          .init(.weight, .fills), .init(.input, .fills), .init(.output, .fills),
          .init(.output, .updates),
        ]),
    ], leakPicojoulesPerCycle: 0.005652)
  let spads = [
    ("ifmap_spad", TensorRole.input, Int64(24), 0.202442, 0.176713, 0.000101),
    ("weights_spad", .weight, 384, 1.976602, 1.881657, 0.001592),
    ("psum_spad", .output, 32, 0.2513, 0.2191, 0.000134),
  ]
  let elements = spads.map { name, role, bytes, read, write, leak in
    ArrayLevel(
      name: name,
      memory: StorageLevel(
        storage: .shared(capacityBytes: bytes), mayKeep: TensorSet(role),
        mustKeep: isFree ? [] : TensorSet(role),
        wordBits: PerTensor(weight: nil, input: nil, output: 16),
        energy: energies(read: read, write: write, bits: 16), leakPicojoulesPerCycle: leak))
  }
  let wires = { (size: Int32) in
    Hierarchy.Wires(size: size, multicast: [.weight, .input], reduce: .output)
  }
  return SpatialArray(
    name: "eyeriss-like", clockMegahertz: 200,
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16),
    levels: [
      ArrayLevel(name: "dram", memory: dram),
      ArrayLevel(name: "buffer", memory: buffer, fanout: Fanout(x: wires(14), y: wires(12))),
    ] + elements, compute: ComputeUnit(operationPicojoules: 0.207692),
    dataflow: isFree ? nil : rowStationary())
}

private func energies(
  read: Double, write: Double, bits: Int
) -> PerTensor<PerAccess<AccessEnergy>> {
  let reading = AccessEnergy.perAccess(picojoules: read, accessBits: bits, partial: .fraction)
  let writing = AccessEnergy.perAccess(picojoules: write, accessBits: bits, partial: .fraction)
  return PerTensor(
    repeating: PerAccess(reads: reading, fills: writing, updates: writing, drains: reading))
}

private func rowStationary() -> DataflowConstraints {
  let set = { (dimensions: [LoopDimension]) in
    dimensions.reduce(into: DimensionSet()) { $0.insert(DimensionSet($1)) }
  }
  var levels = Array(repeating: DataflowConstraints.Level(), count: 5)
  levels[1].spatialX = set([.q, .k, .g])
  levels[1].spatialY = set([.s, .c, .k, .g])
  levels[2].temporal = []
  levels[3].temporal = set([.r, .c])
  levels[4].temporal = set([.k])
  return DataflowConstraints(name: "row-stationary", levels: levels)
}

/// A convolution; `padding` only where the tensor is smaller than the windows reach.
func convolution(
  n: Int32 = 1, g: Int32 = 1, k: Int32, c: Int32, p: Int32, q: Int32, r: Int32, s: Int32,
  stride: Int32 = 1, dilation: Int32 = 1, padding: Int32 = 0, isSquare: Bool = true
) throws -> Problem {
  let axis = { (position: LoopDimension, filter: LoopDimension, count: Int32, taps: Int32) in
    let padding = isSquare || taps > 1 ? padding : 0
    return AffineAxis(
      [.init(stride, position), .init(dilation, filter)], offset: -padding,
      extent: (count - 1) * stride + (taps - 1) * dilation + 1 - 2 * padding)
  }
  let bounds = Extents([.n: n, .g: g, .k: k, .c: c, .p: p, .q: q, .r: r, .s: s])
  let plain = { (dimensions: [LoopDimension]) in
    dimensions.map { AffineAxis($0, extent: bounds[$0]) }
  }
  return try Problem(
    bounds: bounds,
    projections: PerTensor(
      weight: Projection(plain([.g, .k, .c, .r, .s])),
      input: Projection(plain([.n, .g, .c]) + [axis(.p, .r, p, r), axis(.q, .s, q, s)]),
      output: Projection(plain([.n, .g, .k, .p, .q]))),
    precision: Precision(weightBits: 8, activationBits: 8, accumulatorBits: 16))
}
