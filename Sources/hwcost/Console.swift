internal import CLibrary

/// What the program was asked to do cannot be done: the text for the user, without a line end.
struct Failure: Error {
  var text: String
}

/// The streams and the status of the process.
enum Console {
  /// How the program ends, as the command line's contract lists it.
  enum Status: Int32 {
    case done = 0
    /// The input is wrong or a check failed.
    case failed = 1
    /// The command line is wrong.
    case misused = 2
  }

  /// Ends the process.
  static func exit(_ status: Status) -> Never {
    CLibrary.exit(status.rawValue)
  }

  /// Writes to standard output; a full disk or a closed pipe ends the process.
  static func write(_ text: String) {
    guard write(text, to: STDOUT_FILENO) else {
      complain("error: cannot write to standard output: \(String(cString: strerror(errno)))")
      exit(.failed)
    }
  }

  /// Writes a line to standard error.
  static func complain(_ text: String) {
    _ = write(text.hasSuffix("\n") ? text : text + "\n", to: STDERR_FILENO)
  }

  /// Replaces the line that the terminal's cursor is in.
  static func overwriteLine(_ text: String) {
    _ = write("\r\u{1B}[K" + text, to: STDERR_FILENO)
  }

  /// Whether standard output is a terminal that shows colour.
  static var showsColor: Bool {
    guard isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR") == nil else { return false }
    return environment("TERM") != "dumb"
  }

  /// Whether standard error is a terminal, so that progress may be shown there.
  static var showsProgress: Bool { isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb" }

  /// The value of an environment variable; `nil` where it is not set.
  static func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// How many processors the process may use.
  static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// Seconds on a clock that only goes forward.
  static var monotonicSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The file the process runs; `nil` where the system does not tell.
  static var executablePath: String? {
    #if os(Linux)
      guard let path = realpath("/proc/self/exe", nil) else { return nil }
    #else
      guard let path = realpath(CommandLine.arguments.first ?? "", nil) else { return nil }
    #endif
    defer { free(path) }
    return String(cString: path)
  }

  private static func write(_ text: String, to file: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return true }
      var offset = 0
      while offset < bytes.count {
        let count = CLibrary.write(file, start + offset, bytes.count - offset)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return false }
        offset += count
      }
      return true
    }
  }
}
