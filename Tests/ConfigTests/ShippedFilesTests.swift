import Accelerators
import CostDiagnostics
import Dataflow
import HardwareConfigs
import Ops
import Testing

@Suite("The shipped hardware files")
struct ShippedFilesTests {
  @Test("the four Eyeriss files are there")
  func present() {
    for name in ["eyeriss", "eyeriss-like", "eyeriss-like-free", "accelforge-eyeriss"] {
      #expect(ShippedFiles.arrays.contains(name))
    }
  }

  @Test("each loads, and is named like its file", arguments: ShippedFiles.arrays)
  func loads(_ name: String) throws {
    #expect(try ShippedFiles.config(name).array.name == name)
  }

  @Test("each number has a source or says that it is assumed", arguments: ShippedFiles.arrays)
  func sourced(_ name: String) throws {
    let config = try ShippedFiles.config(name)
    #expect(config.unsourcedNumbers == [])
    #expect(!config.array.sources.isEmpty)
    // Every source is cited by some number.
    let cited = Set(
      config.array.provenance.values.compactMap { provenance -> String? in
        if case .source(let name) = provenance { name } else { nil }
      })
    #expect(Set(config.array.sources.keys) == cited)
  }

  @Test("each reads back the same when written out", arguments: ShippedFiles.arrays)
  func roundTrip(_ name: String) throws {
    let array = try ShippedFiles.config(name).array
    let text = ConfigWriter(array).yaml
    let again = try HardwareConfig(text: text, file: "written")
    #expect(again.array == array)
    #expect(ConfigWriter(again.array).yaml == text)
  }

  @Test("the chip has the numbers of its papers")
  func eyeriss() throws {
    let array = try ShippedFiles.config("eyeriss").array
    #expect(array.laneCount == 168)
    #expect(array.clockMegahertz == 200)
    #expect(array.staticMilliwatts == 30)
    #expect(array.compute.operationPicojoules == 2)
    // 460, 15 and 1 pJ a 16-bit word.
    let words = array.levels.map { $0.memory?.energy.input.reads.picojoulesPerWord(bits: 16) }
    #expect(words == [460, 15, 1])
    #expect(array.levels[1].fanout.hopPicojoulesPerBit * 16 == 4)
    #expect(array.levels[1].memory?.storage == .shared(capacityBytes: 100 * 1024))
    // 224, 12 and 24 words of 16 bit.
    let spads = PerTensor<Int64?>(weight: 448, input: 24, output: 48)
    #expect(array.levels[2].memory?.storage == .partitions(spads))
    // 8 bytes at 60 MHz in cycles of 200 MHz: 480 MB/s.
    #expect(array.levels[0].memory?.ports.map(\.rate) == [.bytesPerCycle(2.4)])
    #expect(array.levels[1].memory?.ports.map(\.rate) == [.bytesPerCycle(16)])
    #expect(array.provenance["levels[1].fanout.hop"] == .source("nn_dataflow"))
  }

  @Test("activations can stay in the buffer of any shipped array", arguments: ShippedFiles.arrays)
  func residentActivations(name: String) throws {
    let array = try ShippedFiles.config(name, overriding: ["activations": "resident"]).array
    #expect(array.residency == .resident)
    #expect(array.residentLevel.map { array.levels[$0].name } == "buffer")
  }

  @Test("the exercise's design has the sizes of its memories and the energies of its table")
  func eyerissLike() throws {
    let array = try ShippedFiles.config("eyeriss-like").array
    #expect(array.laneCount == 168)
    #expect(
      array.levels.map(\.name) == ["dram", "buffer", "ifmap_spad", "weight_spad", "psum_spad"])
    let hierarchy = array.hierarchy
    // 16384 x 64, 12 x 16, 192 x 16 and 16 x 16 bit.
    #expect(
      hierarchy.levels.map { $0.memory?.capacity } == [
        .unbounded, .shared(1_048_576), .shared(192), .shared(3072), .shared(256),
      ])
    // Eight 8-bit words an access of 64 bit: 512 / 8 and 18.183829 / 8.
    let dram = try #require(array.levels[0].memory)
    #expect(dram.energy.weight.reads.picojoulesPerWord(bits: 8) == 64)
    #expect(dram.energy.output.drains.picojoulesPerWord(bits: 8) == 0)
    let buffer = try #require(array.levels[1].memory)
    #expect(buffer.energy.input.reads.picojoulesPerWord(bits: 8) == 18.183829 / 8)
    #expect(buffer.energy.output.updates.picojoulesPerWord(bits: 8) == 14.137929 / 8)
    #expect(buffer.mayKeep == [.input, .output])
    #expect(array.levels[4].memory?.wordBits.output == 16)
    #expect(
      array.dataflow.levels[1].spatialY
        == DimensionSet([.init(.s), .init(.c), .init(.k), .init(.g)]))
    #expect(array.dataflow.levels[2].temporal == [])
  }

  @Test("the free design differs from the exercise's in constraints and bypass only")
  func free() throws {
    let bound = try ShippedFiles.config("eyeriss-like").array
    let free = try ShippedFiles.config("eyeriss-like-free").array
    #expect(free.dataflow == .free(levelCount: 5))
    #expect(free.compute == bound.compute)
    for (one, other) in zip(free.levels, bound.levels) {
      #expect(one.fanout == other.fanout)
      #expect(one.memory?.storage == other.memory?.storage)
      #expect(one.memory?.energy == other.memory?.energy)
    }
    #expect(free.levels.dropFirst().allSatisfy { $0.memory?.mustKeep == [] })
    #expect(free.levels[1].memory?.mayKeep == .all)
  }

  @Test("AccelForge's example has the sizes of its file and the energies of its models")
  func accelForge() throws {
    let array = try ShippedFiles.config("accelforge-eyeriss").array
    #expect(array.laneCount == 168)
    #expect(array.clockMegahertz == 200)
    // 1024 x 1024, 12 x 16, 192 x 16 and 16 x 16 bit.
    #expect(
      array.hierarchy.levels.map { $0.memory?.capacity } == [
        .unbounded, .shared(1_048_576), .shared(192), .shared(3072), .shared(256),
      ])
    #expect(array.levels[1].fanout.x.size == 14 && array.levels[1].fanout.y.size == 12)
    // 8 pJ a bit, and eight 8-bit words an access of 64 bit.
    let dram = try #require(array.levels[0].memory)
    #expect(dram.energy.weight.reads.picojoulesPerWord(bits: 8) == 64)
    // 3,355,443,200 bit/s in cycles of 200 MHz.
    #expect(dram.ports.map(\.rate) == [.bytesPerCycle(2.097152)])
    let buffer = try #require(array.levels[1].memory)
    #expect(buffer.energy.input.reads.picojoulesPerWord(bits: 8) == 90.564303 / 8)
    #expect(buffer.mayKeep == .all && buffer.mustKeep == [])
    #expect(array.levels.dropFirst(2).map { $0.memory?.mustKeep } == [.input, .weight, .output])
    // Along x what uses the same weights, along y what adds to the same outputs.
    let elements = array.dataflow.levels[1]
    #expect(elements.spatialX == DimensionSet([.init(.n), .init(.p), .init(.q)]))
    #expect(elements.spatialY == DimensionSet([.init(.c), .init(.r), .init(.s)]))
    #expect(array.switches.storesPadding)
  }
}
