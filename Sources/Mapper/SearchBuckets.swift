internal import Ops

/// The best labels so far, without those that another label of the same tile dominates.
struct SearchBuckets {
  let width: Int
  private var labels: [SearchLabel] = []
  private var entries: [Entry] = []
  private var heads: [Int32]
  private var living = 0
  /// Score of the last label that is sure to be kept out.
  private var threshold = Double.infinity
  private(set) var isCut = false

  /// What is looked at before a whole label is.
  private struct Entry {
    var score: Double
    var energy: Double
    var lanes: Double
    var next: Int32
    var lives: Bool
  }

  init(tileCount: Int, width: Int) {
    self.width = width
    heads = Array(repeating: -1, count: tileCount)
  }

  mutating func insert(_ label: SearchLabel, score: Double) {
    if score >= threshold {
      isCut = true
      return
    }
    var index = Int(heads[Int(label.tile)])
    while index >= 0 {
      let entry = entries[index]
      if entry.lives, entry.lanes == label.lanes {
        if entry.score <= score {
          if entry.energy <= label.energy, label.isDominated(by: labels[index]) { return }
        } else if label.energy <= entry.energy, labels[index].isDominated(by: label) {
          entries[index].lives = false
          living -= 1
        }
      }
      index = Int(entry.next)
    }
    entries.append(
      Entry(
        score: score, energy: label.energy, lanes: label.lanes, next: heads[Int(label.tile)],
        lives: true))
    heads[Int(label.tile)] = Int32(labels.count)
    labels.append(label)
    living += 1
    if living > 4 * width { tighten() }
  }

  /// Whether a label of a score would not be turned away unseen.
  mutating func wouldTake(_ score: Double) -> Bool {
    if score < threshold { return true }
    isCut = true
    return false
  }

  /// Drops all but the best labels.
  private mutating func tighten() {
    let order = sorted()
    for index in order[width...] { entries[index].lives = false }
    threshold = entries[order[width]].score
    living = width
    isCut = true
  }

  /// The living labels by score; of equal ones, those found first.
  private func sorted() -> [Int] {
    entries.indices.filter { entries[$0].lives }
      .sorted { (entries[$0].score, $0) < (entries[$1].score, $1) }
  }

  /// The best labels.
  mutating func best() -> [SearchLabel] {
    let order = sorted()
    if order.count > width { isCut = true }
    return order.prefix(width).map { labels[$0] }
  }
}
