/// Writes diagnostics the way compilers do: place, message, source line, caret, hint.
///
///     mine.yaml:23:15: error: levels[1].capacity: '108' has no unit
///      23 |     capacity: 108
///         |               ^
///     hint: write '108 KiB' or '108 B'
public struct DiagnosticRenderer: Sendable {
  /// Lines of each file's text, by file name.
  private let lines: [String: [Substring]]
  /// Longest part of a source line that is shown.
  private static let longestLine = 160
  /// Most problems of one file that are shown.
  private static let mostShown = 100

  /// - Parameter sources: Text of each file by the name its diagnostics carry; a diagnostic of a
  ///   file that is not there is written without its source line.
  public init(sources: [String: String]) {
    lines = sources.mapValues {
      $0.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
  }

  /// A renderer for the diagnostics of one file.
  public init(file: String, text: String) { self.init(sources: [file: text]) }

  /// All problems, each followed by a line feed; of more than a hundred only the first hundred and
  /// how many there are besides.
  public func render(_ error: InputError) -> String {
    let shown = error.diagnostics.prefix(Self.mostShown)
    let rest = error.diagnostics.count - shown.count
    return shown.map { render($0) + "\n" }.joined()
      + (rest > 0 ? "and \(rest) more mistakes\n" : "")
  }

  /// One problem, without a line feed at the end.
  public func render(_ diagnostic: Diagnostic) -> String {
    let place = diagnostic.keyPath.isEmpty ? "" : "\(diagnostic.keyPath): "
    var output = "\(diagnostic.location): \(diagnostic.severity.rawValue): "
    output += place + diagnostic.message
    if let snippet = snippet(at: diagnostic.location) { output += "\n" + snippet }
    if let hint = diagnostic.hint { output += "\nhint: \(hint)" }
    return output
  }

  /// The source line with a caret below the column.
  private func snippet(at location: SourceLocation) -> String? {
    guard let fileLines = lines[location.file], fileLines.indices.contains(location.line - 1)
    else { return nil }
    let line = fileLines[location.line - 1].unicodeScalars
    guard !line.isEmpty, location.column >= 1, location.column <= line.count + 1 else { return nil }
    // A long line is shown from a little before the column, so that the caret stays in sight.
    let skipped = max(0, location.column - Self.longestLine / 2)
    let start = line.count > Self.longestLine ? skipped : 0
    let shown = line.dropFirst(start).prefix(Self.longestLine)
    var text = String.UnicodeScalarView()
    for scalar in shown {
      // Tabs and other control characters would move the caret away from its place.
      text.append(scalar.properties.generalCategory == .control ? " " : scalar)
    }
    let number = String(location.line)
    let margin = String(repeating: " ", count: number.count)
    let indent = String(repeating: " ", count: location.column - 1 - start)
    return " \(number) | \(String(text))\n \(margin) | \(indent)^"
  }
}
