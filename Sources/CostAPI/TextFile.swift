internal import CLibrary

/// Why a file or folder cannot be read or written.
public enum FileError: Error, Hashable, Sendable {
  /// The system's own words for what went wrong.
  case cannotRead(path: String, reason: String)
  /// The same of writing.
  case cannotWrite(path: String, reason: String)
  /// The first byte that is no UTF-8; lines and columns start at 1.
  case notUTF8(path: String, line: Int, column: Int)
  /// A file of more bytes than are read.
  case tooLarge(path: String, limitBytes: Int)
}

/// Reading and writing text files, through the C library.
public enum TextFile {
  /// The largest file that is read.
  public static let limitBytes = 256 << 20

  /// The text of a file.
  public static func read(_ path: String) throws(FileError) -> String {
    let bytes = try readBytes(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let place = firstInvalidPlace(in: bytes)
      throw .notUTF8(path: path, line: place.line, column: place.column)
    }
    return text
  }

  /// Replaces a file's content.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(bytes: Array(text.utf8), to: path)
  }

  /// Replaces a file's content by bytes that need not be text.
  public static func write(bytes: [UInt8], to path: String) throws(FileError) {
    guard let file = fopen(path, "wb") else { throw .cannotWrite(path: path, reason: lastReason()) }
    let isWritten = bytes.withUnsafeBufferPointer { bytes in
      fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count
    }
    let reason = isWritten ? "" : lastReason()
    let isClosed = fclose(file) == 0
    guard isWritten else { throw .cannotWrite(path: path, reason: reason) }
    guard isClosed else { throw .cannotWrite(path: path, reason: lastReason()) }
  }

  /// Makes a folder and those that hold it, where they are not there.
  public static func makeFolder(_ path: String) throws(FileError) {
    guard !isFolder(path) else { return }
    let parent = SearchPath.parent(of: path)
    if parent != path, !isFolder(parent) { try makeFolder(parent) }
    guard mkdir(path, 0o777) == 0 || isFolder(path) else {
      throw .cannotWrite(path: path, reason: lastReason())
    }
  }

  /// Whether there is a file or folder of that name.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether there is a folder of that name.
  public static func isFolder(_ path: String) -> Bool {
    guard let folder = opendir(path) else { return false }
    closedir(folder)
    return true
  }

  /// The names in a folder, sorted, without hidden ones; empty where there is no such folder.
  public static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}

extension TextFile {
  private static func readBytes(_ path: String) throws(FileError) -> [UInt8] {
    guard !isFolder(path) else { throw .cannotRead(path: path, reason: "it is a folder") }
    guard let file = fopen(path, "rb") else { throw .cannotRead(path: path, reason: lastReason()) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      bytes.append(contentsOf: chunk.prefix(count))
      guard bytes.count <= limitBytes else { throw .tooLarge(path: path, limitBytes: limitBytes) }
      guard count == chunk.count else { break }
    }
    guard ferror(file) == 0 else { throw .cannotRead(path: path, reason: lastReason()) }
    return bytes
  }

  /// What the C library says of the call that just failed.
  private static func lastReason() -> String {
    let reason = String(cString: strerror(errno))
    return reason.prefix(1).lowercased() + reason.dropFirst()
  }

  private static func firstInvalidPlace(in bytes: [UInt8]) -> (line: Int, column: Int) {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var (line, column) = (1, 1)
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
    }
    return (line, column)
  }
}
