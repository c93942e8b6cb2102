public import Accelerators
public import CostDiagnostics
public import Networks

/// Why a request cannot be answered, with everything a message needs.
public enum CostAPIError: Error, Sendable {
  /// A name that stands for nothing; `kind` says what it should have named.
  case unknownName(kind: String, name: String, known: [String])
  /// A file that cannot be read or written.
  case file(FileError)
  /// Mistakes in files, with the text of each file.
  case input(InputError, sources: [String: String])
  /// A mistake in an architecture's or a layer's text.
  case text(TextError)
  /// A network or layer that has no cost on the target.
  case cost(CostError)
  /// A measured device whose table is yet to be filled from a published file.
  case notImported(device: String, table: String)
  /// A request that makes no sense; the text says why, the hint what to ask instead.
  case request(String, hint: String?)
}

extension CostAPIError {
  /// The message for people: what is wrong, where, and what to write instead; no line end.
  public var message: String {
    switch self {
    case .unknownName(let kind, let name, let known):
      Self.lines(
        "unknown \(kind) '\(name)'",
        hint: EditDistance.didYouMean(name, among: known)
          ?? (known.isEmpty
            ? "no folder has any: write a path, or name the folder of hwconfigs and networks"
              + " by --config or HWCOST_CONFIG"
            : "known are " + known.joined(separator: ", ")))
    case .file(.notUTF8(let path, let line, let column)):
      "\(SourceLocation(file: path, line: line, column: column)): error: the file is not UTF-8 here"
    case .file(let error): "error: \(Self.text(of: error))"
    case .input(let error, let sources):
      String(DiagnosticRenderer(sources: sources).render(error).dropLast())
    case .text(let error): Self.lines(of: error)
    case .cost(let error): Self.text(of: error)
    case .notImported(let device, let table):
      Self.lines(
        "'\(device)' has no numbers yet: there is no file '\(table)'",
        hint: "fill it from the published file with 'hwcost table import FILE --device \(device)'")
    case .request(let text, let hint): Self.lines(text, hint: hint)
    }
  }

  private static func lines(_ text: String, hint: String?) -> String {
    "error: \(text)" + (hint.map { "\nhint: \($0)" } ?? "")
  }

  /// The text with a caret under the place.
  private static func lines(of error: TextError) -> String {
    var place = ""
    if !error.text.isEmpty, !error.text.contains(where: \.isNewline) {
      let indent = String(repeating: " ", count: max(0, error.column - 1))
      place = "\n  \(error.text)\n  \(indent)^"
    }
    let text = "error: column \(error.column): \(error.message)" + place
    return text + (error.hint.map { "\nhint: \($0)" } ?? "")
  }

  private static func text(of error: FileError) -> String {
    switch error {
    case .cannotRead(let path, let reason): "cannot read '\(path)': \(reason)"
    case .cannotWrite(let path, let reason): "cannot write '\(path)': \(reason)"
    case .notUTF8(let path, _, _): "'\(path)' is not UTF-8"
    case .tooLarge(let path, let limit): "'\(path)' is larger than \(limit >> 20) MiB"
    }
  }

  private static func text(of error: CostError) -> String {
    switch error {
    case .unmappable(let layer, let reason, let changes):
      lines(
        "'\(layer)' cannot be mapped: \(reason)",
        hint: changes.isEmpty
          ? nil : "it could be mapped with " + changes.joined(separator: ", or "))
    case .notMeasured(let entry, let table):
      lines("'\(entry)' is not measured in \(table)", hint: "a table never guesses what it lacks")
    case .noTable(let device, let space, let contents):
      lines(
        "'\(device)' has no table of \(space ?? "layers, which other networks are made of")",
        hint: "it holds \(contents)")
    case .unsupported(let layer, let reason): lines("'\(layer)' cannot run: \(reason)", hint: nil)
    }
  }
}
