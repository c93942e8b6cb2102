/// A layer's text without the keys that have their usual values, for people:
/// `conv c=16 k=16 h=32 r=3 pad=1`.
public enum BriefLayerText {
  /// The shortest text that reads as the same layer.
  public static func text(of canonical: String) -> String {
    let words = canonical.split(separator: " ").map(String.init)
    let value = { (key: String) -> String? in
      words.first { $0.hasPrefix("\(key)=") }.map { String($0.dropFirst(key.count + 1)) }
    }
    let usual: Set<String> = [
      "n=1", "stride=1", "pad=0", "dilation=1", "groups=1", "operands=2",
      "w=\(value("h") ?? "")", "s=\(value("r") ?? "")",
    ]
    return words.filter { !usual.contains($0) }.joined(separator: " ")
  }
}
