public import CostDiagnostics
public import CostYAML
public import Ops

/// A problem in Timeloop's v0.4 form as a loop nest, with the names the file gives.
///
/// Dimensions named n, g, k or m, c, p, q, r, s (in either case) are the dimensions of those
/// names; others take the free ones in the order n, g, k, c, p, q, r, s. The data space that is
/// written is the output; of the others, those named Weights and Inputs are what they say, else
/// the first is the weight.
public struct TimeloopProblem: Hashable, Sendable {
  /// The layer as a loop nest.
  public let problem: Problem
  /// The file's dimensions in its order.
  public let dimensionNames: [String]
  /// The file's name of each tensor; `nil` for one it does not have.
  public let tensorNames: PerTensor<String?>
  /// What the file says that changes nothing here.
  public let warnings: [Diagnostic]

  let dimensions: [String: LoopDimension]

  /// - Parameter precision: widths of words; Timeloop's problems have none.
  /// - Throws: `InputError` with everything that is wrong or cannot be represented.
  public init(reading document: YAMLDocument, precision: Precision) throws(InputError) {
    var reader = TimeloopReader(document)
    var builder = Builder()
    let root = Place(document.root, path: "")
    let problem = builder.problem(root, precision, &reader)
    try reader.finish()
    guard let problem else {
      throw InputError(at: document.root.location, "the file has no problem")
    }
    self.problem = problem
    dimensionNames = builder.names
    dimensions = builder.dimensions
    tensorNames = builder.spaces.map { $0?.name }
    warnings = reader.warnings
  }

  /// The tensor a file's data space is.
  func tensor(named name: String) -> TensorRole? {
    TensorRole.allCases.first { tensorNames[$0] == name }
  }
}

extension TimeloopProblem {
  /// One data space of a shape.
  fileprivate struct DataSpace {
    var name: String
    var place: Place
    var isOutput: Bool
    /// Terms of each axis: a dimension and the name of its coefficient.
    var axes: [[(dimension: String, coefficient: String?, place: Place)]]
  }

  /// Collects what the file says, then makes the nest.
  fileprivate struct Builder {
    var names: [String] = []
    var dimensions: [String: LoopDimension] = [:]
    var spaces = PerTensor<DataSpace?>(repeating: nil)
    private var coefficients: [String: Int64] = [:]

    init() {}

    mutating func problem(
      _ root: Place, _ precision: Precision, _ reader: inout TimeloopReader
    ) -> Problem? {
      reader.checkKeys(of: root, known: ["problem"])
      guard let problem = reader.required("problem", of: root) else { return nil }
      let instance = problem["instance"] ?? problem
      guard readShape(problem, &reader) else { return nil }
      let isSeparate = problem["instance"] != nil
      let own = names + coefficients.keys.sorted()
      reader.checkKeys(
        of: problem, known: ["shape", "instance"] + (isSeparate ? [] : own), ignored: ["version"])
      if isSeparate {
        reader.checkKeys(of: instance, known: own + ["densities", "common_density"])
      }
      refuseSparsity(instance, &reader)
      guard let bounds = readInstance(instance, &reader),
        let projections = projections(bounds, &reader)
      else { return nil }
      do throws(ProblemError) {
        return try Problem(bounds: bounds, projections: projections, precision: precision)
      } catch {
        reader.error(instance, Self.message(error))
        return nil
      }
    }

    private static func message(_ error: ProblemError) -> String {
      switch error {
      case .boundOutOfRange(let dimension, let bound):
        "a bound of \(bound) for '\(dimension.name)' is out of range"
      case .tooManyOperations: "the problem has too many iterations to be counted exactly"
      case .unsupportedAxis(let role):
        "an axis of the \(role.name) has no term, more than two, or is too long"
      case .dimensionInTwoAxes(let role, let dimension):
        "'\(dimension.name)' moves two axes of the \(role.name)"
      case .bitWidthOutOfRange(let bits): "a word of \(bits) bit is out of range"
      }
    }

    private func refuseSparsity(_ instance: Place, _ reader: inout TimeloopReader) {
      for key in ["densities", "common_density"] {
        if let value = instance[key] {
          reader.error(
            value, "sparse tensors cannot be represented",
            hint: "leave '\(key)' out to count dense tensors")
        }
      }
    }
  }
}

// MARK: - Shape
extension TimeloopProblem.Builder {
  /// Reads dimensions, coefficients and data spaces; whether they can be used.
  private mutating func readShape(_ problem: Place, _ reader: inout TimeloopReader) -> Bool {
    guard let shape = reader.required("shape", of: problem) else { return false }
    guard shape.node.entries != nil else {
      reader.error(
        shape, "expected a shape, found \(shape.node.summary)",
        hint: "write out the shape with dimensions and data_spaces instead of its name")
      return false
    }
    reader.checkKeys(
      of: shape, known: ["dimensions", "coefficients", "data_spaces"], ignored: ["name", "version"])
    guard let list = reader.items("dimensions", of: shape) else { return false }
    for item in list {
      guard let name = item.text, !names.contains(name) else {
        reader.error(item, "expected a name that is not there yet, found \(item.node.summary)")
        continue
      }
      names.append(name)
    }
    guard assignDimensions(list, &reader) else { return false }
    readCoefficients(shape, &reader)
    return readDataSpaces(shape, &reader)
  }

  private mutating func assignDimensions(
    _ list: [Place], _ reader: inout TimeloopReader
  ) -> Bool {
    guard names.count <= LoopDimension.allCases.count else {
      reader.error(list[LoopDimension.allCases.count], "more than eight dimensions")
      return false
    }
    for name in names {
      let letter = name.lowercased()
      if let own = LoopDimension(name: letter), !dimensions.values.contains(own) {
        dimensions[name] = own
      }
    }
    for name in names where dimensions[name] == nil && name.lowercased() == "m" {
      if !dimensions.values.contains(.k) { dimensions[name] = .k }
    }
    for name in names where dimensions[name] == nil {
      dimensions[name] = LoopDimension.allCases.first { !dimensions.values.contains($0) }
    }
    return true
  }

  private mutating func readCoefficients(_ shape: Place, _ reader: inout TimeloopReader) {
    guard shape["coefficients"] != nil else { return }
    for item in reader.items("coefficients", of: shape) ?? [] {
      reader.checkKeys(of: item, known: ["name", "default"])
      guard let name = reader.text("name", of: item) else { continue }
      coefficients[name] = 1
      if let value = item["default"] {
        coefficients[name] = reader.integer(value, in: 1...Int64(Problem.largestExtent))
      }
    }
  }

  private mutating func readDataSpaces(_ shape: Place, _ reader: inout TimeloopReader) -> Bool {
    guard let list = reader.items("data_spaces", of: shape) else { return false }
    guard list.count <= 3 else {
      reader.error(
        list[3], "more than three data spaces", hint: "a problem has a weight, an input, an output")
      return false
    }
    var found: [TimeloopProblem.DataSpace] = []
    for item in list {
      reader.checkKeys(of: item, known: ["name", "projection", "read_write"])
      guard let name = reader.text("name", of: item), let axes = axes(of: item, &reader) else {
        return false
      }
      let isOutput = item["read_write"].map { TimeloopReader.isTrue($0) } ?? false
      found.append(.init(name: name, place: item, isOutput: isOutput, axes: axes))
    }
    return assignRoles(found, shape, &reader)
  }

  private mutating func assignRoles(
    _ found: [TimeloopProblem.DataSpace], _ shape: Place, _ reader: inout TimeloopReader
  ) -> Bool {
    let written = found.filter(\.isOutput)
    let read = found.filter { !$0.isOutput }
    guard let output = written.first, written.count == 1, read.count <= 2 else {
      reader.error(
        shape["data_spaces"] ?? shape,
        "expected one data space with 'read_write: true' and at most two without, found "
          + "\(written.count) and \(read.count)")
      return false
    }
    spaces.output = output
    let isInput = { (space: TimeloopProblem.DataSpace) in space.name.lowercased() == "inputs" }
    let isWeight = { (space: TimeloopProblem.DataSpace) in space.name.lowercased() == "weights" }
    let input = read.first(where: isInput)
    let weight = read.first(where: isWeight) ?? read.first { $0.name != input?.name }
    spaces.weight = weight
    spaces.input = input ?? read.first { $0.name != weight?.name }
    return true
  }

  /// The terms of each axis: `[[C], [M]]` or `[[[C]], [[R, dilation], [P, stride]]]`.
  private func axes(
    of space: Place, _ reader: inout TimeloopReader
  ) -> [[(dimension: String, coefficient: String?, place: Place)]]? {
    guard let list = reader.items("projection", of: space) else { return nil }
    var axes: [[(dimension: String, coefficient: String?, place: Place)]] = []
    for axis in list {
      guard let terms = axis.items else {
        reader.error(axis, "expected a list of terms, found \(axis.node.summary)")
        return nil
      }
      var sum: [(dimension: String, coefficient: String?, place: Place)] = []
      for term in terms {
        let parts = (term.items ?? [term]).map { $0.text }
        guard (1...2).contains(parts.count), let name = parts[0], names.contains(name) else {
          reader.error(
            term, "expected [dimension] or [dimension, coefficient], found \(term.node.summary)",
            hint: "the dimensions are \(names.joined(separator: ", "))")
          return nil
        }
        if parts.count == 2, coefficients[parts[1] ?? ""] == nil {
          reader.error(term, "the coefficient of '\(name)' is not in the shape's coefficients")
          return nil
        }
        sum.append((name, parts.count == 2 ? parts[1] : nil, term))
      }
      guard sum.count <= 2 else {
        reader.error(axis, "an axis of more than two terms cannot be represented")
        return nil
      }
      axes.append(sum)
    }
    return axes
  }
}

// MARK: - Instance
extension TimeloopProblem.Builder {
  private mutating func readInstance(
    _ instance: Place, _ reader: inout TimeloopReader
  ) -> Extents? {
    var bounds = Extents()
    var isComplete = true
    for name in names {
      guard let dimension = dimensions[name], let value = reader.required(name, of: instance),
        let bound = reader.integer(value, in: 1...Int64(Problem.largestExtent))
      else {
        isComplete = false
        continue
      }
      bounds[dimension] = Int32(bound)
    }
    for name in coefficients.keys.sorted() {
      guard let value = instance[name] else { continue }
      coefficients[name] = reader.integer(value, in: 1...Int64(Problem.largestExtent))
      isComplete = isComplete && coefficients[name] != nil
    }
    return isComplete ? bounds : nil
  }

  private func projections(
    _ bounds: Extents, _ reader: inout TimeloopReader
  ) -> PerTensor<Projection?>? {
    var result = PerTensor<Projection?>(repeating: nil)
    for role in TensorRole.allCases {
      guard let space = spaces[role] else { continue }
      var axes: [AffineAxis] = []
      for sum in space.axes {
        var reach: Int64 = 1
        let terms = sum.compactMap { term -> AffineAxis.Term? in
          let coefficient = term.coefficient.map { coefficients[$0] ?? 1 } ?? 1
          guard let dimension = dimensions[term.dimension] else { return nil }
          reach += coefficient * Int64(bounds[dimension] - 1)
          return Int32(exactly: coefficient).map { AffineAxis.Term($0, dimension) }
        }
        guard reach <= Int64(Problem.largestExtent), terms.count == sum.count else {
          reader.error(space.place, "an axis of '\(space.name)' has \(reach) words, too many")
          return nil
        }
        axes.append(AffineAxis(terms, extent: Int32(reach)))
      }
      result[role] = Projection(axes)
    }
    return result
  }
}
