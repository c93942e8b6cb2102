internal import CYAML
internal import CostDiagnostics

/// What libyaml finds next in the text.
enum YAMLEvent {
  case streamStart
  case streamEnd
  case documentStart
  case documentEnd
  case alias(String)
  case scalar(String, isQuoted: Bool, Properties)
  case sequenceStart(Properties)
  case sequenceEnd
  case mappingStart(Properties)
  case mappingEnd

  /// What may stand before a node.
  struct Properties {
    var anchor: String?
    var tag: String?
  }
}

/// libyaml's event parser over a buffer that outlives it.
struct EventParser: ~Copyable {
  /// On the heap, because libyaml keeps pointers into it.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let isReady: Bool
  private let bytes: UnsafeBufferPointer<UInt8>
  private let file: String

  /// - Parameter bytes: UTF-8; the parser must not be used after the buffer is gone.
  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.file = file
    self.bytes = bytes
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    isReady = yaml_parser_initialize(parser) == 1
    guard isReady else { return }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    if isReady { yaml_parser_delete(parser) }
    parser.deallocate()
  }

  /// The next event and where it starts.
  mutating func next() throws(InputError) -> (YAMLEvent, SourceLocation) {
    var event = yaml_event_t()
    guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    let location = location(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return (.streamStart, location)
    case YAML_DOCUMENT_START_EVENT: return (.documentStart, location)
    case YAML_DOCUMENT_END_EVENT: return (.documentEnd, location)
    case YAML_SEQUENCE_END_EVENT: return (.sequenceEnd, location)
    case YAML_MAPPING_END_EVENT: return (.mappingEnd, location)
    case YAML_ALIAS_EVENT: return (.alias(text(event.data.alias.anchor) ?? ""), location)
    case YAML_SEQUENCE_START_EVENT:
      let start = event.data.sequence_start
      return (.sequenceStart(.init(anchor: text(start.anchor), tag: text(start.tag))), location)
    case YAML_MAPPING_START_EVENT:
      let start = event.data.mapping_start
      return (.mappingStart(.init(anchor: text(start.anchor), tag: text(start.tag))), location)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return (
        .scalar(
          String(decoding: bytes, as: UTF8.self),
          isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE,
          .init(anchor: text(scalar.anchor), tag: text(scalar.tag))),
        location
      )
    default: return (.streamEnd, location)
    }
  }

  private func location(_ mark: yaml_mark_t) -> SourceLocation {
    SourceLocation(file: file, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  private func text(_ bytes: UnsafeMutablePointer<UInt8>?) -> String? {
    bytes.map { String(decodingCString: $0, as: UTF8.self) }
  }

  /// libyaml's complaint in our form.
  private func failure() -> InputError {
    guard isReady else {
      return InputError(
        at: SourceLocation(file: file, line: 1, column: 1), "no memory is left to read the file")
    }
    let state = parser.pointee
    let problem = state.problem.map { String(cString: $0) } ?? "unknown mistake"
    let context = state.context.map { " (\(String(cString: $0)))" } ?? ""
    // A reader error (a control character) has no mark, only an offset.
    let place =
      state.error == YAML_READER_ERROR
      ? location(ofByte: state.problem_offset) : location(state.problem_mark)
    return InputError(
      at: place, "not YAML: \(problem)\(context)", hint: Self.hint(for: problem))
  }

  private func location(ofByte offset: Int) -> SourceLocation {
    let before = String(decoding: bytes.prefix(offset), as: UTF8.self).unicodeScalars
    let lineStart = before.lastIndex(of: "\n").map(before.index(after:)) ?? before.startIndex
    return SourceLocation(
      file: file, line: before.count { $0 == "\n" } + 1, column: before[lineStart...].count + 1)
  }

  private static func hint(for problem: String) -> String? {
    switch problem {
    case "found character that cannot start any token":
      "indent with spaces, not tabs, and quote text that starts with @, ` or %"
    case "found a tab character that violates indentation": "indent with spaces, not tabs"
    case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
      "close the bracket, or put a comma between two elements"
    case "mapping values are not allowed in this context":
      "quote text that holds ': ', and check the indentation"
    case "could not find expected ':'": "write 'key: value', with a space after the colon"
    case "did not find expected key", "did not find expected '-' indicator":
      "check the indentation of this line and the one before"
    default: nil
    }
  }
}
