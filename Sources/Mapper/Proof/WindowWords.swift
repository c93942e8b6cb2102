internal import Ops

/// Words along an input axis that two dimensions reach, `s * p + d * r - padding`: at least what any
/// way to cut the two dimensions into pieces moves.
///
/// Cutting r first gives ranges of filter rows; for each of them cutting p into pieces makes
/// neighbouring pieces need the rows they share twice. How many rows those are depends on the place
/// of the cut only near the padding, so the cheapest cuts bound all others from below.
struct WindowWords: Sendable {
  /// Positions of the two dimensions among the problem's.
  let p: Int
  let r: Int
  private let outputs: Int
  private let filters: Int
  private let stride: Int64
  private let dilation: Int64
  private let offset: Int64
  private let extent: Int64
  private let clips: Bool
  /// Whether pieces are ranges of rows, or only the words of all of them together are known.
  private let isRegular: Bool
  /// Words that any iteration touches.
  let all: Double
  /// By the longest piece of r and the number of pieces of p, the words of all pieces.
  private var pieces: [Double] = []

  /// Places along an axis beyond which no tables are made.
  private static let mostPlaces = 20_000

  /// - Parameter position: of a dimension among those with a bound above 1.
  /// - Returns: `nil` where the axis is too long to be looked at.
  init?(
    _ axis: AffineAxis, bounds: [Int32], position: (LoopDimension) -> Int?, storesPadding: Bool
  ) {
    guard axis.terms.count == 2, let first = position(axis.terms[0].dimension),
      let second = position(axis.terms[1].dimension)
    else { return nil }
    var (p, r) = (first, second)
    var (s, d) = (Int64(axis.terms[0].coefficient), Int64(axis.terms[1].coefficient))
    if d != 1 && s == 1 || d == s && bounds[r] > bounds[p] { (p, r, s, d) = (r, p, d, s) }
    (self.p, self.r) = (p, r)
    outputs = Int(bounds[p])
    filters = Int(bounds[r])
    stride = s
    dilation = d
    offset = Int64(axis.offset)
    extent = Int64(axis.extent)
    clips = !storesPadding
    guard outputs.multipliedReportingOverflow(by: filters).partialValue <= Self.mostPlaces,
      outputs <= Self.mostPlaces, filters <= Self.mostPlaces
    else { return nil }
    isRegular = d == 1 && filters <= 64
    all = Self.distinct(axis, outputs, filters, s, d, clips: clips)
    if isRegular { fill() }
  }

  private static func distinct(
    _ axis: AffineAxis, _ outputs: Int, _ filters: Int, _ s: Int64, _ d: Int64, clips: Bool
  ) -> Double {
    var seen: Set<Int64> = []
    seen.reserveCapacity(outputs * filters)
    for i in 0..<Int64(outputs) {
      for j in 0..<Int64(filters) {
        let word = s * i + d * j + Int64(axis.offset)
        if !clips || word >= 0 && word < Int64(axis.extent) { seen.insert(word) }
      }
    }
    return Double(seen.count)
  }

  var strideOfOutputs: Int64 { stride }
  var strideOfFilters: Int64 { dilation }
  var outputCount: Int { outputs }
  var filterCount: Int { filters }

  /// Words of a range of rows that are no padding.
  private func length(_ first: Int64, _ end: Int64) -> Int64 {
    clips ? max(0, min(end, extent) - max(first, 0)) : max(0, end - first)
  }

  private mutating func fill() {
    // By the first row of a piece of r and its length: words of all of p, then with each cut more.
    var cut = [[[Double]]](repeating: [], count: filters)
    for start in 0..<filters {
      for count in 1...(filters - start) {
        let (low, wide) = (offset + Int64(start), Int64(count))
        var words: Int64 = 0
        var shared: [Int64] = []
        for index in 0..<Int64(outputs) {
          let first = low + stride * index
          let begins = index == 0 ? first : max(first, first - stride + wide)
          words += length(begins, first + wide)
          if index > 0 { shared.append(length(first, first - stride + wide)) }
        }
        shared.sort()
        var sums = [Double(words)]
        sums.reserveCapacity(outputs)
        for overlap in shared {
          words += overlap
          sums.append(Double(words))
        }
        cut[start].append(sums)
      }
    }
    pieces = Array(repeating: 0, count: (filters + 1) * (outputs + 1))
    for longest in 1...filters {
      for number in 1...outputs {
        var best = [Double](repeating: .infinity, count: filters + 1)
        best[0] = 0
        for start in 0..<filters {
          for count in 1...min(longest, filters - start) {
            let sum = best[start] + cut[start][count - 1][number - 1]
            if sum < best[start + count] { best[start + count] = sum }
          }
        }
        pieces[longest * (outputs + 1) + number] = best[filters]
      }
    }
  }

  /// Words that move into all pieces, each once.
  func present(outputs number: Int, longestFilter: Int32) -> Double {
    guard isRegular else { return all }
    return max(
      all,
      pieces[
        min(filters, max(1, Int(longestFilter))) * (outputs + 1) + min(outputs, max(1, number))])
  }

  /// Words that move where pieces of p follow one another and keep what they share.
  ///
  /// - Parameters:
  ///   - instances: pieces of p held at the same time, each by itself.
  ///   - stepsOver: rows of p between a piece and the one that follows it.
  func slid(
    outputs number: Int, longestFilter: Int32, instances: Int, stepsOver gap: Int32
  ) -> Double {
    guard isRegular else { return all }
    let once = present(outputs: 1, longestFilter: longestFilter)
    let wide = Int64(min(Int32(filters), max(1, longestFilter)))
    let kept = max(0, wide - stride * (Int64(gap) + 1))
    let slides = Double(max(0, number - max(1, instances)))
    return max(
      once,
      present(outputs: number, longestFilter: longestFilter)
        - slides * Double(kept) * (Double(filters) / Double(wide)).rounded(.up))
  }

  /// The same of a sweep that follows another one, whose last pieces may share words with its first.
  func slidAgain(outputs number: Int, longestFilter: Int32, stepsOver gap: Int32) -> Double {
    guard isRegular else { return 0 }
    let wide = Int64(min(Int32(filters), max(1, longestFilter)))
    let kept = max(0, wide - stride * (Int64(gap) + 1))
    return max(
      0,
      present(outputs: number, longestFilter: longestFilter)
        - Double(number) * Double(kept) * (Double(filters) / Double(wide)).rounded(.up))
  }

  /// Words of all pieces where a sweep follows another one; those of an axis that is not cut are all
  /// there are.
  func again(isCut: Bool, isFilterCut: Bool) -> Double {
    guard isCut || isFilterCut else { return all }
    return isRegular && !isFilterCut ? max(0, all - Double(max(0, Int64(filters) - stride))) : 0
  }

  /// Words of the first piece of given extents, and of the largest among the first pieces.
  ///
  /// - Parameters:
  ///   - fullOutputs: pieces of p that surely are as long as the first.
  ///   - fullFilters: the same of r.
  func words(
    outputs: Int32, filters: Int32, fullOutputs: Int32 = 1, fullFilters: Int32 = 1
  ) -> Double {
    guard isRegular else {
      // At least the words one row of the longer extent reaches, less the padding.
      return 0
    }
    var most: Int64 = 0
    for number in 0..<Int64(min(fullOutputs, 4)) {
      for part in 0..<Int64(min(fullFilters, 4)) {
        let low =
          offset + stride * number * Int64(outputs) + part * Int64(filters)
        if stride <= Int64(filters) {
          most = max(
            most, length(low, low + stride * (Int64(outputs) - 1) + Int64(filters)))
        } else {
          var words: Int64 = 0
          for index in 0..<Int64(outputs) {
            words += length(low + stride * index, low + stride * index + Int64(filters))
          }
          most = max(most, words)
        }
      }
    }
    return Double(most)
  }
}
