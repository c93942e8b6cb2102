/// How a window slides along the rows or the columns of its input.
public struct WindowAxis: Hashable, Sendable {
  /// Filter elements along the axis.
  public var filter: Int
  /// How far the window moves from one place to the next.
  public var stride: Int
  /// Zeros on each side of the input.
  public var padding: Int
  /// Distance of neighbouring filter elements in the input.
  public var dilation: Int

  /// An axis as given; ops refuse windows that do not fit their input.
  public init(filter: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    self.filter = filter
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// Input elements from the window's first to its last.
  var span: Int { dilation * (filter - 1) + 1 }

  /// Filter elements that meet the input rather than its padding, summed over all positions.
  ///
  /// - Complexity: O(*outputs* × *filter*) at the borders only.
  func elementsInside(input: Int, outputs: Int) -> Int {
    var inside = 0
    for position in 0..<outputs {
      let first = position * stride - padding
      if first >= 0, first + span <= input {
        inside += filter
      } else {
        // The first filter element at or after 0, and the first at or after the input's end.
        let from = first >= 0 ? 0 : (-first + dilation - 1) / dilation
        let until = input <= first ? 0 : (input - first + dilation - 1) / dilation
        inside += max(0, min(filter, until) - min(filter, from))
      }
    }
    return inside
  }
}

/// A two-dimensional sliding window, as convolutions and poolings have one.
public struct Window: Hashable, Sendable {
  /// How the window slides down.
  public var rows: WindowAxis
  /// How the window slides to the right.
  public var columns: WindowAxis

  /// A window that may slide differently along its axes.
  public init(rows: WindowAxis, columns: WindowAxis) {
    self.rows = rows
    self.columns = columns
  }

  /// A square window that slides the same way along both axes.
  public init(square filter: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    let axis = WindowAxis(filter: filter, stride: stride, padding: padding, dilation: dilation)
    self.init(rows: axis, columns: axis)
  }

  /// The window that attributes describe; the `_h` and `_w` forms win over the plain ones.
  init(_ attributes: OpAttributes) throws(OpError) {
    func value(_ axis: OpAttribute, _ both: OpAttribute, _ standard: Int) -> Int {
      attributes[axis] ?? attributes[both] ?? standard
    }
    guard let filterHeight = attributes[.filterHeight] else { throw .missing(.filterHeight) }
    rows = WindowAxis(
      filter: filterHeight, stride: value(.strideHeight, .stride, 1),
      padding: value(.paddingHeight, .padding, 0), dilation: value(.dilationHeight, .dilation, 1))
    columns = WindowAxis(
      filter: attributes[.filterWidth] ?? filterHeight, stride: value(.strideWidth, .stride, 1),
      padding: value(.paddingWidth, .padding, 0), dilation: value(.dilationWidth, .dilation, 1))
  }

  /// Writes the window's attributes, one for both axes where they agree.
  func describe(into attributes: inout OpAttributes, dilated: Bool) {
    attributes[.filterHeight] = rows.filter
    attributes[.filterWidth] = columns.filter
    func describe(_ both: OpAttribute, _ path: KeyPath<WindowAxis, Int>) {
      let (height, width) = (rows[keyPath: path], columns[keyPath: path])
      if height == width {
        attributes[both] = height
      } else {
        attributes[both.axes[0]] = height
        attributes[both.axes[1]] = width
      }
    }
    describe(.stride, \.stride)
    describe(.padding, \.padding)
    if dilated { describe(.dilation, \.dilation) }
  }

  /// Rows and columns of the output, by PyTorch's formula with the remainder dropped.
  func outputSize(of input: FeatureMap) throws(OpError) -> (height: Int, width: Int) {
    try check(rows.filter, .filterHeight)
    try check(columns.filter, .filterWidth)
    let height = try outputs(
      rows, input: input.height, size: .height, filter: .filterHeight,
      names: (.strideHeight, .paddingHeight, .dilationHeight))
    let width = try outputs(
      columns, input: input.width, size: .width, filter: .filterWidth,
      names: (.strideWidth, .paddingWidth, .dilationWidth))
    return (height, width)
  }

  private func outputs(
    _ axis: WindowAxis, input: Int, size: OpAttribute, filter: OpAttribute,
    names: (stride: OpAttribute, padding: OpAttribute, dilation: OpAttribute)
  ) throws(OpError) -> Int {
    // Where both axes agree, the mistake is in the number that set both.
    try check(axis.stride, rows.stride == columns.stride ? .stride : names.stride)
    try check(axis.padding, rows.padding == columns.padding ? .padding : names.padding)
    try check(axis.dilation, rows.dilation == columns.dilation ? .dilation : names.dilation)
    let available = input + 2 * axis.padding
    guard axis.span <= available else {
      throw .windowLargerThanInput(filter, span: axis.span, available: available)
    }
    let outputs = (available - axis.span) / axis.stride + 1
    guard outputs <= Int(Problem.largestExtent) else { throw .outputTooLarge(size, outputs) }
    return outputs
  }
}
