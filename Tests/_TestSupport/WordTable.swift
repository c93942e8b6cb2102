internal import Ops

/// The words of one tensor, numbered without gaps.
struct WordTable {
  private struct Axis {
    var first: Int
    /// `nil` where the axis has one term.
    var second: Int?
    var secondBound: Int
    /// The number of the element for the indices of the two terms; -1 for padding.
    var elements: [Int32]
    var elementCount: Int32
  }

  private var axes: [Axis] = []
  /// How many words the whole problem touches.
  private(set) var count = 1

  init(_ projection: Projection, of problem: Problem, storesPadding: Bool) {
    for axis in projection.axes {
      let table = Self.number(axis, of: problem, storesPadding: storesPadding)
      axes.append(table)
      count *= Int(table.elementCount)
    }
  }

  private static func number(_ axis: AffineAxis, of problem: Problem, storesPadding: Bool) -> Axis {
    let first = axis.terms[0]
    let second = axis.terms.count > 1 ? axis.terms[1] : nil
    let secondBound = second.map { problem.bounds[$0.dimension] } ?? 1
    var numbers: [Int32: Int32] = [:]
    var elements: [Int32] = []
    for one in 0..<problem.bounds[first.dimension] {
      for two in 0..<secondBound {
        let index = first.coefficient * one + (second?.coefficient ?? 0) * two + axis.offset
        guard storesPadding || (0..<axis.extent).contains(index) else {
          elements.append(-1)
          continue
        }
        let number = numbers[index] ?? Int32(numbers.count)
        numbers[index] = number
        elements.append(number)
      }
    }
    return Axis(
      first: Int(first.dimension.rawValue), second: second.map { Int($0.dimension.rawValue) },
      secondBound: Int(secondBound), elements: elements, elementCount: Int32(numbers.count))
  }

  /// Appends the words that a box's iterations touch, each once.
  ///
  /// No dimension is in two axes, so the words are the product of the axes' elements.
  func appendWords(of box: IterationBox, to words: inout [Int32], scratch: inout [Int32]) {
    guard !box.isEmpty else { return }
    let begin = words.count
    words.append(0)
    for axis in axes {
      scratch.removeAll(keepingCapacity: true)
      let firsts =
        Int(box.starts[axis.first])..<Int(box.starts[axis.first] + box.lengths[axis.first])
      var seconds = 0..<1
      if let second = axis.second {
        seconds = Int(box.starts[second])..<Int(box.starts[second] + box.lengths[second])
      }
      for one in firsts {
        for two in seconds {
          let element = axis.elements[one * axis.secondBound + two]
          if element >= 0, !scratch.contains(element) { scratch.append(element) }
        }
      }
      let end = words.count
      for position in begin..<end {
        for element in scratch { words.append(words[position] * axis.elementCount + element) }
      }
      words.removeSubrange(begin..<end)
    }
  }
}

/// For each instance of a level a list of words.
struct WordLists {
  private(set) var words: [Int32] = []
  private var ends: [Int] = []

  var instanceCount: Int { ends.count }

  mutating func removeAll() {
    words.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }

  mutating func append(_ word: Int32) { words.append(word) }

  /// Ends the list of one instance.
  mutating func endInstance() { ends.append(words.count) }

  mutating func appendInstance(
    _ box: IterationBox, of table: WordTable, scratch: inout [Int32]
  ) {
    table.appendWords(of: box, to: &words, scratch: &scratch)
    endInstance()
  }

  /// Where in `words` the words of an instance are.
  func range(of instance: Int) -> Range<Int> {
    (instance == 0 ? 0 : ends[instance - 1])..<ends[instance]
  }

  func count(of instance: Int) -> Int { range(of: instance).count }
}

/// Counts each pair of a group of instances and a word once.
struct DistinctPairs {
  private var marks: [Int32]
  private var mark: Int32 = 0
  private let wordCount: Int

  init(groupCount: Int, wordCount: Int) {
    marks = Array(repeating: 0, count: groupCount * wordCount)
    self.wordCount = wordCount
  }

  mutating func removeAll() { mark += 1 }

  /// Whether the pair was not there yet.
  mutating func insert(group: Int, word: Int32) -> Bool {
    let index = group * wordCount + Int(word)
    guard marks[index] != mark else { return false }
    marks[index] = mark
    return true
  }
}
