// MARK: - Text
extension OnceForAllMobileNetV3 {
  /// Image size, unless the space has but one, and five stages of blocks.
  public var textForm: String {
    let size = sizes.count == 1 ? "\(sizes[0])" : "image size"
    return
      "\(size) and five stages of blocks: '\(sizes[sizes.count - 1]) k3e4 k5e6 | k7e3 k3e3 | …'"
      + (sizes.count == 1 ? "" : "; \(name)-224 has one size")
  }

  /// Kernel and expansion of each block that is there, stage by stage.
  public func text(of architecture: Architecture) -> String {
    let choices = architecture.choices
    var text = "\(sizes[choices[Self.sizeVariable]])"
    var stage = 0
    for block in activeBlocks(of: choices) {
      if block / Self.largestDepth != stage {
        text += " |"
        stage += 1
      }
      let expansion = Self.expansions[choices[Self.firstExpansion + block]]
      text += " k\(Self.kernels[choices[block]])e\(expansion)"
    }
    return text
  }

  /// Reads the image size, then the blocks of each stage, stages apart by bars; or the settings of
  /// the authors' code, `{"ks": [20 numbers], "e": [20 numbers], "d": [5 numbers], "r": 224}`.
  public func architecture(_ text: String) throws(TextError) -> Architecture {
    var words = TextWords(text)
    if words.next?.text.hasPrefix("{") == true { return try settings(text) }
    var choices = Array(repeating: 0, count: Self.sizeVariable + 1)
    choices[Self.sizeVariable] = try size(words.take(), of: text)
    for stage in 0..<Self.stageCount {
      if stage > 0 { words.take() }
      var depth = 0
      while let word = words.next, word.text != "|" {
        guard depth < Self.largestDepth else {
          throw error(
            text, word, "stage \(stage + 1) has more than \(Self.largestDepth) blocks",
            "write '|' where a stage ends")
        }
        let block = stage * Self.largestDepth + depth
        (choices[block], choices[Self.firstExpansion + block]) = try self.block(word, of: text)
        depth += 1
        words.take()
      }
      guard depth >= Self.depths[0] else {
        throw error(
          text, words.next,
          "found \(depth) of 2 to 4 blocks in stage \(stage + 1) of \(Self.stageCount)",
          "blocks such as k3e4, k5e6 or k7e3; '|' between stages")
      }
      choices[Self.firstDepth + stage] = depth - Self.depths[0]
    }
    if let word = words.next {
      throw error(text, word, "the text goes on after stage \(Self.stageCount)", nil)
    }
    return Architecture(choices: choices)
  }

  private func size(_ word: TextWords.Word?, of text: String) throws(TextError) -> Int {
    guard let word, let size = Int(word.text), let choice = sizes.firstIndex(of: size) else {
      let known = sizes.map(String.init).joined(separator: ", ")
      throw error(
        text, word, "\(word.map { "'\($0.text)'" } ?? "the end of the text") is no image size",
        sizes.count == 1
          ? "\(name) has \(known)" : "one of \(known); others are spaces such as \(name)-236")
    }
    return choice
  }

  private func block(
    _ word: TextWords.Word, of text: String
  ) throws(TextError) -> (kernel: Int, expansion: Int) {
    let parts = word.text.dropFirst().split(separator: "e", omittingEmptySubsequences: false)
    guard word.text.hasPrefix("k"), parts.count == 2, let kernel = Int(parts[0]),
      let expansion = Int(parts[1]), let kernelChoice = Self.kernels.firstIndex(of: kernel),
      let expansionChoice = Self.expansions.firstIndex(of: expansion)
    else {
      throw error(
        text, word, "'\(word.text)' is not a block",
        "k with a kernel of 3, 5 or 7, and e with an expansion of 3, 4 or 6, such as k5e4")
    }
    return (kernelChoice, expansionChoice)
  }

  private func error(
    _ text: String, _ word: TextWords.Word?, _ message: String, _ hint: String?
  ) -> TextError {
    TextError(
      text: text, column: word?.column ?? text.unicodeScalars.count + 1, message: message,
      hint: hint)
  }
}

// MARK: - Settings of the authors' code
extension OnceForAllMobileNetV3 {
  /// Reads the dictionary that the authors' `sample_active_subnet` gives, as JSON or as Python prints
  /// it.
  private func settings(_ text: String) throws(TextError) -> Architecture {
    let spaced = text.unicodeScalars.map { "{}[]:,\"'()".unicodeScalars.contains($0) ? " " : $0 }
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: spaced)
    var words = TextWords(String(scalars))
    var lists: [String: [Int]] = [:]
    var column: [String: Int] = [:]
    let known = [
      "ks": Self.kernels, "e": Self.expansions, "d": Self.depths, "r": sizes, "image_size": sizes,
    ]
    while let key = words.take() {
      guard let allowed = known[key.text], lists[key.text] == nil else {
        throw error(
          text, key,
          known[key.text] == nil ? "unknown setting '\(key.text)'" : "'\(key.text)' is there twice",
          "the settings are ks, e, d and r")
      }
      var choices: [Int] = []
      while let word = words.next, let number = Int(word.text) {
        guard let choice = allowed.firstIndex(of: number) else {
          throw error(
            text, word, "\(number) in '\(key.text)' is not possible",
            "one of " + allowed.map(String.init).joined(separator: ", "))
        }
        choices.append(choice)
        words.take()
      }
      (lists[key.text], column[key.text]) = (choices, key.column)
      if lists["r"] != nil, lists["image_size"] != nil {
        throw error(text, key, "'r' and 'image_size' are the same setting", "keep one of the two")
      }
    }
    let sizeKey = lists["image_size"] == nil ? "r" : "image_size"
    if lists[sizeKey] == nil, sizes.count == 1 { lists[sizeKey] = [0] }
    let counts = [("ks", Self.blockCount), ("e", Self.blockCount), ("d", Self.stageCount)]
    for (key, count) in counts + [(sizeKey, 1)] where lists[key]?.count != count {
      throw TextError(
        text: text, column: column[key] ?? text.unicodeScalars.count + 1,
        message: lists[key].map { "'\(key)' has \($0.count) of \(count) numbers" }
          ?? "there is no '\(key)'",
        hint: "ks and e have 20 numbers, d has 5, and r has one")
    }
    return canonical(
      (lists["ks"] ?? []) + (lists["e"] ?? []) + (lists["d"] ?? []) + (lists[sizeKey] ?? []))
  }

  /// The choices with those set to the first that change nothing.
  private func canonical(_ choices: [Int]) -> Architecture {
    var choices = choices
    let active = Set(activeBlocks(of: choices))
    for block in 0..<Self.blockCount where !active.contains(block) {
      (choices[block], choices[Self.firstExpansion + block]) = (0, 0)
    }
    return Architecture(choices: choices)
  }
}

/// The words of a text, apart by whitespace, with where each starts.
private struct TextWords {
  struct Word {
    var text: String
    var column: Int
  }

  private var words: [Word] = []
  private var place = 0

  init(_ text: String) {
    var word = String.UnicodeScalarView()
    var column = 0
    for scalar in text.unicodeScalars {
      column += 1
      if scalar.properties.isWhitespace {
        add(&word, endingAt: column - 1)
      } else {
        word.append(scalar)
      }
    }
    add(&word, endingAt: column)
  }

  private mutating func add(_ word: inout String.UnicodeScalarView, endingAt end: Int) {
    guard !word.isEmpty else { return }
    words.append(Word(text: String(word), column: end - word.count + 1))
    word = String.UnicodeScalarView()
  }

  var next: Word? { place < words.count ? words[place] : nil }

  @discardableResult mutating func take() -> Word? {
    guard place < words.count else { return nil }
    place += 1
    return words[place - 1]
  }
}
