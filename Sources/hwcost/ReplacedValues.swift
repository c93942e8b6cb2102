internal import ArgumentParser

/// The option that replaces values of a target's file.
struct ReplacedValues: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .upToNextOption,
    help: ArgumentHelp(
      "Replace values of the target's file, such as activations=resident.",
      discussion: "KEY is a path: 'levels[buffer].capacity=64 KiB'. Reports repeat what was set.",
      valueName: "key=value"))
  var values: [String] = []

  mutating func validate() throws {
    var seen: Set<String> = []
    for value in values {
      guard let pair = Self.pair(value) else {
        throw ValidationError(
          "--set '\(value)' is not KEY=VALUE, as in 'levels[buffer].capacity=64 KiB'")
      }
      guard seen.insert(pair.key).inserted else {
        throw ValidationError("--set names '\(pair.key)' twice")
      }
    }
  }

  /// The values by key path.
  var overrides: [String: String] {
    Dictionary(values.compactMap(Self.pair).map { ($0.key, $0.value) }) { first, _ in first }
  }

  private static func pair(_ text: String) -> (key: String, value: String)? {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
    let value = text[text.index(after: equals)...]
    return value.isEmpty ? nil : (String(text[..<equals]), String(value))
  }
}
