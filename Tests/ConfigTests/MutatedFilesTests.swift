import Accelerators
import CostDiagnostics
import CostYAML
import HardwareConfigs
import Ops
import Testing

/// A small generator of numbers that are the same on every machine (Steele, Lea, Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("Mutated hardware files")
struct MutatedFilesTests {
  /// Pieces that often matter to a parser of YAML, of units or of key paths.
  private let pieces = [
    "\t", "\n", ":", "- ", "&a ", "*a", "{", "}", "[", "]", "\"", "'", "|", ">", "#", "!t ", "%",
    "@",
    "---\n", "...\n", "null", "~", "0", "-1", "1e999", "nan", "99999999999999999999", " KiB",
    " pJ/bit",
    "é", "\u{1F600}", "\u{0}", "\u{FEFF}", "? ", "<<: ", "source: ", "levels: ",
  ]

  /// Decodes, and insists that any mistake has a place, a message and a form to print.
  private func decode(_ bytes: [UInt8]) -> Bool {
    do throws(InputError) {
      let config = try HardwareConfig(try YAMLDocument(parsing: bytes, file: "m"))
      _ = ConfigWriter(config.array).yaml
      return true
    } catch {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(!error.diagnostics.isEmpty)
      #expect(error.diagnostics.allSatisfy { $0.location.line >= 1 && $0.location.column >= 1 })
      #expect(!DiagnosticRenderer(file: "m", text: text).render(error).isEmpty)
      return false
    }
  }

  @Test("a file cut anywhere is read or refused", arguments: ShippedFiles.arrays)
  func truncated(_ name: String) throws {
    let bytes = Array(try ShippedFiles.text(name).utf8)
    var read = 0
    for length in stride(from: 0, through: bytes.count, by: 7) {
      if decode(Array(bytes.prefix(length))) { read += 1 }
    }
    #expect(decode(bytes))
    // A file without its last lines lacks keys that it needs, until nearly all of it is there.
    #expect(read < bytes.count / 7)
  }

  @Test("a file changed at random is read or refused", arguments: ShippedFiles.arrays)
  func mutated(_ name: String) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the mutations of \(name): \(seed)")
    var random = SplitMix64(state: seed)
    let original = Array(try ShippedFiles.text(name).utf8)
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        mutate(&bytes, &random)
      }
      _ = decode(bytes)
    }
  }

  @Test("a mapping changed at random is read or refused")
  func mutatedMapping() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of the mutations of a mapping: \(seed)")
    var random = SplitMix64(state: seed)
    let hierarchy = try ShippedFiles.config("eyeriss").array.hierarchy
    let original = Array(
      """
      levels:
        - {level: dram, keeps: [weight, input, output], temporal: [k 2@8, p 3@14]}
        - {level: buffer, temporal: [c 4, q 32], spatial_x: [p 14], spatial_y: [r 3, k 4]}
        - {level: scratchpads, temporal: [s 3, c 4, k 2]}
      """.utf8)
    let bounds = Extents([.k: 16, .c: 16, .p: 32, .q: 32, .r: 3, .s: 3])
    var read = 0
    for round in 0..<2000 {
      var bytes = original
      for _ in 0..<(round == 0 ? 0 : Int.random(in: 1...3, using: &random)) {
        mutate(&bytes, &random)
      }
      do throws(InputError) {
        let document = try YAMLDocument(parsing: bytes, file: "m")
        let mapping = try MappingFile.decode(document, hierarchy: hierarchy, bounds: bounds)
        // What is read is written and read again.
        let text = MappingFile.yaml(for: mapping, on: hierarchy)
        let again = try MappingFile.decode(
          text: text, file: "w", hierarchy: hierarchy, bounds: bounds)
        #expect(again == mapping)
        read += 1
      } catch {
        #expect(!error.diagnostics.isEmpty)
      }
    }
    #expect(read >= 1)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    let at = Int.random(in: 0..<max(1, bytes.count), using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0 where !bytes.isEmpty:
      bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 1 where !bytes.isEmpty:
      let end = min(bytes.count, at + Int.random(in: 1...40, using: &random))
      bytes.removeSubrange(at..<end)
    case 2:
      let end = min(bytes.count, at + Int.random(in: 1...60, using: &random))
      let to = Int.random(in: 0...bytes.count, using: &random)
      bytes.insert(contentsOf: bytes[min(at, end)..<end], at: to)
    default:
      let piece = pieces.randomElement(using: &random) ?? ""
      bytes.insert(contentsOf: Array(piece.utf8), at: min(at, bytes.count))
    }
  }
}
