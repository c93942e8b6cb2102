internal import Networks
internal import Ops

/// Look-up tables in the forms that NAS code reads.
public enum TableExport: String, CaseIterable, Sendable {
  /// A JSON object of HW-NAS-Bench's keys for each column.
  case hwNASBench = "hwnasbench"
  /// The YAML of Once-for-all: `key: {count: 1, mean: …, var: 0.0}`.
  case onceForAll = "ofa"
  /// The lines of NNI's `lut.txt`.
  case nni
  /// One line a variable, one number a choice; what every network costs is a remark above.
  case matrix
  /// Every entry of every term, as CSV: for spaces whose choices do not cost one by one.
  case terms

  /// Every space has this form.
  static let termsHint = "write every term with '--as terms'"

  /// The table as text.
  ///
  /// - Parameter column: The figure that the forms of one figure hold.
  /// - Throws: `CostAPIError.request` for a space that has no such form.
  public func text(_ table: CostTable, column: Int) throws(CostAPIError) -> String {
    switch self {
    case .hwNASBench: return try Self.keys(table).indentedText + "\n"
    case .onceForAll:
      return try blocks(table).rows.map { row in
        let value = JSONValue.rounded(row.costs[column]).compactText
        return "\(row.shape.onceForAllKey): {count: 1, mean: \(value), var: 0.0}\n"
      }.joined()
    case .nni: return try nni(table, column)
    case .matrix:
      let matrix: [[Double]]
      do throws(CostTableError) {
        matrix = try table.matrix(column: column)
      } catch {
        throw .request(error.message, hint: Self.termsHint)
      }
      let constant = JSONValue.rounded(table.constant[column]).compactText
      return "# \(table.columnNames[column]) of \(table.space); constant \(constant)\n"
        + matrix.map { row in
          row.map { JSONValue.rounded($0).compactText }.joined(separator: ",") + "\n"
        }.joined()
    case .terms: return Self.terms(table)
    }
  }

  private func blocks(_ table: CostTable) throws(CostAPIError) -> BlockCosts {
    guard let shapes = table.searchSpace?.blockShapes else {
      throw .request(
        "\(table.space) is not made of blocks that have keys",
        hint: Self.termsHint)
    }
    return try BlockCosts(table, shapes)
  }

  private static func keys(_ table: CostTable) throws(CostAPIError) -> JSONValue {
    let rows = try Self.hwNASBench.blocks(table).rows
    return .object(
      table.columnNames.enumerated().map { column, name in
        .init(
          name,
          .object(
            rows.map { .init($0.shape.hwNASBenchKey, .rounded($0.costs[column])) }))
      })
  }

  /// Blocks of one candidate at one place each; what is fixed has the names of its kind.
  private func nni(_ table: CostTable, _ column: Int) throws(CostAPIError) -> String {
    try blocks(table).rows.map { row in
      let (name, numbers) = Self.nniKey(of: row.shape)
      let shape = numbers.map(String.init).joined(separator: ", ")
      let value = JSONValue.rounded(row.costs[column]).compactText
      return "{'op_name': '\(name)', 'op_data_shape': (\(shape)), 'op_dtype': 'float32', "
        + "'op_latency': \(value)}\n"
    }.joined()
  }

  /// The name of a block, and its width, height, channels in and out, and stride.
  private static func nniKey(of shape: BlockShape) -> (name: String, shape: [Int]) {
    switch shape {
    case .convolution(let input, let outputs, let kernel, let stride, _):
      (
        "conv_k\(kernel)", [input.width, input.height, input.channels, outputs, stride]
      )
    case .invertedResidual(
      let input, let outputs, let expansion, let kernel, let stride, let groups):
      (
        "k\(kernel)_e\(expansion)" + (groups > 1 ? "_g\(groups)" : ""),
        [input.width, input.height, input.channels, outputs, stride]
      )
    case .mobileNetV3(
      let input, let outputs, let wide, let kernel, let stride, let squeezes, _):
      (
        "k\(kernel)_mid\(wide)" + (squeezes ? "_se" : ""),
        [input.width, input.height, input.channels, outputs, stride]
      )
    case .skip(let input, let outputs, let stride):
      ("skip", [input.width, input.height, input.channels, outputs, stride])
    case .averagePool(let input, let outputs, _, let stride):
      ("avgpool", [input.width, input.height, input.channels, outputs, stride])
    case .linear(let inputs, let outputs): ("fc", [1, 1, inputs, outputs, 1])
    }
  }

  private static func terms(_ table: CostTable) -> String {
    var writer = CSVWriter()
    writer.add(["variables", "choices"] + table.columnNames)
    let width = table.columns.count
    func add(_ variables: String, _ choices: String, _ values: ArraySlice<Double>) {
      writer.add([variables, choices] + values.map { JSONValue.rounded($0).fieldText })
    }
    add("", "", table.constant[...])
    for term in table.terms {
      for entry in 0..<term.values.count / width {
        var (choices, rest) = (term.variables, entry)
        for index in term.variables.indices.reversed() {
          choices[index] = rest % table.choiceCounts[term.variables[index]]
          rest /= table.choiceCounts[term.variables[index]]
        }
        add(
          term.variables.map(String.init).joined(separator: " "),
          choices.map(String.init).joined(separator: " "),
          term.values[entry * width..<(entry + 1) * width])
      }
    }
    return writer.text
  }
}

extension CostTable {
  /// The bytes of a numpy file (format 1.0) with a column's matrix, `[variables][choices]`.
  ///
  /// - Throws: `CostAPIError.request` for a space whose choices do not cost one by one, or that has
  ///   more choices for one variable than for another.
  public func npy(column: Int) throws(CostAPIError) -> [UInt8] {
    let matrix: [[Double]]
    do throws(CostTableError) {
      matrix = try self.matrix(column: column)
    } catch {
      throw .request(error.message, hint: TableExport.termsHint)
    }
    guard let width = matrix.first?.count, matrix.allSatisfy({ $0.count == width }) else {
      throw .request(
        "the variables of \(space) have not equally many choices", hint: TableExport.termsHint)
    }
    var header =
      "{'descr': '<f8', 'fortran_order': False, 'shape': (\(matrix.count), \(width)), }"
    // Magic, version, length and header fill whole blocks of 64 bytes, and end with a line end.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = header.utf8.count
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(length & 0xFF), UInt8(length >> 8)] + Array(header.utf8)
    for value in matrix.joined() {
      let bits = RoundedNumber.nearest(to: value, digits: 12).bitPattern
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
    }
    return bytes
  }
}
