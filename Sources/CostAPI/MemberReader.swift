internal import CostDiagnostics
public import Networks

/// Reads members of a search space the way people name them.
public struct MemberReader: Sendable {
  /// The space whose members are read.
  public let space: any SearchSpace

  /// - Throws: `CostAPIError.request` where there is no such space, with the nearest as hint.
  public init(spaceName: String) throws(CostAPIError) {
    guard let space = SearchSpaces.named(spaceName) else {
      throw .request(
        "unknown search space '\(spaceName)'", hint: SearchSpaces.hint(for: spaceName))
    }
    self.space = space
  }

  /// The member of a text.
  public func architecture(_ text: String) throws(CostAPIError) -> Architecture {
    do throws(TextError) { return try space.architecture(text) } catch { throw .text(error) }
  }

  /// The member of a number.
  public func architecture(at index: Int) throws(CostAPIError) -> Architecture {
    try architecture(numbered: String(index))
  }

  /// The member of a number in decimal digits, however many.
  public func architecture(numbered digits: String) throws(CostAPIError) -> Architecture {
    guard space.indexedCount != nil else {
      throw .request(
        "the architectures of \(space.name) have no index",
        hint: "name them by 'arch', which is \(space.textForm)")
    }
    do throws(TextError) {
      return try member(numbered: digits)
    } catch {
      throw .request(error.message, hint: error.hint)
    }
  }

  /// Whether a text is a whole number, however many digits it has.
  public static func isWholeNumber(_ text: some StringProtocol) -> Bool {
    let digits = text.drop { $0 == "-" || $0 == "+" }
    return text.count - digits.count <= 1 && !digits.isEmpty
      && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// The member that a text names in any of its forms: by its number where the space counts its
  /// members, else by its architecture.
  func member(named text: String) throws(TextError) -> Architecture {
    guard space.indexedCount != nil, Self.isWholeNumber(text) else {
      return try space.architecture(text)
    }
    return try member(numbered: text)
  }

  private func member(numbered digits: String) throws(TextError) -> Architecture {
    if let index = Int(digits), let architecture = space.architecture(at: index) {
      return architecture
    }
    throw TextError(
      text: digits, column: 1,
      message: Self.isWholeNumber(digits)
        ? "index \(digits) is outside of \(space.name)" : "'\(digits)' is no index",
      hint: space.indexedCount.map { "write a number from 0 to \($0 - 1)" })
  }

  /// Every member, in the order of their numbers.
  public func everyArchitecture() throws(CostAPIError) -> [Architecture] {
    guard let count = space.indexedCount else {
      throw .request(
        "\(space.name) is too large to list",
        hint: "name architectures by 'arch', which is \(space.textForm)")
    }
    return (0..<count).compactMap { space.architecture(at: $0) }
  }

  /// The members a file names, one text or number a line; blank lines and those that start with
  /// `#` are passed over.
  ///
  /// - Throws: `CostAPIError` with the place of every line that names none.
  public func architectures(inFile path: String) throws(CostAPIError) -> [Architecture] {
    let text: String
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    var members: [Architecture] = []
    var mistakes: [Diagnostic] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      guard let first = line.firstIndex(where: { !$0.isWhitespace }), line[first] != "#" else {
        continue
      }
      let content = line[first...]
      let end = content.lastIndex { !$0.isWhitespace } ?? first
      do throws(TextError) {
        members.append(try member(named: String(content[...end])))
      } catch {
        let indent = line.unicodeScalars.count - content.unicodeScalars.count
        let place = SourceLocation(file: path, line: number + 1, column: indent + error.column)
        mistakes.append(
          Diagnostic(.error, at: place, keyPath: "", error.message, hint: error.hint))
      }
    }
    guard mistakes.isEmpty else { throw .input(InputError(mistakes), sources: [path: text]) }
    guard !members.isEmpty else {
      throw .request("'\(path)' names no architecture", hint: "write one on each line")
    }
    return members
  }
}
