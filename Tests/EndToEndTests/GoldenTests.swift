import Foundation
import Testing

/// Whether files are to be recorded anew instead of compared.
private var isRecording: Bool {
  ProcessInfo.processInfo.environment["HWCOST_RECORD_GOLDENS"] == "1"
}

@Suite("Golden reports")
struct GoldenTests {
  private static let folder = Program.root.appendingPathComponent("Tests/EndToEndTests/Golden")

  /// A golden result may change only together with the version of the model.
  @Test(
    "reports are the recorded ones",
    arguments: [
      (
        "cost-eyeriss-nasbench201",
        [
          "cost", "--target", "eyeriss", "--space", "nasbench201-cifar10", "--index", "0",
          "--per-layer", "--factors", "perfect",
        ]
      ),
      (
        "cost-eyeriss-fbnet",
        [
          "cost", "--target", "eyeriss", "--space", "fbnet-imagenet-facebook", "--arch",
          "8 2 0 8 8 7 2 4 2 7 6 5 7 3 5 6 1 7 7 6 7 7", "--factors", "perfect",
        ]
      ),
      (
        "cost-eyeriss-resident",
        [
          "cost", "--target", "eyeriss", "--set", "activations=resident", "--network", "alexnet",
          "--per-layer", "--factors", "perfect",
        ]
      ),
      (
        "map-eyeriss-like-conv",
        [
          "map", "--target", "eyeriss-like", "--layer", "conv c=16 k=16 h=32 r=3 pad=1",
          "--no-timing", "--factors", "perfect",
        ]
      ),
      (
        "cost-example",
        [
          "cost", "--target", "example", "--space", "nasbench201-cifar10", "--arch",
          "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        ]
      ),
    ])
  func golden(name: String, arguments: [String]) throws {
    let run = try Program.run(arguments + ["--format", "json"])
    try #require(run.status == 0, "\(run.errors)")
    // The digest changes with every comment of a hardware file, the effort with every better search.
    let report = run.output
      .replacing(/"config_sha256": "[0-9a-f]{64}"/, with: "\"config_sha256\": \"…\"")
      .replacing(/"evaluations": [0-9]+/, with: "\"evaluations\": 0")
    #expect(report != run.output)
    let url = Self.folder.appendingPathComponent("\(name).json")
    if isRecording {
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(report.utf8).write(to: url)
    }
    let recorded = try String(contentsOf: url, encoding: .utf8)
    #expect(report == recorded, "HWCOST_RECORD_GOLDENS=1 records it anew, if that is meant")
  }

  @Test("the README's examples print what it says")
  func readme() throws {
    let url = Program.root.appendingPathComponent("README.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    var lines: [String] = []
    var isInside = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```" { isInside = false }
      if !isInside { lines.append(String(line)) }
      guard line.hasPrefix("$ hwcost ") else {
        if line == "```console" { isInside = true }
        continue
      }
      let run = try Program.run(Self.words(line.dropFirst("$ hwcost ".count)))
      #expect(run.status == 0, "\(run.errors)")
      let output = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      lines += [String(line)] + output.dropLast().map(String.init)
    }
    let shown = lines.joined(separator: "\n")
    if isRecording { try Data(shown.utf8).write(to: url) }
    #expect(shown == (try String(contentsOf: url, encoding: .utf8)))
  }

  /// The words of a command line, those between single quotes in one piece.
  private static func words(_ line: Substring) -> [String] {
    let pieces = line.split(separator: "'", omittingEmptySubsequences: false)
    return pieces.enumerated().flatMap { index, piece in
      index % 2 == 1 ? [String(piece)] : piece.split(separator: " ").map(String.init)
    }
  }
}
