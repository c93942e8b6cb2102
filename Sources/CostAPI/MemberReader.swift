public import Networks

/// Reads members of a search space the way people name them.
public struct MemberReader: Sendable {
  public let space: any SearchSpace

  /// - Throws: `CostAPIError.unknownName` where there is no such space.
  public init(spaceName: String) throws(CostAPIError) {
    guard let space = SearchSpaces.named(spaceName) else {
      throw .unknownName(kind: "search space", name: spaceName, known: SearchSpaces.names)
    }
    self.space = space
  }

  /// The member of a text.
  public func architecture(_ text: String) throws(CostAPIError) -> Architecture {
    do throws(TextError) { return try space.architecture(text) } catch { throw .text(error) }
  }

  /// The member of a number.
  public func architecture(at index: Int) throws(CostAPIError) -> Architecture {
    if let architecture = space.architecture(at: index) { return architecture }
    guard let count = space.indexedCount else {
      throw .request(
        "the architectures of \(space.name) have no index", hint: "name them with --arch")
    }
    throw .request(
      "index \(index) is outside of \(space.name)", hint: "write a number from 0 to \(count - 1)")
  }

  /// Every member, in the order of their numbers.
  public func everyArchitecture() throws(CostAPIError) -> [Architecture] {
    guard let count = space.indexedCount else {
      throw .request(
        "\(space.name) is too large to list", hint: "name architectures with --arch or --arch-file")
    }
    return (0..<count).compactMap { space.architecture(at: $0) }
  }

  /// The members a file names, one text or number a line; blank lines and those that start with
  /// `#` are passed over.
  ///
  /// - Throws: `CostAPIError` for the first line that names none, with its number.
  public func architectures(inFile path: String) throws(CostAPIError) -> [Architecture] {
    let text: String
    do throws(FileError) { text = try TextFile.read(path) } catch { throw .file(error) }
    var members: [Architecture] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      guard let first = line.firstIndex(where: { !$0.isWhitespace }), line[first] != "#" else {
        continue
      }
      let content = String(line[first...])
      if let index = Int(content), let member = space.architecture(at: index) {
        members.append(member)
        continue
      }
      do throws(TextError) {
        members.append(try space.architecture(content))
      } catch {
        let indent = line.unicodeScalars.count - content.unicodeScalars.count
        throw .inFile(path, text: text, line: number + 1, column: indent + error.column, error)
      }
    }
    guard !members.isEmpty else {
      throw .request("'\(path)' names no architecture", hint: "write one on each line")
    }
    return members
  }
}
